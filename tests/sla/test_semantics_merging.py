"""Two tickets that are one keep what was promised for both: docs/sla.md, rule by rule."""

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import User
from sla.operations.promising import promise_update
from sla.spec import RESTART
from tests.sla.conftest import Life, promise
from tickets import operations
from tickets.models import Ticket

Later = Callable[..., datetime]
Open = Callable[..., Ticket]
Merge = Callable[[Life, Life, datetime], None]


@pytest.fixture
def merge(mira: User) -> Merge:
    """`merge(one, into, at)`; what led there is read already."""

    def join(one: Life, into: Life, at: datetime) -> None:
        one.news()
        into.news()
        operations.merge(one.ticket, into=into.ticket, by=mira, at=at)

    return join


def test_the_surviving_ticket_keeps_the_earlier_start(open_ticket: Open, merge: Merge, later: Later) -> None:
    promise(first_response=60, resolution=240)
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late", at=later(minutes=30)))
    merge(early, late, later(minutes=40))
    assert early.rows() == {"first_response": "merged, 0:40", "resolution": "merged, 0:40"}
    assert late.rows() == {
        "first_response": "running, 0:40, due 10:00",
        "resolution": "running, 0:40, due 13:00",
    }
    assert late.news() == [
        "09:40 first_response absorbed (ticket.merged)",
        "09:40 resolution absorbed (ticket.merged)",
    ]
    assert (early.due(), late.due()) == ("never", "10:00")
    started = late.ticket.clocks.values_list("started_at", flat=True)
    assert set(started) == {early.ticket.created_at}


def test_the_earlier_start_of_the_surviving_ticket_stays(
    open_ticket: Open, merge: Merge, later: Later
) -> None:
    promise(resolution=240)
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late", at=later(minutes=30)))
    merge(late, early, later(minutes=40))
    assert early.rows() == {"resolution": "running, 0:40, due 13:00"}
    assert late.rows() == {"resolution": "merged, 0:10"}


def test_the_surviving_ticket_keeps_the_worst_breach(open_ticket: Open, merge: Merge, later: Later) -> None:
    promise(first_response=60, resolution=240)
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late", at=later(hours=1, minutes=30)))
    merge(early, late, later(hours=2))
    assert early.row("first_response") == "merged, 2:00, breached 10:00"
    assert late.rows() == {
        "first_response": "running, 2:00, breached 10:00, due 10:00",
        "resolution": "running, 2:00, due 13:00",
    }


def test_the_breach_is_kept_also_when_the_surviving_ticket_was_answered_in_time(
    open_ticket: Open, merge: Merge, mira: User, later: Later
) -> None:
    promise(first_response=60)
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late", at=later(minutes=90)))
    operations.reply(late.ticket, text="Hello", by=mira, at=later(minutes=95))
    merge(early, late, later(hours=2))
    assert late.rows() == {
        "first_response": "met, 0:05",
        "first_response 2": "running, 2:00, breached 10:00, due 10:00",
    }
    operations.reply(late.ticket, text="Both then.", by=mira, at=later(hours=3))
    assert late.row("first_response 2") == "met, 3:00, breached 10:00"
    assert late.news() == [
        "11:00 first_response 2 started (ticket.merged)",
        "11:00 first_response 2 absorbed (ticket.merged)",
        "12:00 first_response 2 met (ticket.replied)",
    ]


def test_a_breach_that_was_over_before_the_merge_is_kept_too(
    open_ticket: Open, merge: Merge, mira: User, later: Later
) -> None:
    promise(first_response=60)
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late", at=later(hours=2)))
    operations.reply(early.ticket, text="Sorry.", by=mira, at=later(minutes=90))
    operations.reply(late.ticket, text="Hello", by=mira, at=later(hours=2, minutes=5))
    merge(early, late, later(hours=3))
    assert early.rows() == {"first_response": "met, 1:30, breached 10:00"}
    assert late.rows() == {"first_response": "met, 0:05", "first_response 2": "met, 1:30, breached 10:00"}
    assert late.news() == [
        "12:00 first_response 2 started (ticket.merged)",
        "12:00 first_response 2 absorbed (ticket.merged)",
        "12:00 first_response 2 met (ticket.merged)",
    ]


def test_a_breach_of_an_earlier_cycle_is_kept_beside_the_one_that_runs(
    open_ticket: Open, merge: Merge, mira: User, ines: User, later: Later
) -> None:
    promise(resolution=60, reopening=RESTART)
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late", at=later(hours=3)))
    operations.take(early.ticket, by=mira, at=later())
    operations.resolve(early.ticket, code="no_answer", summary="x", by=mira, at=later(hours=2))
    operations.reopen(early.ticket, text="No.", by=ines, at=later(hours=3))
    merge(early, late, later(hours=3, minutes=10))
    assert late.rows() == {
        "resolution": "running, 0:10, due 13:00",
        "resolution 2": "met, 2:00, breached 10:00",
    }


