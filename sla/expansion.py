"""From what a calendar says to UTC: weekly hours, special days and a zone become sorted intervals.

One sentence decides every change of the clock: a desk is open whenever the clock on its wall shows a time within
its hours. So what the clock skips is no working time (hours that begin in the gap begin after it, and a date
that a zone skipped had none), and what it shows twice counts twice. Hours belong to the day on which they begin:
a night shift runs on into a holiday, and a holiday takes away the night that would begin on it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sla.business_time import Interval, WorkingTime

Minutes = Sequence[int]
"""[start, end) in minutes after the local midnight with which a day begins; an end above 1440 is on the next day."""

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MARGIN = 3
"""Days. A night of two days ago may still run, and no zone is further than one day from UTC."""


@dataclass(frozen=True)
class Hours:
    """What a calendar says. `weekly` has seven days, Monday first; `special` replaces what begins on a date."""

    zone: str
    weekly: Sequence[Sequence[Minutes]]
    special: Mapping[date, Sequence[Minutes]] = field(default_factory=dict)

    def of_day(self, day: date) -> Sequence[Minutes]:
        special = self.special.get(day)
        return self.weekly[day.weekday()] if special is None else special


def working_time(hours: Hours) -> WorkingTime:
    """To count in these hours."""
    return WorkingTime(partial(expand, hours))


def expand(hours: Hours, first: date, last: date) -> list[Interval]:
    """The open intervals from `first` to before `last` (midnights of UTC): sorted, none empty, none touching."""
    begin, end = _midnight(first), _midnight(last)
    walls = _merged(_shown_on_the_wall(hours, first - MARGIN * DAY, last + MARGIN * DAY))
    starts, ends = [start for start, _end in walls], [end for _start, end in walls]
    pieces: list[Interval] = []
    for since, until, offset in stretches(ZoneInfo(hours.zone), begin, end):
        low, high = bisect_right(ends, since + offset), bisect_left(starts, until + offset)
        pieces += (
            (max(starts[index] - offset, since), min(ends[index] - offset, until))
            for index in range(low, high)
        )
    return _merged(pieces)


def stretches(
    zone: ZoneInfo, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The times between two changes of the zone's offset, as (since, until, offset), in order.

    The offset is asked once a day: no zone has ever changed it twice within two days.
    """
    since, seen, offset = begin, begin, _offset(zone, begin)
    while seen < end:
        ahead = min(seen + DAY, end)
        if (then := _offset(zone, ahead)) != offset:
            change = _change(zone, seen, ahead)
            yield since, change, offset
            since, offset = change, then
        seen = ahead
    if since < end:
        yield since, end, offset


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second at which the offset that holds at `after` began."""
    offset = _offset(zone, after)
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if _offset(zone, middle) == offset:
            after = middle
        else:
            before = middle
    return after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def _shown_on_the_wall(hours: Hours, first: date, last: date) -> Iterator[Interval]:
    """Hours as a clock on the wall shows them, written as if they were UTC."""
    day, midnight = first, _midnight(first)
    while day < last:
        for start, end in hours.of_day(day):
            yield midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)
        day, midnight = day + DAY, midnight + DAY


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted, those that touch or overlap made one, empty ones left out."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
