"""A calendar's next days as people check them: open hours as the wall shows them, special days, changed clocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla.business_time import WorkingTime
from sla.calendar_spec import SpecialDay
from sla.durations import spell

DAYS = 60
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)


@dataclass(frozen=True)
class PreviewDay:
    """One date in the calendar's zone. `change` is by how much its clock is put forward (back: negative)."""

    date: date
    open: tuple[str, ...]
    """As the wall shows them: `08:00-12:00`, up to `24:00`."""
    worked: timedelta
    special: SpecialDay | None
    change: timedelta

    @property
    def hours(self) -> str:
        return spell(self.worked // MINUTE)

    @property
    def changed_by(self) -> str:
        """By how much the clock is changed; empty on other days."""
        return spell(abs(self.change) // MINUTE) if self.change else ""

    @property
    def is_forward(self) -> bool:
        return self.change > NOTHING

    @property
    def is_weekend(self) -> bool:
        return self.date.weekday() >= 5


@dataclass(frozen=True)
class Preview:
    days: Sequence[PreviewDay]

    @property
    def worked(self) -> timedelta:
        return sum((day.worked for day in self.days), NOTHING)

    @property
    def hours(self) -> str:
        return spell(self.worked // MINUTE)

    @property
    def open_days(self) -> int:
        return sum(day.worked > NOTHING for day in self.days)


def preview(
    hours: WorkingTime,
    zone: str,
    special: Mapping[date, SpecialDay],
    *,
    first: date,
    count: int = DAYS,
) -> Preview:
    """So many dates from `first` on."""
    clock = ZoneInfo(zone)
    return Preview([_day(hours, clock, special, first + number * DAY) for number in range(count)])


def today_in(zone: str, at: datetime) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _day(hours: WorkingTime, zone: ZoneInfo, special: Mapping[date, SpecialDay], day: date) -> PreviewDay:
    begin, end = _begin(day, zone), _begin(day + DAY, zone)
    pieces = hours.intervals_between(begin, end)
    return PreviewDay(
        date=day,
        open=tuple(f"{_wall(start, zone)}-{_wall(stop, zone, day)}" for start, stop in pieces),
        worked=sum((stop - start for start, stop in pieces), NOTHING),
        special=special.get(day),
        change=DAY - (end - begin),
    )


def _begin(day: date, zone: ZoneInfo) -> datetime:
    """When the date begins, in UTC; where midnight is skipped, when the clock goes on."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _wall(at: datetime, zone: ZoneInfo, ends: date | None = None) -> str:
    """The time of day; 24:00 where it is the end of the date that `ends`."""
    local = at.astimezone(zone)
    return "24:00" if ends is not None and local.date() != ends else f"{local:%H:%M}"
