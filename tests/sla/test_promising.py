"""A technician's own promise of the next word."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from sla.models import Clock
from sla.operations.firing import fire_due
from sla.operations.promising import promise_update
from tests.sla.conftest import Life, promise
from tickets import operations
from tickets.models import Event, Ticket
from tickets.operations.guards import NotOpen
from tickets.refusals import Invalid, NotAllowed
from tickets.sentences import sentence

Later = Callable[..., datetime]


@pytest.fixture
def life(open_ticket: Callable[..., Ticket]) -> Life:
    promise()
    return Life(open_ticket())


def test_a_promised_time_is_a_clock_that_is_due_then(life: Life, mira: User, later: Later) -> None:
    ticket = promise_update(life.ticket, due=later(hours=2), by=mira, at=later(minutes=5))
    assert life.rows() == {"promise": "running, 0:00, due 11:00"}
    assert life.news() == ["09:05 promise started (sla.promised)"]
    assert (life.due(), ticket.next_due_at) == ("11:00", later(hours=2))
    event = Event.objects.get(kind="sla.promised")
    assert (event.by, event.at, event.data) == (
        mira,
        later(minutes=5),
        {"due": "2026-11-23T11:00:00+00:00"},
    )
    row = Clock.objects.get(ticket=life.ticket)
    assert (row.policy_id, row.calendar_id, row.shares) == (None, None, [75, 100])


def test_it_is_kept_by_the_next_public_reply(life: Life, mira: User, ines: User, later: Later) -> None:
    promise_update(life.ticket, due=later(hours=2), by=mira, at=later(minutes=5))
    operations.note(life.ticket, text="Called the vendor.", by=mira, at=later(minutes=6))
    operations.reply(life.ticket, text="And?", by=ines, at=later(minutes=7))
    operations.reply(life.ticket, text="We have it.", by=None, at=later(minutes=8))
    assert life.rows() == {"promise": "running, 0:00, due 11:00"}
    operations.reply(life.ticket, text="They look at it.", by=mira, at=later(hours=1))
    assert life.rows() == {"promise": "met, 0:55"}


def test_it_never_pauses_and_moves_with_no_priority(life: Life, mira: User, later: Later) -> None:
    promise_update(life.ticket, due=later(hours=2), by=mira, at=later(minutes=5))
    operations.hold(life.ticket, reason="appointment", until=later(days=1), by=mira, at=later(minutes=6))
    operations.override_priority(life.ticket, priority=1, reason="x", by=mira, at=later(minutes=7))
    assert life.rows() == {"promise": "running, 0:00, due 11:00"}


def test_it_breaches_at_the_promised_time_after_a_reminder(life: Life, mira: User, later: Later) -> None:
    promise_update(life.ticket, due=later(minutes=105), by=mira, at=later(minutes=5))
    fire_due(at=later(hours=3))
    assert life.news()[1:] == ["10:20 promise warned 75", "10:45 promise breached"]


def test_another_promise_replaces_it(life: Life, mira: User, later: Later) -> None:
    promise_update(life.ticket, due=later(hours=2), by=mira, at=later(minutes=5))
    promise_update(life.ticket, due=later(hours=4), by=mira, at=later(minutes=30))
    assert life.rows() == {
        "promise": "cancelled, 0:25",
        "promise 2": "running, 0:00, due 13:00",
    }


def test_a_broken_promise_stays_broken_when_it_is_replaced(life: Life, mira: User, later: Later) -> None:
    promise_update(life.ticket, due=later(hours=2), by=mira, at=later(minutes=5))
    promise_update(life.ticket, due=later(hours=4), by=mira, at=later(hours=3))
    assert life.row("promise") == "cancelled, 2:55, breached 11:00"


def test_it_ends_with_the_ticket(life: Life, mira: User, ines: User, later: Later) -> None:
    promise_update(life.ticket, due=later(hours=2), by=mira, at=later(minutes=5))
    operations.withdraw(life.ticket, by=ines, at=later(minutes=10))
    assert life.rows() == {"promise": "cancelled, 0:05"}


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_time_that_cannot_be_promised_is_refused(life: Life, mira: User, later: Later, days: int) -> None:
    with pytest.raises(Invalid) as refused:
        promise_update(life.ticket, due=later(days=days), by=mira, at=later())
    assert refused.value.field == "due"
    assert not Event.objects.filter(kind="sla.promised").exists()


def test_nothing_is_promised_on_what_is_done(life: Life, mira: User, later: Later) -> None:
    operations.take(life.ticket, by=mira, at=later())
    operations.resolve(life.ticket, code="no_answer", summary="x", by=mira, at=later(minutes=1))
    with pytest.raises(NotOpen):
        promise_update(life.ticket, due=later(hours=2), by=mira, at=later(minutes=5))


def test_nobody_promises_for_others(life: Life, ines: User, dario: User, vera: User, later: Later) -> None:
    for person in (ines, dario, vera):
        with pytest.raises(NotAllowed):
            promise_update(life.ticket, due=later(hours=2), by=person, at=later(minutes=5))
    assert life.rows() == {}


def test_the_promise_is_told_to_the_desk_and_to_the_requester(
    life: Life, mira: User, ines: User, vera: User, later: Later
) -> None:
    promise_update(life.ticket, due=later(hours=2), by=mira, at=later(minutes=5))
    event = Event.objects.get(kind="sla.promised")
    said: dict[str, Any] = {user.name: sentence(event, user) for user in (mira, ines, vera)}
    assert said == {
        "Mira Kask": "Mira Kask promised the next word by 23 Nov 2026, 11:00",
        "Ines Okafor": "Mira promised to write to you by 23 Nov 2026, 11:00",
        "Vera Stone": "",
    }
