"""What tickets cost: the minutes that were logged on them, else business time in the hands of a tier, by its rate.

A ticket costs by the rates of the day on which it was resolved. A tier without a rate costs nothing.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from insights.cuts import Period
from insights.measures import LEVELS
from insights.models import FigureSettings, TierRate
from insights.queries.counted import RESOLVED
from insights.queries.tallies import Place, Split, group_of, joined, point_of
from insights.queries.values import Costs, TierCost

LONG_AGO = date(1900, 1, 1)


@dataclass(frozen=True)
class Rates:
    """Cents an hour by level, in eras: on each of `days` some rate begins, the first is long ago."""

    days: list[date]
    cents: list[dict[int, int]]

    @property
    def is_empty(self) -> bool:
        return not any(self.cents)

    def eras(self, period: Period) -> Iterator[tuple[int, Period]]:
        """The parts of a period in which the rates stay as they are, with the number of each."""
        for era, (begin, end) in enumerate(pairwise([*self.days, date.max])):
            first, last = max(begin, period.first), min(end - timedelta(days=1), period.last)
            if first <= last:
                yield era, Period(first, last)


@dataclass(frozen=True)
class Spent:
    """Seconds of work by the era of rates and the level; how many tickets have logged minutes."""

    seconds: Counter[tuple[int, int]]
    logged: int = 0

    def cents(self, rates: Rates) -> Counter[int]:
        """By level."""
        found: Counter[int] = Counter()
        for (era, level), seconds in self.seconds.items():
            found[level] += round(seconds * rates.cents[era].get(level, 0) / 3600)
        return found


def rates() -> Rates:
    """All that were ever set, in one query."""
    days: list[date] = [LONG_AGO]
    cents: list[dict[int, int]] = [{}]
    for row in TierRate.objects.order_by("first_day", "id"):
        if row.first_day > days[-1]:
            days.append(row.first_day)
            cents.append(dict(cents[-1]))
        cents[-1][row.level] = row.cents
    return Rates(days, cents)


def spent(split: Split, known: Rates) -> dict[Place, Spent]:
    """What was worked on the resolved tickets, at each place; one query."""
    columns = [f"minutes_l{level}" for level in LEVELS]
    rows = split.rows(RESOLVED).values("ticket_id", "resolved_on", "minutes_worked", *columns, *split.names)
    number = "width_bucket(f.resolved_on, %(days)s::date[]) AS era"
    places = f"{point_of(split)} AS point, {group_of(split)} AS grp, {number}"
    minutes = ", ".join(f"({level}, f.minutes_l{level})" for level in LEVELS)
    found: dict[Place, Counter[tuple[int, int]]] = {}
    logged: Counter[Place] = Counter()
    for point, key, era, level, seconds, tickets in joined(
        rows,
        f"""
        SELECT point, grp, era - 1, level, sum(seconds)::bigint, sum(logged)::bigint
        FROM (
            SELECT {places}, w.level, w.minutes * 60 AS seconds, 0 AS logged
            FROM facts f CROSS JOIN LATERAL (VALUES {minutes}) AS w (level, minutes)
            WHERE w.minutes > 0
            UNION ALL
            SELECT {places}, h.level, h.business_seconds, 0
            FROM facts f JOIN insights_handfact h ON h.ticket_id = f.ticket_id AND h.who = 'tier'
            WHERE f.minutes_worked = 0
            UNION ALL
            SELECT {places}, 0, 0, 1 FROM facts f WHERE f.minutes_worked > 0
        ) work
        GROUP BY 1, 2, 3, 4
        """,
        days=known.days,
    ):
        place = split.place(point, key)
        found.setdefault(place, Counter())[era, level] += seconds
        logged[place] += tickets
    return {place: Spent(seconds, logged[place]) for place, seconds in found.items()}


def told(spent: Spent, known: Rates, *, tickets: int) -> Costs:
    cents = spent.cents(known)
    seconds: Counter[int] = Counter()
    for (_era, level), more in spent.seconds.items():
        seconds[level] += more
    tiers = [TierCost(level, seconds[level], cents[level]) for level in sorted(seconds) if seconds[level]]
    return Costs(tiers, tickets, spent.logged, FigureSettings.load().currency)
