"""Business time by the slow and obvious road: minute by minute, asking the clock on the wall.

It shares nothing with the product: no intervals in UTC, no sums, no bisection. What it says is right because
anybody can see that it is: a minute is worked when the wall's clock shows a time within the hours of its day, or
within the night that the day before began.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
Day = Sequence[tuple[int, int]]


class Wall:
    """A desk with a clock on its wall. Hours are pairs of minutes after midnight; past 1440 is the next day."""

    def __init__(self, zone: str, weekly: Sequence[Day], special: Mapping[date, Day] | None = None) -> None:
        self.zone, self.weekly, self.special = ZoneInfo(zone), weekly, special or {}

    def is_open(self, at: datetime) -> bool:
        """Whether the minute that begins at `at` is worked."""
        wall = at.astimezone(self.zone)
        today, minute = wall.date(), wall.hour * 60 + wall.minute
        return within(self.hours(today), minute) or within(
            self.hours(today - timedelta(days=1)), minute + 1440
        )

    def hours(self, day: date) -> Day:
        return self.special[day] if day in self.special else self.weekly[day.weekday()]

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Both on full minutes."""
        worked, at = timedelta(0), start
        while at < end:
            worked += MINUTE if self.is_open(at) else timedelta(0)
            at += MINUTE
        return worked

    def add(self, at: datetime, minutes: int, *, limit: datetime) -> datetime | None:
        """When so many minutes are worked, None if not before `limit`."""
        while minutes and at < limit:
            minutes -= self.is_open(at)
            at += MINUTE
        return None if minutes else at

    def subtract(self, at: datetime, minutes: int, *, limit: datetime) -> datetime | None:
        """From when so many minutes were worked until `at`, None if not after `limit`."""
        while minutes and at > limit:
            at -= MINUTE
            minutes -= self.is_open(at)
        return None if minutes else at

    def next_opening(self, at: datetime, *, limit: datetime) -> datetime | None:
        while at < limit:
            if self.is_open(at):
                return at
            at += MINUTE
        return None


def within(day: Iterable[tuple[int, int]], minute: int) -> bool:
    return any(start <= minute < end for start, end in day)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]
