"""What figures are worked out from: counts, and medians beside them, by day and group, added up from facts.

This is how a cut is counted that two things narrow. The others come from cells (`insights.queries.whole`), in the same
form, so that whatever is told of them is told by the same code.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from math import ceil
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Aggregate, Count, F, Q, QuerySet, Sum
from django.db.models.functions import Mod, Trunc

from insights.cuts import NONE, Cut, Dimension, Step
from insights.models import TicketFact
from insights.queries.counted import ENDED, OPENED, PARTS, RESOLVED, SPANS, within
from insights.queries.counting import JUDGED_BY
from sla.spec import TIER_METRICS
from tickets.models import Category

Key = int | str
Place = tuple[date | None, Key | None]
"""Of a trend the first day of the point, of groups the key; None where nothing is split."""

EXACT = 20_000
"""Of groups and of the whole desk: up to so many resolved tickets medians are read from the facts themselves."""
SAMPLE = 25_000
"""Medians of more are those of so many of them: by chance 1 % off, more where there are few at a point."""

COLUMNS = {
    Dimension.KIND: "kind",
    Dimension.PRIORITY: "priority",
    Dimension.TIER: "level",
    Dimension.TEAM: "team_id",
    Dimension.ORGANISATION: "organisation_id",
    Dimension.CHANNEL: "channel",
    Dimension.POLICY: "policy_id",
}


@dataclass
class Tally:
    """Additive counts by name, and the quantiles of each span, which are not additive.

    `n_<part>` and `of_<part>` are those of `counted.PARTS`; `kept_`, `broken_`, `excepted_<metric>` count tickets.
    """

    counts: Counter[str] = field(default_factory=Counter)
    quantiles: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """By span median and 90th percentile."""


Tallies = dict[Place, Tally]


@dataclass(frozen=True)
class Split:
    """Into what a cut is taken apart: points of time, groups, both or neither."""

    cut: Cut
    step: Step | None = None
    dimension: Dimension | None = None
    medians: bool = True
    """Whether they are asked for: they are most of the work."""

    def rows(self, day: str, cut: Cut | None = None) -> "QuerySet[TicketFact]":
        """The facts of the cut with `point` and `grp` beside each."""
        rows = self.taken(within(cut or self.cut, day))
        if self.step is None:
            return rows
        return rows.annotate(point=Trunc(day, str(self.step), output_field=models.DateField()))

    def taken(self, rows: "QuerySet[TicketFact]") -> "QuerySet[TicketFact]":
        """With `grp` alone."""
        return rows if self.dimension is None else rows.annotate(grp=F(self.column))

    @property
    def names(self) -> list[str]:
        return [name for name, on in (("point", self.step), ("grp", self.dimension)) if on is not None]

    @cached_property
    def column(self) -> str:
        if self.dimension == Dimension.CATEGORY:
            return f"category__ancestry__{self.depth}"
        return COLUMNS[self.dimension] if self.dimension is not None else ""

    @cached_property
    def depth(self) -> int:
        """Categories are grouped one level below the one that the cut has."""
        if self.cut.category <= 0:
            return 0
        ancestry = Category.objects.filter(pk=self.cut.category).values_list("ancestry", flat=True).first()
        return len(ancestry or [])

    def place(self, point: date | None, key: Key | None) -> Place:
        if self.step is None:
            point = None
        elif point is not None:
            # A week or month that began before the period is told from the period's first day on.
            point = max(point, self.cut.period.first)
        if self.dimension is None:
            key = None
        elif key is None:
            key = (
                self.cut.category if self.dimension == Dimension.CATEGORY and self.cut.category > 0 else NONE
            )
        return point, key


def tallies(split: Split) -> Tallies:
    """All parts, promises and quantiles of a cut, by point and group. Five queries, six by category.

    There are no medians of the groups of more than `EXACT` tickets: they cost more than a page may take.
    """
    found = additive(split)
    resolved = resolved_in(found)
    if split.medians and (resolved <= EXACT or split.dimension is None):
        add_quantiles(found, split, resolved)
    return dict(found)


def additive(split: Split) -> Tallies:
    """What can be added up, without the quantiles."""
    found: Tallies = defaultdict(Tally)
    for day in (OPENED, RESOLVED, ENDED):
        _add_parts(found, split, day)
    for place, counts in promise_counts(split):
        found[place].counts.update(counts)
    return found


def resolved_in(found: Tallies) -> int:
    return sum(tally.counts["n_resolved"] for tally in found.values())


def add_quantiles(found: Tallies, split: Split, resolved: int) -> None:
    """Read from the facts themselves; of more than `SAMPLE` from every second, third ... of them. One query."""
    if not resolved:
        return
    rows = one_of(split.rows(RESOLVED), ceil(resolved / SAMPLE))
    for place, row in grouped(split, rows, {f"q_{span}": Quantiles(span) for span in SPANS}):
        found[place].quantiles = {span: tuple(row[f"q_{span}"]) for span in SPANS if row[f"q_{span}"]}


def one_of(rows: "QuerySet[TicketFact]", n: int) -> "QuerySet[TicketFact]":
    """Every n-th ticket, always the same ones."""
    return rows if n <= 1 else rows.alias(nth=Mod("ticket_id", n)).filter(nth=0)


def _add_parts(found: Tallies, split: Split, day: str) -> None:
    aggregates: dict[str, Any] = {}
    for key, part in PARTS.items():
        if part.day == day:
            aggregates[f"n_{key}"] = _count(part.of & part.n)
            if part.of:
                aggregates[f"of_{key}"] = _count(part.of)
    if day == RESOLVED:
        aggregates |= {"rating_sum": Sum("rating"), "minutes": Sum("minutes_worked")}
    for place, row in grouped(split, split.rows(day), aggregates):
        found[place].counts.update({name: value or 0 for name, value in row.items()})


def grouped(
    split: Split, rows: "QuerySet[Any]", aggregates: Mapping[str, Any]
) -> Iterator[tuple[Place, dict[str, Any]]]:
    """What the aggregates amount to at each place, in one query."""
    names = split.names
    if not names:
        yield (None, None), dict(rows.aggregate(**aggregates))
        return
    for row in rows.values(*names).annotate(**aggregates):
        values = dict(row)
        yield split.place(values.pop("point", None), values.pop("grp", None)), values


def _count(condition: Q) -> Count:
    return Count("pk", filter=condition) if condition else Count("*")


class Quantiles(Aggregate):
    """Median and 90th percentile, both values that occur; those without a value do not count."""

    function = "percentile_disc"
    template = "%(function)s(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(models.BigIntegerField())


def promise_counts(split: Split, *, of_tiers: bool = False) -> Iterator[tuple[Place, Counter[str]]]:
    """Resolved tickets by what became of each promise: one that made it several times counts once, by the worst.

    What a tier promises counts for that tier, wherever the ticket was resolved. What is not decided is in none.

    Args:
        of_tiers: only of what tiers promise.
    """
    # Level, priority and policy are asked of the promise: who made it, and by what it was judged.
    cut = split.cut
    rows = split.rows(RESOLVED, cut.within(level=None, priority=0, policy=0)).values(
        "ticket_id", *dict.fromkeys(["level", *split.names])
    )
    whose = "CASE WHEN p.metric = ANY(%(tiers)s) THEN p.scope ELSE f.level END"
    groups = {Dimension.TIER: whose, Dimension.PRIORITY: "NULL", Dimension.POLICY: "NULL"}
    inner = groups.get(split.dimension, group_of(split)) if split.dimension else "NULL"
    outer = {Dimension.PRIORITY: "priority", Dimension.POLICY: "policy"}
    asked = [
        *(["priority = %(priority)s"] if cut.priority else []),
        *(["policy IS NULL" if cut.policy == NONE else "policy = %(policy)s"] if cut.policy else []),
    ]
    found = joined(
        rows,
        f"""
        SELECT point, {outer.get(split.dimension, "grp") if split.dimension else "grp"}, metric,
            count(*) FILTER (WHERE is_met),
            count(*) FILTER (WHERE is_broken),
            count(*) FILTER (WHERE is_broken AND is_excepted)
        FROM (
            SELECT {point_of(split)} AS point, {inner} AS grp, p.ticket_id, p.metric,
                bool_and(p.verdict = 'met') AS is_met,
                bool_or(p.verdict = 'breached') AS is_broken,
                bool_and(p.verdict <> 'breached' OR p.is_excepted) AS is_excepted,
                {JUDGED_BY}
            FROM facts f JOIN insights_promisefact p ON p.ticket_id = f.ticket_id
            WHERE {"true" if cut.level is None else f"{whose} = %(level)s"}
                AND {"p.metric = ANY(%(tiers)s)" if of_tiers else "true"}
            GROUP BY 1, 2, 3, 4
        ) judged
        WHERE {" AND ".join(asked) or "true"}
        GROUP BY 1, 2, 3
        """,
        tiers=[str(metric) for metric in TIER_METRICS],
        level=cut.level,
        priority=cut.priority,
        policy=cut.policy,
    )
    for point, key, metric, kept, broken, excepted in found:
        counts = Counter({f"kept_{metric}": kept, f"broken_{metric}": broken, f"excepted_{metric}": excepted})
        yield split.place(point, key), counts


def point_of(split: Split) -> str:
    return "f.point::date" if split.step is not None else "NULL::date"


def group_of(split: Split) -> str:
    return "f.grp" if split.dimension is not None else "NULL"


def joined(rows: "QuerySet[Any, Any]", statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """A statement that reads `facts`, the rows of a query, beside tables that the ORM would reach by way of tickets."""
    try:
        sql, parameters = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    names = [f"f{number}" for number in range(len(parameters))]
    facts = sql % tuple(f"%({name})s" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH facts AS NOT MATERIALIZED ({facts}) {statement}",
            values | dict(zip(names, parameters, strict=True)),
        )
        return list(cursor.fetchall())
