"""Deadlines fire: on time, once, each with what follows from it, whatever else goes on."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from delivery.models import Delivery
from helpdesk import celery
from sla.cycles import replay
from sla.models import Calendar, Clock, ClockEvent, Firing
from sla.operations.firing import fire_due, forget_firings, is_behind
from sla.queries.hours import hours_of
from sla.tasks import help_out, timer_tick
from tests.sla.conftest import Life, policy
from tickets import operations
from tickets.models import Event, Ticket

Later = Callable[..., datetime]
SECOND = timedelta(seconds=1)


@pytest.fixture
def promised(db: None) -> None:
    """A resolution within 100 minutes, around the clock: 75 % is 10:15, 90 % is 10:30, 100 % is 10:40."""
    policy(resolution=100)


@pytest.fixture
def life(promised: None, open_ticket: Callable[..., Ticket]) -> Life:
    life = Life(open_ticket())
    life.news()
    return life


def told(ticket: Ticket) -> list[tuple[str, int]]:
    """What stands in the timeline: kind and share."""
    rows = Event.objects.filter(ticket=ticket, is_quiet=True).order_by("pk")
    return [(row.kind, row.data["share"]) for row in rows]


def deliveries() -> int:
    return Delivery.objects.filter(payload__reaction="helpdesk.sla_notices.tell_of_deadline").count()


def test_nothing_fires_before_its_time_nor_at_the_very_moment(life: Life, later: Later) -> None:
    assert fire_due(at=later(minutes=75)) == 0
    assert life.news() == []


def test_each_threshold_fires_once_with_the_time_it_was_due(life: Life, later: Later) -> None:
    for minutes in (76, 77, 91, 92, 101, 102):
        fire_due(at=later(minutes=minutes))
    assert life.news() == [
        "10:15 resolution warned 75",
        "10:30 resolution warned 90",
        "10:40 resolution breached",
    ]
    assert life.timeline() == [("sla.warned", "10:15"), ("sla.warned", "10:30"), ("sla.breached", "10:40")]
    assert life.row("resolution") == "running, 0:00, breached 10:40, due 10:40"
    assert deliveries() == 3


def test_firing_leaves_the_due_time_and_the_place_in_the_queue(life: Life, later: Later) -> None:
    fire_due(at=later(minutes=101))
    assert life.due() == "10:40"


def test_the_row_is_what_its_events_replay_to(life: Life, later: Later) -> None:
    fire_due(at=later(minutes=80))
    fire_due(at=later(minutes=200))
    (cycle,) = replay(ClockEvent.objects.filter(ticket=life.ticket).order_by("pk"), hours_of).values()
    row = Clock.objects.get(ticket=life.ticket)
    assert (cycle.fired, cycle.next_at, cycle.breached_at, cycle.generation) == (
        row.fired,
        row.next_at,
        row.breached_at,
        row.generation,
    )


def test_after_a_standstill_nobody_is_warned_of_what_is_breached_already(life: Life, later: Later) -> None:
    assert fire_due(at=later(days=1)) == 1
    assert life.news() == [
        "10:15 resolution warned 75",
        "10:30 resolution warned 90",
        "10:40 resolution breached",
    ]
    assert told(life.ticket) == [("sla.breached", 100)]
    assert deliveries() == 1


def test_a_paused_clock_never_fires(life: Life, mira: User, later: Later) -> None:
    """GLPI 24481: a promise broken while the ticket waited for the requester."""
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(minutes=30))
    assert fire_due(at=later(days=2)) == 0
    assert told(life.ticket) == []


def test_warnings_come_in_the_hours_of_the_calendar(
    office: Calendar, open_ticket: Callable[..., Ticket], later: Later
) -> None:
    """GLPI 22678: a warning computed by the clock on the wall came at midnight. Ten hours from 17:00 on Monday:
    75 % of them is 14:30 on Tuesday."""
    policy(calendar=office, resolution=600)
    life = Life(open_ticket(at=later(hours=8)))
    fire_due(at=later(days=1, hours=5, minutes=31))
    assert life.timeline() == [("sla.warned", "Tue 14:30")]


def test_every_level_fires_and_each_clock_tells_its_own(
    open_ticket: Callable[..., Ticket], later: Later
) -> None:
    """GLPI 5319, 4170: only the first level fired, and reminders of one clock came at the time of another."""
    policy(resolution=200, first_response=100)
    ticket = open_ticket()
    for minutes in range(0, 260, 5):
        fire_due(at=later(minutes=minutes, seconds=1))
    rows = Event.objects.filter(ticket=ticket, is_quiet=True).order_by("pk")
    assert [(row.data["metric"], row.data["share"], f"{row.at:%H:%M}") for row in rows] == [
        ("first_response", 75, "10:15"),
        ("first_response", 90, "10:30"),
        ("first_response", 100, "10:40"),
        ("resolution", 75, "11:30"),
        ("resolution", 90, "12:00"),
        ("resolution", 100, "12:20"),
    ]


def test_a_batch_has_a_limit_and_takes_the_oldest_first(
    promised: None, open_ticket: Callable[..., Ticket], later: Later
) -> None:
    tickets = [open_ticket(f"Ticket {n}", at=later(minutes=n)) for n in (3, 1, 2)]
    assert fire_due(at=later(hours=2), limit=2) == 2
    assert [bool(told(ticket)) for ticket in tickets] == [False, True, True]
    assert fire_due(at=later(hours=2), limit=2) == 1
    assert fire_due(at=later(hours=2), limit=2) == 0


def test_how_late_they_were_is_kept_for_a_week(life: Life, later: Later) -> None:
    fire_due(at=later(minutes=75, seconds=3))
    row = Firing.objects.get()
    assert (row.warned, row.breached) == (1, 0)
    assert 3000 <= row.lags[0] < 60_000
    forget_firings(at=later(days=8))
    assert Firing.objects.exists()
    assert forget_firings(at=later(days=9)) == 1


def test_a_clock_that_cannot_be_computed_holds_up_no_other(
    promised: None, open_ticket: Callable[..., Ticket], later: Later, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good = open_ticket("Broken"), open_ticket("Good", at=later(minutes=1))
    Clock.objects.filter(ticket=broken).update(fired=9)
    assert fire_due(at=later(hours=2), limit=1) == 1
    assert told(good) == [("sla.breached", 100)]
    assert told(broken) == []
    assert f"of ticket {broken.pk} cannot fire" in caplog.text
    assert fire_due(at=later(hours=2)) == 0


def test_who_comes_after_the_due_time_and_before_the_tick_tells_the_breach_and_it_is_not_told_again(
    life: Life, mira: User, later: Later
) -> None:
    operations.reply(life.ticket, text="Hello", by=mira, at=later(minutes=101))
    assert fire_due(at=later(minutes=102)) == 0
    assert told(life.ticket) == [("sla.breached", 100)]


def test_workers_that_fall_behind_are_helped_by_those_that_deliver(
    life: Life, later: Later, at: datetime
) -> None:
    assert not is_behind(at=later(minutes=75, seconds=1))
    assert is_behind(at=later(minutes=75, seconds=3))
    Clock.objects.filter(ticket=life.ticket).update(next_at=at - SECOND)
    help_out(at)
    assert told(life.ticket) == []
    Clock.objects.filter(ticket=life.ticket).update(next_at=at - 3 * SECOND)
    help_out(at)
    assert told(life.ticket) == [("sla.warned", 75)]


def test_a_tick_fires_all_that_is_due(
    promised: None, open_ticket: Callable[..., Ticket], at: datetime
) -> None:
    tickets = [open_ticket(f"Ticket {n}") for n in range(3)]
    Clock.objects.update(next_at=at - SECOND)
    timer_tick()
    assert [told(ticket) for ticket in tickets] == [[("sla.warned", 75)]] * 3


# --- at once ---


@contextmanager
def elsewhere(act: Callable[[], Any]) -> Iterator[list[Any]]:
    """Run `act` on a connection of its own while the block runs; its result is there afterwards."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(act())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield results
    thread.join(30)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_ticket_that_somebody_edits_is_left_for_the_next_tick_and_holds_up_no_other(
        self, promised: None, open_ticket: Callable[..., Ticket], later: Later
    ) -> None:
        held, free = open_ticket("Held"), open_ticket("Free", at=later(minutes=1))
        with transaction.atomic():
            Ticket.objects.select_for_update().get(pk=held.pk)
            with elsewhere(lambda: fire_due(at=later(hours=2), limit=1)) as fired:
                pass
        assert fired == [1]
        assert (told(held), told(free)) == ([], [("sla.breached", 100)])
        assert fire_due(at=later(hours=2)) == 1
        assert told(held) == [("sla.breached", 100)]

    def test_the_timer_worker_ticks_by_itself_when_neither_beat_nor_redis_reach_it(
        self, promised: None, ticket: Ticket, at: datetime
    ) -> None:
        Clock.objects.update(next_at=at - SECOND)
        with elsewhere(celery.tick):
            pass
        assert told(ticket) == [("sla.warned", 75)]

    def test_several_workers_fire_each_deadline_once(
        self, promised: None, open_ticket: Callable[..., Ticket], later: Later
    ) -> None:
        tickets = [open_ticket(f"Ticket {n}") for n in range(40)]

        def drain() -> int:
            total = 0
            while fired := fire_due(at=later(hours=2), limit=3):
                total += fired
            return total

        with elsewhere(drain) as one, elsewhere(drain) as two, elsewhere(drain) as three:
            pass
        # A worker that finds only what others hold ends; the next tick finds the rest.
        rest = drain()
        assert sum([*one, *two, *three, rest]) == 40
        breaches = Event.objects.filter(kind="sla.breached").values_list("ticket_id", flat=True)
        assert Counter(breaches) == Counter(ticket.pk for ticket in tickets)

    def test_what_a_worker_wrote_before_it_was_lost_is_as_if_it_had_never_been(
        self, life: Life, later: Later
    ) -> None:
        with transaction.atomic():
            assert fire_due(at=later(hours=2)) == 1
            transaction.set_rollback(True)
        assert (told(life.ticket), deliveries(), Firing.objects.count()) == ([], 0, 0)
        assert fire_due(at=later(hours=2)) == 1
        assert (told(life.ticket), deliveries()) == ([("sla.breached", 100)], 1)
