"""Tickets without clocks: imported ones wait until somebody starts them. docs/sla.md, rule by rule."""

from collections.abc import Callable
from datetime import datetime

from accounts.models import User
from sla.book import rules_in_force
from sla.operations.judging import judge_all
from sla.operations.promising import promise_update
from tests.sla.conftest import Life, promise
from tickets import operations
from tickets.models import Ticket

Later = Callable[..., datetime]
Import = Callable[..., Ticket]


def begin(life: Life, at: datetime) -> None:
    judge_all([Ticket.objects.get(pk=life.ticket.pk)], rules_in_force(), at=at, starts_missing=True)


def test_an_imported_ticket_gets_no_clock_by_itself(
    import_ticket: Import, mira: User, ines: User, later: Later
) -> None:
    promise(first_response=60, next_response=60, resolution=240, work=60)
    life = Life(import_ticket())
    operations.take(life.ticket, by=mira, at=later(minutes=5))
    operations.reply(life.ticket, text="And now?", by=ines, at=later(minutes=6))
    operations.override_priority(life.ticket, priority=1, reason="x", by=mira, at=later(minutes=7))
    assert (life.rows(), life.due()) == ({}, "never")


def test_clocks_that_are_started_late_began_when_the_ticket_says(import_ticket: Import, later: Later) -> None:
    promise(first_response=60, resolution=48 * 60, work=120, accept=60)
    life = Life(import_ticket())
    begin(life, later(minutes=10))
    assert life.rows() == {
        "first_response": "running, 0:00, breached 22 Nov 10:00, due 22 Nov 10:00",
        "resolution": "running, 0:00, due Tue 09:00",
        "work L1": "running, 0:00, due 11:10",
    }
    assert life.news() == [
        "22 Nov 09:00 resolution started",
        "22 Nov 09:00 first_response started",
        "22 Nov 10:00 first_response breached",
        "09:10 work L1 started",
    ]


def test_clocks_that_are_started_late_rest_since_the_status_says_so(
    import_ticket: Import, later: Later
) -> None:
    """It has waited for her since 8 o'clock, so what would have been due since then is not late."""
    promise(resolution=24 * 60 - 30)
    life = Life(import_ticket(status="pending_requester", status_since=later(hours=-1)))
    begin(life, later(hours=2))
    assert life.rows() == {"resolution": "paused, 23:00"}
    assert life.news() == ["22 Nov 09:00 resolution started", "08:00 resolution paused"]


def test_once_started_its_clocks_are_kept_as_any(
    import_ticket: Import, mira: User, ines: User, later: Later
) -> None:
    promise(resolution=48 * 60)
    life = Life(import_ticket())
    begin(life, later(minutes=10))
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(hours=1))
    assert life.rows() == {"resolution": "paused, 25:00"}


def test_a_persons_promise_on_an_imported_ticket_starts_nothing_else(
    import_ticket: Import, mira: User, ines: User, later: Later
) -> None:
    promise(first_response=60, resolution=240, next_response=60)
    life = Life(import_ticket())
    promise_update(life.ticket, due=later(hours=2), by=mira, at=later(minutes=5))
    operations.reply(life.ticket, text="And now?", by=ines, at=later(minutes=6))
    assert life.rows() == {"promise": "running, 0:00, due 11:00"}
    operations.reply(life.ticket, text="Soon.", by=mira, at=later(minutes=7))
    assert life.rows() == {"promise": "met, 0:02"}
    begin(life, later(minutes=10))
    assert set(life.rows()) == {"promise", "resolution"}


def test_a_ticket_that_was_promised_nothing_gets_its_clocks_when_something_is(
    open_ticket: Import, mira: User, later: Later
) -> None:
    promise(resolution={2: 240})
    life = Life(open_ticket())
    assert life.rows() == {}
    operations.override_priority(life.ticket, priority=2, reason="x", by=mira, at=later(hours=1))
    assert life.rows() == {"resolution": "running, 1:00, due 13:00"}
