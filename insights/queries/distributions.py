"""How long tickets took, out of distributions: medians of more tickets than a page can sort."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import reduce
from math import ceil
from operator import or_
from typing import Any

from django.db.models import F, Q, Sum

from insights.cuts import Cut, Dimension, Period, Step
from insights.models import BUCKETS, DeskCell, Spread, Told
from insights.queries import tallies as tallies_
from insights.queries.cells import covers, parts
from insights.queries.counted import RESOLVED, SPANS
from insights.queries.summing import cover, of_kind, places
from insights.queries.tallies import Place, Split

OF_EDGE = 10_000
"""Of the days at an edge of a period so many tickets stand for all where medians are read."""


def knows(split: Split) -> bool:
    """Whether distributions answer: of the desk by kind and priority, or of teams and tiers by kind, by month.

    Days are told of the desk by kind.
    """
    cut = split.cut
    if cut != Cut(cut.period, kind=cut.kind, priority=cut.priority, level=cut.level, team=cut.team):
        return False
    if split.dimension not in (None, *_COLUMNS):
        return False
    of_team, of_priority = _is_of_team(split), _is_of_priority(split)
    return not (of_team or of_priority) or (
        split.step in (None, Step.MONTH) and not (of_team and of_priority)
    )


def _is_of_team(split: Split) -> bool:
    cut = split.cut
    return cut.level is not None or bool(cut.team) or split.dimension in (Dimension.TIER, Dimension.TEAM)


def _is_of_priority(split: Split) -> bool:
    return bool(split.cut.priority) or split.dimension == Dimension.PRIORITY


def buckets(cut: Cut, span: str, edges: tuple[int, ...]) -> list[int]:
    """How many resolved tickets took from each edge to below the next; edges are among the beginnings of buckets."""
    starts = [0, *(BUCKETS.index(edge) + 1 for edge in edges[1:])]
    counts = [0] * len(edges)
    for spans in spread(Split(cut), (span,)).values():
        for bucket, n in spans[span].items():
            counts[sum(bucket >= start for start in starts[1:])] += n
    return counts


_COLUMNS = {
    Dimension.KIND: "kind",
    Dimension.PRIORITY: "priority",
    Dimension.TIER: "level",
    Dimension.TEAM: "team",
}


def spread(
    split: Split, spans: tuple[str, ...], *, sample: bool = False
) -> dict[Place, dict[str, Counter[int]]]:
    """By place and span how many lie in each bucket: as they are kept, and the days at the edges, where those are not
    kept, from facts.

    Args:
        sample: some of the tickets at the edges may stand for all of them.
    """
    found: dict[Place, dict[str, Counter[int]]] = defaultdict(lambda: {span: Counter() for span in spans})
    of_team, of_priority = _is_of_team(split), _is_of_priority(split)
    months, edges = parts(split.cut.period)
    if of_team:
        kept = _of_teams(split, months, spans) if months is not None else ()
    else:
        kept = _of_desk(split, months, spans, with_days=not of_priority)
    for place, span, bucket, n in kept:
        found[place][span][bucket] += n
    for edge in edges if of_team or of_priority else ():
        for place, span, bucket, n in _of_facts(split, edge, spans, sample=sample):
            found[place][span][bucket] += n
    return found


Parts = Iterator[tuple[Place, str, int, int]]


def _of_teams(split: Split, months: Period, spans: tuple[str, ...]) -> Parts:
    cut = split.cut
    rows = Spread.objects.filter(
        measure__in=spans, month__gte=months.first, month__lte=months.last
    ).order_by()
    asked = {"kind": cut.kind, "team": cut.team}
    rows = rows.filter(**{name: value for name, value in asked.items() if value})
    if cut.level is not None:
        rows = rows.filter(level=cut.level)
    by: dict[str, Any] = {}
    if split.step is not None:
        by["point"] = F("month")
    if split.dimension is not None:
        by["grp"] = F(_COLUMNS[split.dimension])
    taken = rows.annotate(**by).values(*split.names, "measure", "bucket").annotate(n=Sum("rows"))
    for row in taken:
        yield split.place(row.get("point"), row.get("grp")), row["measure"], row["bucket"], row["n"]


def _of_desk(split: Split, months: Period | None, spans: tuple[str, ...], *, with_days: bool) -> Parts:
    """One query, one stretch of the index after the other: asked by "or", each row is looked up in the table."""
    stretches = _stretches(split, months, with_days=with_days)
    if not stretches:
        return
    asked = of_kind(split.cut)
    if len(spans) < len(SPANS):
        asked &= reduce(or_, (Q(name__startswith=f"{span}_") for span in spans))
    took = DeskCell.objects.filter(asked, told=Told.TOOK).annotate(**places(split)).order_by()
    first, *others = (took.filter(part).values(*split.names, "name", "rows") for part in stretches)
    # Thousands of rows: as they come from the database, the ORM's work on each is left out.
    taken = tallies_.joined(
        first.union(*others, all=True) if others else first,
        f"""
        SELECT {tallies_.point_of(split)}, {tallies_.group_of(split)}, f.name, sum(f.rows)
        FROM facts f GROUP BY 1, 2, 3
        """,
    )
    for point, key, name, n in taken:
        span, _line, bucket = name.rpartition("_")
        if span in spans:
            yield split.place(point, key), span, int(bucket), n


def _stretches(split: Split, months: Period | None, *, with_days: bool) -> list[Q]:
    if split.step in (Step.DAY, Step.WEEK):
        return [cover(split, split.cut.period)]
    if with_days:
        return covers(split.cut.period)
    return covers(months) if months is not None else []


def _of_facts(split: Split, edge: Period, spans: tuple[str, ...], *, sample: bool) -> Parts:
    """One query, with a count before it where a sample may do."""
    rows = split.rows(RESOLVED, split.cut.within(period=edge))
    nth = ceil(rows.count() / OF_EDGE) if sample else 1
    measures = ", ".join(f"('{span}', f.{span})" for span in spans)
    found = tallies_.joined(
        tallies_.one_of(rows, nth).values("ticket_id", *spans, *split.names),
        f"""
        SELECT {tallies_.point_of(split)}, {tallies_.group_of(split)}, took.span,
            width_bucket(took.seconds, %(buckets)s::bigint[]), count(*)
        FROM facts f CROSS JOIN LATERAL (VALUES {measures}) AS took (span, seconds)
        WHERE took.seconds IS NOT NULL
        GROUP BY 1, 2, 3, 4
        """,
        buckets=list(BUCKETS),
    )
    for point, key, span, bucket, n in found:
        yield split.place(point, key), span, bucket, n * max(nth, 1)
