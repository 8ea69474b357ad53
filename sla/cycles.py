"""One cycle of one clock, and all that can happen to it. Plain data: no database, no clock of its own.

What happens live and what a replay of stored events does is the same call on the same class, so that a row
is the replay of its events by construction. Times are aware (UTC), spans are business time.

Three rules run through all of it. Later than due is late: to stop at the very moment something is due is in time.
What happened late is written with the time at which it was due. And an act that is stamped before the last one
happened right after it, so that no clock runs backwards.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sla.models import Clock, ClockEvent
from tickets.models import FAR

Kind = ClockEvent.Kind
NOTHING = timedelta(0)
MICROSECOND = timedelta(microseconds=1)
BREACH = 100


class Hours(Protocol):
    """A calendar's working time (sla.business_time)."""

    def add_working_time(self, at: datetime, span: timedelta) -> datetime: ...

    def working_time_between(self, start: datetime, end: datetime) -> timedelta: ...


HoursOf = Callable[[int | None], Hours]
"""Hours by the key of a `CalendarVersion`; None is around the clock."""

Key = tuple[str, int]
"""Metric and scope: which clock of a ticket."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a cycle is measured against, frozen into it."""

    policy: int | None
    calendar: int | None
    priority: int
    target: timedelta
    shares: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "policy": self.policy,
            "calendar": self.calendar,
            "priority": self.priority,
            "target": micros(self.target),
            "shares": list(self.shares),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Judged":
        return cls(
            data["policy"],
            data["calendar"],
            data["priority"],
            span(data["target"]),
            tuple(data["shares"]),
        )


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a cycle, as `ClockEvent` keeps it; `cycle` is the cycle after it."""

    cycle: "Cycle"
    kind: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Cycle:
    """The columns of `Clock`, and the transitions between them. Each transition answers the event that tells it."""

    ticket_id: int
    metric: str
    scope: int
    cycle: int
    state: str
    outcome: str
    policy_id: int | None
    calendar_id: int | None
    priority: int
    target: timedelta
    used: timedelta
    since: datetime
    started_at: datetime
    due_at: datetime | None
    breached_at: datetime | None
    ended_at: datetime | None
    shares: list[int]
    fired: int
    next_at: datetime
    generation: int
    revision: int

    # --- reading ---

    @property
    def key(self) -> Key:
        return self.metric, self.scope

    @property
    def is_open(self) -> bool:
        return self.state != Clock.State.ENDED

    @property
    def is_running(self) -> bool:
        return self.state == Clock.State.RUNNING

    @property
    def judged(self) -> Judged:
        return Judged(self.policy_id, self.calendar_id, self.priority, self.target, tuple(self.shares))

    def used_at(self, at: datetime, hours_of: HoursOf) -> timedelta:
        """Business time used up to `at`, in the calendar it counts in."""
        if not self.is_running or at <= self.since:
            return self.used
        return self.used + hours_of(self.calendar_id).working_time_between(self.since, at)

    # --- what happens ---

    @classmethod
    def start(
        cls,
        *,
        ticket_id: int,
        key: Key,
        number: int,
        judged: Judged,
        at: datetime,
        hours_of: HoursOf,
        revision: int = 0,
        used: timedelta = NOTHING,
        breached_at: datetime | None = None,
        began: datetime | None = None,
    ) -> Told:
        """Begin a cycle that counts from `at` on; `used` and `breached_at` are carried over from what it goes on from.

        `began` is the beginning of what was promised, where that lies before `at`.
        """
        cycle = cls(
            ticket_id=ticket_id,
            metric=str(key[0]),
            scope=key[1],
            cycle=number,
            state=str(Clock.State.RUNNING),
            outcome="",
            policy_id=judged.policy,
            calendar_id=judged.calendar,
            priority=judged.priority,
            target=judged.target,
            used=used,
            since=at,
            started_at=began or at,
            due_at=None,
            breached_at=breached_at,
            ended_at=None,
            shares=list(judged.shares),
            fired=0,
            next_at=FAR,
            generation=0,
            revision=revision,
        )
        cycle._arm(hours_of)
        data = {**judged.to_json(), "used": micros(used)}
        if breached_at is not None:
            data["breached_at"] = iso(breached_at)
        if began is not None:
            data["started_at"] = iso(began)
        return Told(cycle, Kind.STARTED, at, data)

    def pass_thresholds(self, at: datetime, hours_of: HoursOf) -> list[Told]:
        """Fire what came due before `at`, each with the time at which it was due, and what a new target is over."""
        told = []
        while self.next_at < at or self._is_over():
            told.append(self.fire(hours_of))
        return told

    def fire(self, hours_of: HoursOf) -> Told:
        """Pass the next threshold, at the moment that stands in `next_at`, or at once where it is passed already."""
        share, at = self.shares[self.fired], self.since if self._is_over() else self.next_at
        self.fired += 1
        if share >= BREACH:
            self.breached_at = at
        self.next_at = self._next_threshold(hours_of)
        kind = Kind.BREACHED if share >= BREACH else Kind.WARNED
        return Told(self, kind, at, {"share": share, "generation": self.generation})

    def pause(self, at: datetime, hours_of: HoursOf) -> Told:
        self._count(at, hours_of)
        self.state, self.due_at, self.next_at = str(Clock.State.PAUSED), None, FAR
        return Told(self, Kind.PAUSED, self.since, {"used": micros(self.used)})

    def resume(self, at: datetime, hours_of: HoursOf) -> Told:
        self.since = max(at, self.since)
        self.state = str(Clock.State.RUNNING)
        self._arm(hours_of)
        return Told(self, Kind.RESUMED, self.since, {"used": micros(self.used)})

    def retarget(self, judged: Judged, at: datetime, hours_of: HoursOf) -> Told:
        """Measure it against something else from `at` on. Time used stays, a breach stays, the due time moves."""
        was = self.due_at
        self._count(at, hours_of)
        warned = self.shares[self.fired - 1] if self.fired else 0
        self._judge(judged)
        self.fired = sum(share <= warned and self._is_passed(share) for share in self.shares)
        self._arm(hours_of)
        data = {**judged.to_json(), "used": micros(self.used)}
        data |= {"due_was": iso(was) if was else None, "due": iso(self.due_at) if self.due_at else None}
        return Told(self, Kind.RETARGETED, self.since, data)

    def absorb(
        self,
        *,
        ticket_id: int,
        started_at: datetime,
        used: timedelta,
        breached_at: datetime | None,
        at: datetime,
        hours_of: HoursOf,
    ) -> Told:
        """Take over the earlier start, the longer time and the breach of a ticket that was merged into this one."""
        self._count(at, hours_of)
        self.started_at = min(self.started_at, started_at)
        self.used = max(self.used, used)
        breaches = [time for time in (self.breached_at, breached_at) if time is not None]
        self.breached_at = min(breaches, default=None)
        self._arm(hours_of)
        data: dict[str, Any] = {"ticket": ticket_id, "started_at": iso(started_at), "used": micros(used)}
        if breached_at is not None:
            data["breached_at"] = iso(breached_at)
        return Told(self, Kind.ABSORBED, self.since, data)

    def end(self, outcome: str, at: datetime, hours_of: HoursOf) -> Told:
        """Finish it. What came due before is breached already (`pass_thresholds`); a finished cycle never changes."""
        self._count(at, hours_of)
        self.state, self.outcome, self.ended_at = str(Clock.State.ENDED), str(outcome), self.since
        self.due_at, self.next_at = None, FAR
        kind = Kind.MET if outcome == Clock.Outcome.MET else Kind.CANCELLED
        return Told(self, kind, self.since, {"used": micros(self.used), "outcome": str(outcome)})

    # --- below ---

    def _count(self, at: datetime, hours_of: HoursOf) -> None:
        """Bring `used` up to `at`, or to the last thing that happened where that was later."""
        at = max(at, self.since, self.breached_at or at)
        self.used, self.since = self.used_at(at, hours_of), at

    def _judge(self, judged: Judged) -> None:
        self.policy_id, self.calendar_id, self.priority = judged.policy, judged.calendar, judged.priority
        self.target, self.shares = judged.target, list(judged.shares)

    def _arm(self, hours_of: HoursOf) -> None:
        """Set due time and thresholds anew, from `used` at `since`.

        Of several that are passed already only the highest is told, and after the breach none: whatever its new
        target, a breached clock warns of nothing. One that rests has no due time and warns of nothing either.
        """
        self.generation += 1
        if self.breached_at is not None:
            self.fired = len(self.shares)
        elif self.is_running or self.used > self.target:
            self.fired = max(self.fired, sum(map(self._is_passed, self.shares)) - 1)
        if self.is_running:
            self.due_at = self._due(hours_of)
            self.next_at = self._next_threshold(hours_of)

    def _due(self, hours_of: HoursOf) -> datetime:
        """What is over its target has been due since it breached."""
        if self.used >= self.target:
            return self.breached_at or self.since
        return hours_of(self.calendar_id).add_working_time(self.since, self.target - self.used)

    def _is_passed(self, share: int) -> bool:
        return self.used * BREACH > self.target * share

    def _is_over(self) -> bool:
        """Whether the next threshold was passed before it was set: by a new target, or by what was carried over."""
        if not self.is_open or self.fired >= len(self.shares):
            return False
        share = self.shares[self.fired]
        return (self.is_running or share >= BREACH) and self._is_passed(share)

    def _next_threshold(self, hours_of: HoursOf) -> datetime:
        if self.fired >= len(self.shares) or self.due_at is None:
            return FAR
        share = self.shares[self.fired]
        if share >= BREACH:
            return self.due_at
        left = max(self.target * share / BREACH - self.used, NOTHING)
        return hours_of(self.calendar_id).add_working_time(self.since, left)


def replay(events: Iterable[Any], hours_of: HoursOf, ticket_id: int = 0) -> dict[tuple[str, int, int], Cycle]:
    """The cycles that these events of one ticket's clocks (rows of `ClockEvent` by id) add up to.

    Spans are counted anew from the calendars; those that the events carry are for people.

    Raises:
        ValueError: an event of a cycle that none has started.
    """
    cycles: dict[tuple[str, int, int], Cycle] = {}
    for event in events:
        step(cycles, event, hours_of)
    return cycles


def step(cycles: dict[tuple[str, int, int], Cycle], event: Any, hours_of: HoursOf) -> Cycle:
    """One event of a replay: the cycle that it is about, changed in place or begun.

    Raises:
        ValueError: nothing has started that cycle.
    """
    key = (event.metric, event.scope, event.cycle)
    if event.kind == Kind.STARTED:
        cycles[key] = _started(event, key, hours_of)
    elif key not in cycles:
        raise ValueError(f"{event.metric} {event.cycle}: {event.kind} before it was started")
    else:
        _apply(cycles[key], event, hours_of)
    return cycles[key]


def _started(event: Any, key: tuple[str, int, int], hours_of: HoursOf) -> Cycle:
    carried, began = event.data.get("breached_at"), event.data.get("started_at")
    return Cycle.start(
        ticket_id=event.ticket_id,
        key=key[:2],
        number=key[2],
        judged=Judged.from_json(event.data),
        at=event.at,
        hours_of=hours_of,
        used=span(event.data["used"]),
        breached_at=datetime.fromisoformat(carried) if carried else None,
        began=datetime.fromisoformat(began) if began else None,
    ).cycle


def _apply(cycle: Cycle, event: Any, hours_of: HoursOf) -> None:
    match event.kind:
        case Kind.PAUSED:
            cycle.pause(event.at, hours_of)
        case Kind.RESUMED:
            cycle.resume(event.at, hours_of)
        case Kind.RETARGETED:
            cycle.retarget(Judged.from_json(event.data), event.at, hours_of)
        case Kind.ABSORBED:
            breached = event.data.get("breached_at")
            cycle.absorb(
                ticket_id=event.data["ticket"],
                started_at=datetime.fromisoformat(event.data["started_at"]),
                used=span(event.data["used"]),
                breached_at=datetime.fromisoformat(breached) if breached else None,
                at=event.at,
                hours_of=hours_of,
            )
        case Kind.WARNED | Kind.BREACHED:
            cycle.fire(hours_of)
        case Kind.MET | Kind.CANCELLED:
            cycle.end(event.data["outcome"], event.at, hours_of)


def micros(of: timedelta) -> int:
    return of // MICROSECOND


def span(of: int) -> timedelta:
    return timedelta(microseconds=of)


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
