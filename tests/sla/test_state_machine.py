"""Real tickets through random acts: after each, their clocks agree with a replay of their events and with an oracle.

The oracle (clock_oracle.py) is written apart from the engine. It reads the ticket's history and counts minutes.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from accounts.models import Organisation, Team, Tier, User
from escalation import operations as escalation
from sla.cycles import Cycle, micros, replay
from sla.models import Calendar, Clock, ClockEvent, Metric, Policy, PolicyVersion
from sla.operations.firing import fire_due
from sla.operations.keeping import COLUMNS
from sla.operations.promising import promise_update
from sla.queries.hours import hours_of
from sla.queries.life import Stretch, lives_of
from sla.queries.verdicts import verdicts as verdicts_in_the_database
from sla.spec import RESTART, RESUME, SHIPPED_THRESHOLDS, Target
from sla.spent import spent
from sla.verdicts import verdict_of
from tests.conftest import MONDAY
from tests.sla.clock_oracle import Moment, Oracle
from tests.sla.clock_oracle import Policy as Promises
from tests.sla.conftest import hours, policy, publish
from tests.sla.oracle import Wall
from tickets import operations
from tickets.models import FAR, Event, Ticket
from tickets.refusals import Refused
from tickets.state import states

ZERO = MONDAY.replace(hour=0)
"""Minutes count from the midnight before the cast's Monday."""
HORIZON = 30 * 24 * 60
BERLIN_DAY = [[8 * 60, 12 * 60], [13 * 60, 17 * 60]]
WEEKS: dict[str, tuple[str, list[Any]]] = {
    "office": ("Europe/Berlin", [BERLIN_DAY] * 5 + [[], []]),
    "nights": ("UTC", [[[22 * 60, 30 * 60]]] * 7),
}
WAITS = (0, 0, 0, 1, 4, 10, 29, 30, 31, 60, 200, 700, 1500)
TARGETS: dict[str, dict[int, tuple[int, str]]] = {
    "first_response": {1: (15, "always"), 2: (30, "office"), 3: (60, "office"), 4: (120, "office")},
    "next_response": {1: (30, "always"), 2: (30, "always"), 3: (60, "nights"), 4: (60, "office")},
    "update": {1: (30, "always"), 2: (60, "always"), 3: (120, "office"), 4: (200, "office")},
    "resolution": {1: (60, "always"), 2: (120, "office"), 3: (240, "office"), 4: (480, "office")},
    "accept": {1: (10, "office"), 2: (30, "always"), 3: (60, "nights"), 4: (30, "always")},
    "work": {1: (60, "office"), 2: (120, "always"), 3: (60, "nights")},
    "vendor_response": {0: (60, "always")},
    "vendor_resolve": {0: (240, "office")},
}
BOOKS = (
    Promises(TARGETS),
    Promises(
        {**TARGETS, "resolution": dict.fromkeys((1, 2, 3, 4), (100, "always"))},
        pauses=("pending_requester", "pending_vendor", "on_hold"),
        pauses_responses=True,
        restarts=True,
        phone_is_response=False,
    ),
    Promises(
        {
            **TARGETS,
            "accept": dict.fromkeys((1, 2, 3, 4), (45, "office")),
            "update": dict.fromkeys((1, 2, 3, 4), (45, "nights")),
        },
        pauses=("on_hold:part",),
    ),
)
"""All promise the same kinds of things; how much, in which hours and with which pauses differs."""


@cache
def calendars() -> Mapping[str, list[bool]]:
    """Of every minute whether it is worked."""
    found = {"always": [True] * HORIZON}
    for name, (zone, weekly) in WEEKS.items():
        wall = Wall(zone, weekly)
        found[name] = [wall.is_open(moment(minute)) for minute in range(HORIZON)]
    return found


def moment(minute: int) -> datetime:
    return ZERO + timedelta(minutes=minute)


