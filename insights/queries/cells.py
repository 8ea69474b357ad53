"""Reading cells: which rows a period needs, and quantiles out of distributions."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta
from math import sqrt

from django.db.models import Q

from insights.cuts import Period
from insights.models import BUCKETS, Grain

DAY = timedelta(days=1)


def covering(period: Period) -> Q:
    """The cells (Cell, DeskCell) that cover a period once: its whole months as months, what is left by days."""
    found = Q(pk__in=[])
    for part in covers(period):
        found |= part
    return found


def covers(period: Period) -> list[Q]:
    """The same part by part: one stretch of an index each."""
    months, edges = parts(period)
    found = [Q(grain=Grain.DAY, day__gte=edge.first, day__lte=edge.last) for edge in edges]
    if months is not None:
        found.append(Q(grain=Grain.MONTH, day__gte=months.first, day__lte=months.last))
    return found


def parts(period: Period) -> tuple[Period | None, list[Period]]:
    """The whole months that a period holds, and the days before and behind them."""
    begin, end = _month_from(period.first), _month_before(period.last + DAY)
    if begin >= end:
        return None, [period]
    whole = Period(begin, end - DAY)
    edges = [Period(period.first, begin - DAY), Period(end, period.last)]
    return whole, [edge for edge in edges if edge.first <= edge.last]


def _month_from(day: date) -> date:
    """The first month that begins on this day or later."""
    first = day.replace(day=1)
    return first if first == day else date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _month_before(day: date) -> date:
    """The beginning of the month in which this day lies."""
    return day.replace(day=1)


def bucket_of(seconds: int) -> int:
    """In which bucket of a distribution so long a time lies, as `insights.queries.counting` counts it in SQL."""
    return bisect_right(BUCKETS, seconds)


def seconds_of(bucket: int) -> float:
    """What stands for a bucket: the middle of it, by ratio. Less than 5 % off for each of its values."""
    if bucket == 0:
        return 0.0
    low = BUCKETS[bucket - 1]
    high = BUCKETS[bucket] - 1 if bucket < len(BUCKETS) else low
    return sqrt(low * high)


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """The smallest time within which at least this share of the tickets lies; None where there are none.

    As percentile_disc over all of them would say, but for what `seconds_of` is off.

    Args:
        buckets: how many lie in each.
        share: between 0 and 1, such as 0.9.
    """
    total, passed = sum(buckets.values()), 0
    for bucket in sorted(buckets):
        passed += buckets[bucket]
        if buckets[bucket] and passed >= share * total:
            return seconds_of(bucket)
    return None
