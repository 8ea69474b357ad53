"""Working time as sorted UTC intervals with cumulative spans: to add, subtract and measure are two bisects each.

Spans are exact (microseconds). Times are aware, in whatever zone; what comes back is UTC. A calendar is expanded
for the years that are asked about, and further when somebody asks further, so that old and far times need no care.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from tickets.models import FAR

Interval = tuple[datetime, datetime]
Expand = Callable[[date, date], Sequence[Interval]]
"""Open intervals between two midnights of UTC, sorted and apart from each other (sla.expansion)."""

NOTHING = timedelta(0)
YEAR = timedelta(days=366)
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
END = datetime(2200, 1, 1, tzinfo=UTC)
"""Outside these three hundred years every calendar is closed: a search for an open minute ends."""


@dataclass(frozen=True, slots=True)
class Table:
    """All open hours from `since` to `until`. Never changed: a wider one takes its place."""

    since: datetime
    until: datetime
    starts: list[datetime]
    ends: list[datetime]
    before: list[timedelta] = field(init=False)
    """`before[i]` is the working time before `starts[i]`; the last one is all of it."""

    def __post_init__(self) -> None:
        spans = (end - start for start, end in zip(self.starts, self.ends, strict=True))
        object.__setattr__(self, "before", [NOTHING, *accumulate(spans)])

    def worked_until(self, at: datetime) -> timedelta:
        """Working time from `since` to `at`, which lies within."""
        index = bisect_right(self.starts, at)
        if not index:
            return NOTHING
        return self.before[index - 1] + (min(at, self.ends[index - 1]) - self.starts[index - 1])

    def first_by(self, worked: timedelta) -> datetime | None:
        """The first moment by which so much (more than nothing) is worked since `since`; None if it is not."""
        index = bisect_left(self.before, worked) - 1
        if index >= len(self.starts):
            return None
        return self.starts[index] + (worked - self.before[index])

    def last_by(self, worked: timedelta) -> datetime | None:
        """The last moment by which no more than this is worked since `since`; None if it lies before."""
        index = bisect_right(self.before, worked) - 1
        if index < 0 or index >= len(self.starts):
            return None
        return self.starts[index] + (worked - self.before[index])


class WorkingTime:
    """The open hours of a calendar. Safe to share between threads: the table is replaced whole."""

    def __init__(self, expand: Expand) -> None:
        self._expand = expand
        self._table: Table | None = None

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; nothing where `end` is not later."""
        start, end = _utc(start), _utc(end)
        if end <= start:
            return NOTHING
        table = self._covering(start, end)
        return table.worked_until(end) - table.worked_until(start)

    def add_working_time(self, at: datetime, span: timedelta) -> datetime:
        """The first moment by which `span` has been worked since `at`; `at` itself for nothing, `FAR` if never."""
        at = _utc(at)
        if span <= NOTHING:
            return at
        table = self._covering(at, at)
        while (reached := table.first_by(table.worked_until(at) + span)) is None:
            if table.until >= END:
                return FAR
            table = self._widen(table.since, table.until + (table.until - table.since))
        return reached

    def subtract_working_time(self, at: datetime, span: timedelta) -> datetime:
        """The last moment from which `span` is worked until `at`; `BEGINNING` if there was never so much."""
        at = _utc(at)
        if span <= NOTHING:
            return at
        table = self._covering(at, at)
        while (reached := table.last_by(table.worked_until(at) - span)) is None:
            if table.since <= BEGINNING:
                return BEGINNING
            table = self._widen(table.since - (table.until - table.since), table.until)
        return reached

    def is_open(self, at: datetime) -> bool:
        """Whether `at` is working time. The moment of opening is, the moment of closing is not."""
        at = _utc(at)
        table = self._covering(at, at)
        index = bisect_right(table.starts, at)
        return index > 0 and at < table.ends[index - 1]

    def next_opening(self, at: datetime) -> datetime:
        """`at` itself where it is open, else when it opens next; `FAR` if never."""
        at = _utc(at)
        if self.is_open(at):
            return at
        table = self._covering(at, at)
        while (index := bisect_right(table.starts, at)) >= len(table.starts):
            if table.until >= END:
                return FAR
            table = self._widen(table.since, table.until + (table.until - table.since))
        return table.starts[index]

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """What is open from `start` to `end`, cut at both."""
        start, end = _utc(start), _utc(end)
        if end <= start:
            return []
        table = self._covering(start, end)
        low, high = bisect_right(table.ends, start), bisect_left(table.starts, end)
        return [(max(table.starts[i], start), min(table.ends[i], end)) for i in range(low, high)]

    # --- below ---

    def _covering(self, start: datetime, end: datetime) -> Table:
        """A table in which both lie, as far as anything can be open there."""
        start, end = max(start, BEGINNING), min(end, END)
        table = self._table
        if table is None:
            return self._widen(min(start, END) - YEAR, max(end, BEGINNING) + 2 * YEAR)
        reaches_back = table.since <= start
        reaches_on = end < table.until or table.until >= END
        if reaches_back and reaches_on:
            return table
        return self._widen(
            table.since if reaches_back else min(start, END) - YEAR,
            table.until if reaches_on else max(end, BEGINNING) + YEAR,
        )

    def _widen(self, since: datetime, until: datetime) -> Table:
        first = min(max(since, BEGINNING), END).date()
        last = max(min(until, END), BEGINNING).date()
        if self._table is not None:
            first, last = min(first, self._table.since.date()), max(last, self._table.until.date())
        intervals = self._expand(first, last)
        self._table = table = Table(
            since=datetime(first.year, first.month, first.day, tzinfo=UTC),
            until=datetime(last.year, last.month, last.day, tzinfo=UTC),
            starts=[start for start, _end in intervals],
            ends=[end for _start, end in intervals],
        )
        return table


class AlwaysOpen(WorkingTime):
    """Around the clock: elapsed time."""

    def __init__(self) -> None:
        super().__init__(lambda _first, _last: [])

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        return max(_utc(end) - _utc(start), NOTHING)

    def add_working_time(self, at: datetime, span: timedelta) -> datetime:
        return _utc(at) + max(span, NOTHING)

    def subtract_working_time(self, at: datetime, span: timedelta) -> datetime:
        return _utc(at) - max(span, NOTHING)

    def is_open(self, at: datetime) -> bool:
        return True

    def next_opening(self, at: datetime) -> datetime:
        return _utc(at)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        return [(_utc(start), _utc(end))] if end > start else []


def _utc(at: datetime) -> datetime:
    """In UTC, because two times of one zone are compared and subtracted as the wall shows them."""
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return at.astimezone(UTC)