def minute_of(at: datetime) -> int:
    return (at - ZERO) // timedelta(minutes=1)


@dataclass
class Stage:
    """Who acts."""

    ines: User
    mira: User
    dario: User
    vera: User
    ada: User
    second: Team
    kestrel: Organisation
    open_ticket: Callable[..., Ticket]


@pytest.fixture
def stage(
    ines: User,
    mira: User,
    dario: User,
    yuki: User,
    vera: User,
    ada: User,
    tiers: dict[int, Tier],
    kestrel: Organisation,
    open_ticket: Callable[..., Ticket],
) -> Stage:
    second = Team.objects.create(name="Second desk", tier_id=1)
    return Stage(ines, mira, dario, vera, ada, second, kestrel, open_ticket)


Act = Callable[[Stage, Ticket, datetime], Any]


def hand_over(**to: Any) -> Act:
    def act(stage: Stage, ticket: Ticket, at: datetime) -> Any:
        team = {"team": stage.second} if to.get("second") else {"tier": to["tier"]}
        return escalation.hand_over(
            ticket, **team, reason="needs_expertise", summary="x", by=stage.ada, at=at
        )

    return act


def hold(reason: str) -> Act:
    return lambda stage, ticket, at: operations.hold(
        ticket, reason=reason, until=at + timedelta(hours=5), by=stage.ada, at=at
    )


def override(priority: int) -> Act:
    return lambda stage, ticket, at: operations.override_priority(
        ticket, priority=priority, reason="x", by=stage.ada, at=at
    )


ACTS: dict[str, Act] = {
    "mira takes": lambda s, t, at: operations.take(t, by=s.mira, at=at),
    "dario takes": lambda s, t, at: operations.take(t, by=s.dario, at=at),
    "release": lambda s, t, at: operations.release(t, by=s.ada, at=at),
    "desk replies": lambda s, t, at: operations.reply(t, text="x", by=s.ada, at=at),
    "mira replies": lambda s, t, at: operations.reply(t, text="x", by=s.mira, at=at),
    "rule replies": lambda s, t, at: operations.reply(t, text="x", by=None, at=at),
    "requester replies": lambda s, t, at: operations.reply(t, text="x", by=s.ines, at=at),
    "requester writes again": lambda s, t, at: operations.reply(t, text="x", by=s.ines, at=at),
    "out of office": lambda s, t, at: operations.reply(t, text="x", by=s.ines, at=at, automatic=True),
    "desk is on leave": lambda s, t, at: operations.reply(t, text="x", by=s.mira, at=at, automatic=True),
    "note": lambda s, t, at: operations.note(t, text="x", by=s.ada, at=at),
    "ask": lambda s, t, at: operations.wait_for_requester(t, question="x", by=s.ada, at=at),
    "rule asks": lambda s, t, at: operations.wait_for_requester(t, question="x", by=None, at=at),
    "wait for vendor": lambda s, t, at: operations.wait_for_vendor(t, vendor=s.kestrel, by=s.ada, at=at),
    "vendor writes": lambda s, t, at: operations.share_with_vendor(t, text="x", by=s.vera, at=at),
    "write to vendor": lambda s, t, at: operations.share_with_vendor(t, text="x", by=s.ada, at=at),
    "hold for a part": hold("part"),
    "hold for an appointment": hold("appointment"),
    "resume": lambda s, t, at: operations.resume(t, by=s.ada, at=at),
    "holds end": lambda s, t, at: operations.end_holds(at=at),
    "to L1": hand_over(tier=1),
    "to L2": hand_over(tier=2),
    "to L3": hand_over(tier=3),
    "to the vendor": hand_over(tier=4),
    "sideways": hand_over(second=True),
    "accept": lambda s, t, at: escalation.accept(t, by=s.ada, at=at),
    "vendor accepts": lambda s, t, at: escalation.accept(t, by=s.vera, at=at),
    "return": lambda s, t, at: escalation.return_(t, reason="not_ours", text="x", by=s.ada, at=at),
    "resolve": lambda s, t, at: operations.resolve(t, code="no_answer", summary="x", by=s.ada, at=at),
    "rule resolves": lambda s, t, at: operations.resolve(t, code="no_answer", summary="x", by=None, at=at),
    "requester reopens": lambda s, t, at: operations.reopen(t, text="x", by=s.ines, at=at),
    "desk reopens": lambda s, t, at: operations.reopen(t, text="x", by=s.ada, at=at),
    "only thanks": lambda s, t, at: operations.only_thanks(t, by=s.ada, at=at),
    "cancel": lambda s, t, at: operations.cancel(t, reason_text="x", by=s.ada, at=at),
    "withdraw": lambda s, t, at: operations.withdraw(t, by=s.ines, at=at),
    "restore": lambda s, t, at: operations.restore(t, by=s.ada, at=at),
    "P1": override(1),
    "P2": override(2),
    "P4": override(4),
    "tag": lambda s, t, at: operations.tag(t, names=[f"at {at}"], by=s.ada, at=at),
    "promise": lambda s, t, at: promise_update(t, due=at + timedelta(minutes=50), by=s.ada, at=at),
    "deadlines fire": lambda s, t, at: fire_due(at=at),
}
UNHEARD = frozenset({"ticket.noted", "ticket.shared_with_vendor", "sla.promised"})
"""Events at which no clock is judged anew."""