def test_what_was_taken_back_is_no_breach_to_keep(
    open_ticket: Open, merge: Merge, mira: User, ines: User, later: Later
) -> None:
    promise(next_response=30)
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late", at=later(hours=3)))
    operations.take(early.ticket, by=mira, at=later())
    operations.resolve(early.ticket, code="no_answer", summary="x", by=mira, at=later(minutes=5))
    operations.reply(early.ticket, text="Thank you!", by=ines, at=later(minutes=10))
    operations.only_thanks(early.ticket, by=mira, at=later(hours=2))
    operations.reopen(early.ticket, text="I was wrong.", by=mira, at=later(hours=2))
    merge(early, late, later(hours=3, minutes=10))
    assert early.rows() == {"next_response": "void, 1:50, breached 09:40"}
    assert late.rows() == {"next_response": "running, 0:00, due 12:30"}


def test_an_unanswered_message_waits_in_the_surviving_ticket(
    open_ticket: Open, merge: Merge, mira: User, ines: User, later: Later
) -> None:
    promise(next_response=60)
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late", at=later(minutes=5)))
    for life in (early, late):
        operations.reply(life.ticket, text="Hello", by=mira, at=later(minutes=10))
    operations.reply(early.ticket, text="And now?", by=ines, at=later(minutes=20))
    merge(early, late, later(minutes=30))
    assert late.rows() == {"next_response": "running, 0:10, due 10:20"}
    late.ticket.refresh_from_db()
    assert late.ticket.requester_waiting_since == later(minutes=20)
    operations.reply(late.ticket, text="Soon.", by=mira, at=later(minutes=40))
    assert late.rows() == {"next_response": "met, 0:20"}


def test_of_two_promised_times_the_earlier_one_holds(
    open_ticket: Open, merge: Merge, mira: User, later: Later
) -> None:
    promise()
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late"))
    promise_update(early.ticket, due=later(hours=2), by=mira, at=later(minutes=1))
    promise_update(late.ticket, due=later(hours=3), by=mira, at=later(minutes=2))
    merge(early, late, later(hours=1))
    assert early.rows() == {"promise": "merged, 0:59"}
    assert late.rows() == {"promise": "running, 0:58, due 11:00"}


def test_a_promised_time_goes_on_where_there_was_none(
    open_ticket: Open, merge: Merge, mira: User, later: Later
) -> None:
    promise()
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late"))
    promise_update(early.ticket, due=later(hours=2), by=mira, at=later(minutes=1))
    merge(early, late, later(hours=1))
    assert late.rows() == {"promise": "running, 0:00, due 11:00"}


def test_tiers_and_vendors_answer_for_the_merged_ticket_where_they_had_it(
    open_ticket: Open, merge: Merge, mira: User, later: Later
) -> None:
    promise(accept=30, work=120)
    early, late = Life(open_ticket("Early")), Life(open_ticket("Late", at=later(minutes=35)))
    merge(early, late, later(minutes=40))
    assert early.rows() == {"accept L1": "merged, 0:40, breached 09:30"}
    assert late.rows() == {"accept L1": "running, 0:00, due 10:05"}


def test_a_ticket_that_is_merged_twice_brings_what_it_was_brought(
    open_ticket: Open, merge: Merge, later: Later
) -> None:
    promise(first_response=60)
    one, two, three = (Life(open_ticket(f"T{n}", at=later(minutes=90 * n))) for n in range(3))
    merge(one, two, later(minutes=100))
    merge(two, three, later(minutes=200))
    assert three.rows() == {"first_response": "running, 3:20, breached 10:00, due 10:00"}


def test_merging_into_a_ticket_without_clocks_ends_them(
    open_ticket: Open, import_ticket: Open, merge: Merge, later: Later
) -> None:
    """An imported ticket has none until an administrator starts them."""
    promise(first_response=60)
    one, imported = Life(open_ticket("One")), Life(import_ticket())
    merge(one, imported, later(minutes=10))
    assert one.rows() == {"first_response": "merged, 0:10"}
    assert imported.rows() == {}


def test_merging_a_ticket_without_clocks_leaves_what_waits_in_it(
    open_ticket: Open, import_ticket: Open, merge: Merge, mira: User, later: Later
) -> None:
    promise(next_response=60)
    one, imported = Life(open_ticket("One")), Life(import_ticket())
    operations.reply(one.ticket, text="Hello", by=mira, at=later(minutes=5))
    merge(imported, one, later(minutes=10))
    assert one.rows() == {"next_response": "running, 0:00, breached 22 Nov 10:00, due 22 Nov 10:00"}
