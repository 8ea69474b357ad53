"""Working time as sorted UTC intervals with cumulative spans: to add, subtract and measure are two bisects each.

Spans are exact (microseconds). Times are aware and compared as UTC.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from tickets.models import FAR

NOTHING = timedelta(0)
Interval = tuple[datetime, datetime]


class WorkingTime:
    """The open hours of a calendar version, within the years that it was expanded for."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        """`intervals` are UTC, sorted, none empty, none overlapping or touching."""
        self.starts = [start for start, _end in intervals]
        self.ends = [end for _start, end in intervals]
        self.before = [NOTHING, *accumulate(end - start for start, end in intervals)]
        """`before[i]` is the working time before `starts[i]`; the last one is all of it."""

    def worked_until(self, at: datetime) -> timedelta:
        """Working time from the beginning of the expansion to `at`."""
        index = bisect_right(self.starts, at)
        if not index:
            return NOTHING
        return self.before[index - 1] + (min(at, self.ends[index - 1]) - self.starts[index - 1])

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; nothing where `end` is not later."""
        return self.worked_until(end) - self.worked_until(start) if end > start else NOTHING

    def add_working_time(self, at: datetime, span: timedelta) -> datetime:
        """The first moment by which `span` has been worked since `at`; `at` itself for nothing, `FAR` if never."""
        if span <= NOTHING:
            return at
        return self._reached(self.worked_until(at) + span)

    def subtract_working_time(self, at: datetime, span: timedelta) -> datetime:
        """The last moment from which `span` is worked until `at`."""
        if span <= NOTHING:
            return at
        wanted = self.worked_until(at) - span
        index = bisect_right(self.before, wanted) - 1
        if wanted < NOTHING or index >= len(self.starts):
            return datetime.min.replace(tzinfo=UTC)
        return self.starts[index] + (wanted - self.before[index])

    def _reached(self, worked: timedelta) -> datetime:
        index = bisect_left(self.before, worked) - 1
        if index >= len(self.starts):
            return FAR
        return self.starts[index] + (worked - self.before[index])


class AlwaysOpen(WorkingTime):
    """Around the clock: elapsed time."""

    def __init__(self) -> None:
        super().__init__([])

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        return max(end - start, NOTHING)

    def add_working_time(self, at: datetime, span: timedelta) -> datetime:
        return at + span if span > NOTHING else at

    def subtract_working_time(self, at: datetime, span: timedelta) -> datetime:
        return at - span if span > NOTHING else at