@dataclass
class Seen:
    """A ticket as it stands in the database after a step."""

    ticket: Ticket
    events: list[Event]
    told: list[ClockEvent]
    rows: list[Cycle]

    @classmethod
    def of(cls, ticket: Ticket) -> "Seen":
        clocks = Clock.objects.filter(ticket=ticket).order_by("metric", "scope", "cycle")
        return cls(
            Ticket.objects.get(pk=ticket.pk),
            list(Event.objects.filter(ticket=ticket, is_quiet=False).order_by("pk")),
            list(ClockEvent.objects.filter(ticket=ticket).order_by("pk")),
            [Cycle(*row) for row in clocks.values_list(*COLUMNS)],
        )


class Desk(RuleBasedStateMachine):
    """One ticket, and now and then a second one that is merged into it."""

    def __init__(self, stage: Stage, books: list[PolicyVersion]) -> None:
        super().__init__()
        self.stage, self.books = stage, books
        self.savepoint = transaction.savepoint()
        self.published: list[tuple[int, Promises]] = []
        self.merged: list[Ticket] = []
        self.minute, self.by_voice = 0, False
        self.ticket: Ticket

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    @initialize(
        minute=st.integers(0, 7 * 24 * 60),
        book=st.integers(0, len(BOOKS) - 1),
        by_voice=st.sampled_from([False, False, False, True]),
    )
    def open(self, minute: int, book: int, by_voice: bool) -> None:
        self.minute, self.by_voice = minute, by_voice
        self.publish(book)
        says: dict[str, Any] = {"by": self.stage.mira, "channel": "phone"} if by_voice else {}
        self.ticket = self.stage.open_ticket(at=moment(minute), **says)

    @rule(wait=st.sampled_from(WAITS), name=st.sampled_from(sorted(ACTS)))
    def act(self, wait: int, name: str) -> None:
        self.minute += wait
        try:
            with transaction.atomic():
                ACTS[name](self.stage, self.ticket, moment(self.minute))
        except Refused:
            pass  # the ticket does not allow it now, and nothing has happened

    @rule(book=st.integers(0, len(BOOKS) - 1))
    def publish(self, book: int) -> None:
        """Another version of the policy; it holds from the ticket's next event on."""
        Policy.objects.filter(is_default=True).update(current=self.books[book])
        publish()
        last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self.published.append((last, BOOKS[book]))

    @precondition(lambda self: not self.merged)
    @rule(ago=st.sampled_from((0, 5, 100)), answered=st.booleans(), wait=st.sampled_from(WAITS))
    def merge(self, ago: int, answered: bool, wait: int) -> None:
        if not Ticket.objects.get(pk=self.ticket.pk).is_open:
            return
        other = self.stage.open_ticket("Again", at=moment(self.minute - ago))
        if answered:
            operations.reply(other, text="x", by=self.stage.ada, at=moment(self.minute))
        self.minute += wait
        operations.merge(other, into=self.ticket, by=self.stage.ada, at=moment(self.minute))
        self.merged.append(other)

    @invariant()
    def what_must_hold_holds(self) -> None:
        now, seen = moment(self.minute), Seen.of(self.ticket)
        others = [Seen.of(ticket) for ticket in self.merged]
        for one in (seen, *others):
            rows_are_the_replay_of_their_events(one)
            verdicts_are_the_same_in_memory_and_in_the_database(one)
        if not others:
            rows_agree_with_the_oracle(seen, self.moments(seen.events), self.minute)
        the_ticket_is_due_with_its_first_clock(seen)
        accept_and_work_never_overlap(seen)
        what_was_spent_adds_up_to_what_was_used(seen, now)
        for other in others:
            a_merge_keeps_the_earlier_start_and_the_worst_breach(seen, other)

    def moments(self, events: list[Event]) -> list[Moment]:
        """The ticket's history as plain data: folded here, not by the product."""
        state: dict[str, Any] = {}
        judged, found = self.published[0][1], []
        for event in events:
            state = state | {name: after for name, (_before, after) in event.changes.items()}
            if event.kind not in UNHEARD:
                judged = [says for last, says in self.published if last < event.pk][-1]
            data = {**event.data, "by_voice": self.by_voice and event.kind == "ticket.opened"}
            if event.kind == "sla.promised":
                data["minutes"] = minute_of(datetime.fromisoformat(event.data["due"])) - minute_of(event.at)
            found.append(Moment(event.kind, minute_of(event.at), event.by_id, data, state, judged))
        return found


