"""Resolution: when it counts, when it rests, how it ends and goes on. docs/sla.md, rule by rule."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organisation, Team, User
from escalation import operations as escalation
from sla.spec import RESTART
from tests.sla.conftest import Life, promise
from tickets import operations
from tickets.models import Ticket

Later = Callable[..., datetime]
Open = Callable[..., Ticket]


@pytest.fixture
def taken(open_ticket: Open, mira: User, later: Later) -> Life:
    """A ticket of Monday 9:00 that Mira took at once, with nothing but a resolution within four hours."""
    promise(resolution=240)
    return take(open_ticket, mira)


def take(open_ticket: Open, mira: User) -> Life:
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=life.ticket.created_at)
    life.news()
    return life


def resolve(life: Life, by: User, at: datetime) -> None:
    operations.resolve(life.ticket, code="no_answer", summary="Done", by=by, at=at)


def test_resolution_starts_at_creation(open_ticket: Open) -> None:
    promise(resolution=240)
    life = Life(open_ticket())
    assert life.rows() == {"resolution": "running, 0:00, due 13:00"}
    assert life.news() == ["09:00 resolution started (ticket.opened)"]


def test_resolution_is_met_at_resolved(taken: Life, mira: User, later: Later) -> None:
    resolve(taken, mira, later(hours=2))
    assert taken.rows() == {"resolution": "met, 2:00"}
    assert taken.news() == ["11:00 resolution met (ticket.resolved)"]
    assert taken.due() == "never"


def test_resolution_pauses_while_pending_requester(taken: Life, mira: User, ines: User, later: Later) -> None:
    operations.wait_for_requester(taken.ticket, question="Which?", by=mira, at=later(minutes=10))
    assert taken.rows() == {"resolution": "paused, 0:10"}
    assert taken.due() == "never"
    operations.reply(taken.ticket, text="That one.", by=ines, at=later(hours=5))
    assert taken.rows() == {"resolution": "running, 0:10, due 17:50"}
    assert taken.news() == [
        "09:10 resolution paused (ticket.waits_for_requester)",
        "14:00 resolution resumed (ticket.replied)",
    ]


def test_resolution_pauses_on_hold_for_an_appointment_alone(taken: Life, mira: User, later: Later) -> None:
    for minutes, reason in enumerate(("problem", "change", "part", "evidence"), start=1):
        operations.hold(taken.ticket, reason=reason, until=later(days=2), by=mira, at=later(minutes=minutes))
    assert taken.rows() == {"resolution": "running, 0:00, due 13:00"}
    assert taken.news() == []
    operations.hold(taken.ticket, reason="appointment", until=later(days=2), by=mira, at=later(minutes=10))
    assert taken.rows() == {"resolution": "paused, 0:10"}
    operations.hold(taken.ticket, reason="part", until=later(days=2), by=mira, at=later(minutes=20))
    assert taken.rows() == {"resolution": "running, 0:10, due 13:10"}


def test_resolution_resumes_when_a_hold_ends_by_itself(taken: Life, mira: User, later: Later) -> None:
    operations.hold(taken.ticket, reason="appointment", until=later(hours=2), by=mira, at=later(minutes=10))
    operations.end_holds(at=later(hours=2, seconds=1))
    assert taken.rows() == {"resolution": "running, 0:10, due 14:50:1"}
    assert taken.news() == [
        "09:10 resolution paused (ticket.held)",
        "11:00:1 resolution resumed (ticket.hold_ended)",
    ]


def test_resolution_does_not_pause_while_pending_vendor(
    taken: Life, mira: User, kestrel: Organisation, later: Later
) -> None:
    operations.wait_for_vendor(taken.ticket, vendor=kestrel, by=mira, at=later(minutes=10))
    assert taken.rows() == {"resolution": "running, 0:00, due 13:00"}
    assert taken.news() == []


def test_resolution_pauses_in_what_the_policy_names(
    open_ticket: Open, mira: User, kestrel: Organisation, later: Later
) -> None:
    promise(resolution=240, pauses=("pending_vendor", "on_hold:part"))
    life = take(open_ticket, mira)
    operations.wait_for_vendor(life.ticket, vendor=kestrel, by=mira, at=later(minutes=10))
    operations.hold(life.ticket, reason="part", until=later(days=1), by=mira, at=later(minutes=20))
    operations.hold(life.ticket, reason="appointment", until=later(days=1), by=mira, at=later(minutes=30))
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(minutes=40))
    assert life.rows() == {"resolution": "running, 0:10, due 13:20"}
    assert life.news() == [
        "09:10 resolution paused (ticket.waits_for_vendor)",
        "09:30 resolution resumed (ticket.held)",
    ]


def test_resolution_pauses_on_every_hold_where_the_policy_says_so(
    open_ticket: Open, mira: User, later: Later
) -> None:
    promise(resolution=240, pauses=("on_hold",))
    life = take(open_ticket, mira)
    operations.hold(life.ticket, reason="evidence", until=later(days=1), by=mira, at=later(minutes=10))
    assert life.rows() == {"resolution": "paused, 0:10"}


def test_resolution_resumes_with_a_requesters_message_whatever_the_status_says(
    open_ticket: Open, mira: User, later: Later
) -> None:
    """Her second request comes after the question, and is merged into the ticket that waits for her."""
    promise(resolution=240)
    life = take(open_ticket, mira)
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(minutes=10))
    answer = open_ticket("It is the blue one", at=later(minutes=30))
    operations.merge(answer, into=life.ticket, by=mira, at=later(minutes=40))
    life.ticket.refresh_from_db()
    assert life.ticket.status == "pending_requester"
    assert life.rows() == {"resolution": "running, 0:10, due 13:30"}
    assert life.news() == [
        "09:10 resolution paused (ticket.waits_for_requester)",
        "09:40 resolution absorbed (ticket.merged)",
        "09:40 resolution resumed (ticket.merged)",
    ]


def test_resolution_goes_on_with_the_time_used_when_it_is_reopened(
    taken: Life, mira: User, ines: User, later: Later
) -> None:
    resolve(taken, mira, later(hours=1))
    operations.reopen(taken.ticket, text="No.", by=ines, at=later(hours=5))
    assert taken.rows() == {
        "resolution": "met, 1:00",
        "resolution 2": "running, 1:00, due 17:00",
    }
    assert taken.news() == [
        "10:00 resolution met (ticket.resolved)",
        "14:00 resolution 2 started (ticket.reopened)",
    ]


def test_resolution_restarts_when_it_is_reopened_where_the_policy_says_so(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(resolution=240, reopening=RESTART)
    life = take(open_ticket, mira)
    resolve(life, mira, later(hours=5))
    operations.reply(life.ticket, text="No.", by=ines, at=later(hours=6))
    assert life.rows() == {
        "resolution": "met, 5:00, breached 13:00",
        "resolution 2": "running, 0:00, due 19:00",
    }
    assert life.news() == [
        "13:00 resolution breached (ticket.resolved)",
        "14:00 resolution met (ticket.resolved)",
        "15:00 resolution 2 started (ticket.replied)",
    ]


def test_a_breach_is_carried_over_a_reopening(taken: Life, mira: User, ines: User, later: Later) -> None:
    """Time beyond the target is used up, and a breached clock breaches once."""
    resolve(taken, mira, later(hours=5))
    operations.reopen(taken.ticket, text="No.", by=ines, at=later(hours=6))
    assert taken.rows() == {
        "resolution": "met, 5:00, breached 13:00",
        "resolution 2": "running, 5:00, breached 13:00, due 13:00",
    }
    resolve(taken, mira, later(hours=7))
    assert taken.row("resolution 2") == "met, 6:00, breached 13:00"
    assert taken.news() == [
        "13:00 resolution breached (ticket.resolved)",
        "14:00 resolution met (ticket.resolved)",
        "15:00 resolution 2 started (ticket.reopened)",
        "16:00 resolution 2 met (ticket.resolved)",
    ]


def test_a_reopening_under_a_shorter_target_breaches_at_once(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(resolution={4: 240, 2: 60})
    life = take(open_ticket, mira)
    resolve(life, mira, later(hours=2))
    operations.override_priority(
        life.ticket, priority=2, reason="The ward waits.", by=mira, at=later(hours=3)
    )
    operations.reopen(life.ticket, text="No.", by=ines, at=later(hours=4))
    assert life.rows() == {
        "resolution": "met, 2:00",
        "resolution 2": "running, 2:00, breached 13:00, due 13:00",
    }
    assert life.news() == [
        "11:00 resolution met (ticket.resolved)",
        "13:00 resolution 2 started (ticket.reopened)",
        "13:00 resolution 2 breached (ticket.reopened)",
    ]


def test_closing_changes_nothing(taken: Life, mira: User, ines: User, lars: User, later: Later) -> None:
    resolve(taken, mira, later(hours=1))
    taken.news()
    operations.close(taken.ticket, by=lars, at=later(hours=2))
    assert taken.rows() == {"resolution": "met, 1:00"}
    assert taken.news() == []


def test_time_spent_resolved_counts_for_nobody(taken: Life, mira: User, ines: User, later: Later) -> None:
    resolve(taken, mira, later(hours=1))
    operations.reopen(taken.ticket, text="No.", by=ines, at=later(days=3))
    resolve(taken, mira, later(days=3, hours=1))
    assert taken.row("resolution 2") == "met, 2:00"


def test_only_thanks_takes_back_what_the_reopening_started(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(resolution=240, next_response=60)
    life = take(open_ticket, mira)
    resolve(life, mira, later(hours=1))
    operations.reply(life.ticket, text="Thank you!", by=ines, at=later(hours=2))
    operations.only_thanks(life.ticket, by=mira, at=later(hours=9))
    assert life.rows() == {
        "next_response": "void, 7:00, breached 12:00",
        "resolution": "met, 1:00",
        "resolution 2": "void, 8:00, breached 14:00",
    }
    assert life.news() == [
        "10:00 resolution met (ticket.resolved)",
        "11:00 resolution 2 started (ticket.replied)",
        "11:00 next_response started (ticket.replied)",
        "12:00 next_response breached (ticket.only_thanks)",
        "14:00 resolution 2 breached (ticket.only_thanks)",
        "18:00 next_response void (ticket.only_thanks)",
        "18:00 resolution 2 void (ticket.only_thanks)",
    ]


def test_what_was_taken_back_leaves_no_time(taken: Life, mira: User, ines: User, later: Later) -> None:
    resolve(taken, mira, later(hours=1))
    operations.reply(taken.ticket, text="Thank you!", by=ines, at=later(hours=2))
    operations.only_thanks(taken.ticket, by=mira, at=later(hours=9))
    operations.reply(taken.ticket, text="It is back.", by=ines, at=later(hours=10))
    assert taken.row("resolution 3") == "running, 1:00, due 22:00"


@pytest.mark.parametrize("way", ["cancel", "withdraw", "not_a_request"])
def test_clocks_of_a_cancelled_ticket_end_as_cancelled(
    taken: Life, mira: User, ines: User, later: Later, way: str
) -> None:
    end(taken.ticket, way, mira, ines, later(hours=1))
    assert taken.rows() == {"resolution": "cancelled, 1:00"}
    assert taken.due() == "never"


@pytest.mark.parametrize("way", ["cancel", "withdraw", "not_a_request"])
def test_a_breach_before_the_cancelling_stays(
    taken: Life, mira: User, ines: User, later: Later, way: str
) -> None:
    end(taken.ticket, way, mira, ines, later(hours=5))
    assert taken.rows() == {"resolution": "cancelled, 5:00, breached 13:00"}
    assert [line.partition(" (")[0] for line in taken.news()] == [
        "13:00 resolution breached",
        "14:00 resolution cancelled",
    ]


def end(ticket: Ticket, way: str, mira: User, ines: User, at: datetime) -> None:
    if way == "withdraw":
        operations.withdraw(ticket, by=ines, at=at)
    elif way == "cancel":
        operations.cancel(ticket, reason_text="Twice.", by=mira, at=at)
    else:
        operations.not_a_request(ticket, reason="noise", by=mira, at=at)


def test_a_restored_ticket_goes_on_with_the_time_used(open_ticket: Open, mira: User, later: Later) -> None:
    promise(resolution=240, first_response=180, reopening=RESTART)
    life = take(open_ticket, mira)
    operations.cancel(life.ticket, reason_text="Twice.", by=mira, at=later(hours=1))
    operations.restore(life.ticket, by=mira, at=later(hours=3))
    assert life.rows() == {
        "first_response": "cancelled, 1:00",
        "first_response 2": "running, 1:00, due 14:00",
        "resolution": "cancelled, 1:00",
        "resolution 2": "running, 1:00, due 15:00",
    }
    assert life.news()[2:] == [
        "12:00 resolution 2 started (ticket.restored)",
        "12:00 first_response 2 started (ticket.restored)",
    ]


def test_a_restored_ticket_waits_as_before(
    open_ticket: Open, mira: User, ines: User, network: Team, later: Later
) -> None:
    promise(next_response=60, accept=60, work=600)
    life = take(open_ticket, mira)
    operations.reply(life.ticket, text="Hello", by=mira, at=later(minutes=5))
    operations.reply(life.ticket, text="And now?", by=ines, at=later(minutes=10))
    escalation.hand_over(
        life.ticket, tier=2, reason="needs_access", summary="x", by=mira, at=later(minutes=20)
    )
    operations.withdraw(life.ticket, by=ines, at=later(minutes=30))
    operations.restore(life.ticket, by=mira, at=later(minutes=50))
    assert life.row("next_response 2") == "running, 0:20, due 10:30"
    assert life.row("accept L2 2") == "running, 0:10, due 10:40"
    assert life.row("work L1") == "met, 0:20"


def test_a_move_between_tiers_never_touches_the_requesters_clocks(
    open_ticket: Open, mira: User, dario: User, later: Later
) -> None:
    promise(resolution=240, first_response=60, next_response=60, update=60)
    life = take(open_ticket, mira)
    operations.reply(life.ticket, text="Looking at it.", by=mira, at=later(minutes=5))
    before = life.rows()
    life.news()
    escalation.hand_over(
        life.ticket, tier=2, reason="needs_expertise", summary="Logs.", by=mira, at=later(minutes=10)
    )
    escalation.accept(life.ticket, by=dario, at=later(minutes=20))
    escalation.return_(life.ticket, reason="not_ours", text="No.", by=dario, at=later(minutes=30))
    assert life.rows() == before
    assert life.news() == []


def test_resolution_counts_in_its_own_calendar(
    open_ticket: Open, mira: User, office: Any, later: Later
) -> None:
    promise(resolution=600, calendar=office)
    life = take(open_ticket, mira)
    assert life.rows() == {"resolution": "running, 0:00, due Tue 09:00"}
    resolve(life, mira, later(days=1) - timedelta(minutes=1))
    assert life.rows() == {"resolution": "met, 9:59"}
