"""The whole life of a clock, line by line: what happened, and what was counted between, with the running sum.

Replayed from the events alone, so that whoever adds up the lines by hand finds what the clock shows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sla.cycles import NOTHING, Cycle, HoursOf, step
from sla.models import ClockEvent
from tickets.models import FAR

FIRES = (ClockEvent.Kind.WARNED, ClockEvent.Kind.BREACHED)


@dataclass(frozen=True)
class Stretch:
    """A time between two lines. `worked` is the business time in it; nothing where the clock rested."""

    since: datetime
    until: datetime
    is_counted: bool
    calendar: int | None
    worked: timedelta
    total: timedelta


@dataclass(frozen=True)
class Happening:
    """An event of the clock, and how much of its time was used by then."""

    event: ClockEvent
    at: datetime
    total: timedelta
    due: datetime | None
    """When it is due after this; None while it rests, and at its end."""


@dataclass
class Life:
    """One cycle: as it stands now, and its lines in order of time."""

    cycle: Cycle
    lines: list[Stretch | Happening] = field(default_factory=list)

    @property
    def until(self) -> datetime:
        """How far its lines tell."""
        last = self.lines[-1] if self.lines else None
        if last is None:
            return self.cycle.started_at
        return last.at if isinstance(last, Happening) else last.until


def lives_of(events: Iterable[ClockEvent], hours_of: HoursOf, *, at: datetime) -> list[Life]:
    """The cycles of one ticket's clocks, in the order in which they began; open ones are told until `at`."""
    cycles: dict[tuple[str, int, int], Cycle] = {}
    lives: dict[tuple[str, int, int], Life] = {}
    for event in events:
        key = (event.metric, event.scope, event.cycle)
        before = replace(cycles[key]) if key in cycles else None
        after = step(cycles, event, hours_of)
        moment = event.at if event.kind in FIRES else after.since
        life = lives.setdefault(key, Life(after))
        if before is not None:
            _count(life, before, moment, hours_of)
        due = after.due_at if after.due_at is not None and after.due_at < FAR else None
        life.lines.append(Happening(event, moment, after.used_at(moment, hours_of), due))
    for life in lives.values():
        if life.cycle.is_open:
            _count(life, life.cycle, at, hours_of)
    return list(lives.values())


def _count(life: Life, cycle: Cycle, until: datetime, hours_of: HoursOf) -> None:
    """The line from the last one to this moment; none where no time has passed."""
    since = life.until
    if until <= since:
        return
    total = cycle.used_at(until, hours_of)
    worked = total - cycle.used_at(since, hours_of)
    life.lines.append(Stretch(since, until, cycle.is_running, cycle.calendar_id, worked, total))


def days_of(stretch: Stretch, hours: Any, zone: ZoneInfo) -> Iterator[tuple[date, timedelta]]:
    """What of a counted time fell on each day of the calendar's zone; days without any are left out."""
    day = stretch.since.astimezone(zone).date()
    last = stretch.until.astimezone(zone).date()
    while day <= last:
        begin = datetime.combine(day, time(0), zone)
        end = datetime.combine(day + timedelta(days=1), time(0), zone)
        worked = hours.working_time_between(max(begin, stretch.since), min(end, stretch.until))
        if worked > NOTHING:
            yield day, worked
        day += timedelta(days=1)