def rows_are_the_replay_of_their_events(seen: Seen) -> None:
    assert replay(seen.told, hours_of, seen.ticket.pk) == {
        key(row): replace(row, revision=0) for row in seen.rows
    }
    breaches = [key(event) for event in seen.told if event.kind == ClockEvent.Kind.BREACHED]
    assert len(breaches) == len(set(breaches))


def rows_agree_with_the_oracle(seen: Seen, moments: list[Moment], minute: int) -> None:
    oracle = Oracle(moments, calendars(), minute).clocks()
    now, rows = moment(minute), [replace(row) for row in seen.rows]
    for row in rows:
        row.pass_thresholds(now, hours_of)  # what is due already, whether or not the timer was here
    assert {key(row): said_by_row(row, now) for row in rows} == {
        name: said_by_oracle(cycle) for name, cycle in oracle.items()
    }


def the_ticket_is_due_with_its_first_clock(seen: Seen) -> None:
    assert seen.ticket.next_due_at == min((row.due_at for row in seen.rows if row.due_at), default=FAR)


def accept_and_work_never_overlap(seen: Seen) -> None:
    rows = [row for row in seen.rows if row.metric in (Metric.ACCEPT, Metric.WORK)]
    assert sum(row.is_open for row in rows) <= 1
    for one, other in combinations(rows, 2):
        if one.ended_at and other.ended_at:
            assert one.ended_at <= other.started_at or other.ended_at <= one.started_at


def what_was_spent_adds_up_to_what_was_used(seen: Seen, now: datetime) -> None:
    told = [event for event in seen.told if event.metric == Metric.RESOLUTION]
    lives = [life for life in lives_of(told, hours_of, at=now) if life.cycle.outcome != Clock.Outcome.VOID]
    own = [
        life.cycle for life in lives if life.cycle.is_open or any(isinstance(x, Stretch) for x in life.lines)
    ]
    used = max(own, key=lambda row: row.cycle).used_at(now, hours_of) if own else timedelta(0)
    history = [(event.at, state) for event, state in states(seen.events)]
    segments = spent(history, lives, hours_of, at=now)
    assert sum((segment.counted for segment in segments), timedelta(0)) == used


def a_merge_keeps_the_earlier_start_and_the_worst_breach(seen: Seen, other: Seen) -> None:
    for theirs in other.rows:
        if theirs.metric in (Metric.ACCEPT, Metric.WORK) or theirs.outcome == Clock.Outcome.VOID:
            continue
        same = [row for row in seen.rows if row.metric == theirs.metric]
        if theirs.breached_at:
            assert any(row.breached_at for row in same)
        if theirs.outcome == Clock.Outcome.MERGED:
            assert min(row.started_at for row in same) <= theirs.started_at


def verdicts_are_the_same_in_memory_and_in_the_database(seen: Seen) -> None:
    order = ["met", "running", "breached"]
    expected: dict[str, str] = {}
    for row in seen.rows:
        verdict = verdict_of(row)
        if verdict is not None:
            expected[row.metric] = max(expected.get(row.metric, "met"), str(verdict), key=order.index)
    rows = verdicts_in_the_database(Clock.objects.filter(ticket=seen.ticket))
    assert {row["metric"]: row["verdict"] for row in rows} == expected


def key(row: Cycle | ClockEvent) -> tuple[str, int, int]:
    return row.metric, row.scope, row.cycle


def said_by_row(row: Cycle, now: datetime) -> tuple[Any, ...]:
    due = minute_of(row.due_at) if row.due_at else None
    return (
        row.outcome or row.state,
        minute_of(row.started_at),
        micros(row.used_at(now, hours_of)) / 60_000_000,
        minute_of(row.breached_at) if row.breached_at else None,
        due if due is None or due < HORIZON else None,
    )


def said_by_oracle(cycle: Any) -> tuple[Any, ...]:
    state = cycle.outcome or ("paused" if cycle.is_paused else "running")
    return state, cycle.started, float(cycle.used), cycle.breached, cycle.due


EVERY = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)


def drive(stage: Stage, **how: Any) -> None:
    names = {"always": hours("Always", always=True)}
    for name, (zone, weekly) in WEEKS.items():
        names[name] = hours(name, weekly=weekly, zone=zone)
    books = [written(says, names) for says in BOOKS]

    class Here(Desk):
        def __init__(self) -> None:
            super().__init__(stage, books)

    run_machine(Here, settings=settings(deadline=None, suppress_health_check=EVERY, database=None, **how))


def written(says: Promises, names: Mapping[str, Calendar]) -> PolicyVersion:
    """What the oracle reads as the product reads it."""
    targets: dict[str, Any] = {
        metric: {of: Target(minutes, names[name].pk) for of, (minutes, name) in rows.items()}
        for metric, rows in says.targets.items()
    }
    row = policy(
        **targets,
        pauses=says.pauses,
        pauses_responses=says.pauses_responses,
        reopening=RESTART if says.restarts else RESUME,
        phone_is_response=says.phone_is_response,
        thresholds=SHIPPED_THRESHOLDS,
    )
    assert row.current is not None
    return row.current


@pytest.mark.django_db
def test_clocks_of_a_ticket_that_anything_may_happen_to(stage: Stage) -> None:
    drive(stage, max_examples=7, stateful_step_count=10, derandomize=True)


PARTS = 4
TICKETS = int(os.environ.get("TICKETS") or 600)
"""How many the long tests drive. TICKETS=5000 takes half an hour."""


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
def test_clocks_of_hundreds_of_tickets_that_anything_may_happen_to(stage: Stage, part: int) -> None:
    """In parts, so that several processes share them, and no transaction grows too long."""
    drive(stage, max_examples=TICKETS // PARTS, stateful_step_count=14)
