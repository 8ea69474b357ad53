"""How long tickets took, out of distributions: medians of more tickets than a page can sort."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from functools import reduce
from math import ceil
from operator import or_

from django.db.models import Q

from insights.cuts import Cut, Dimension, Period, Step
from insights.models import BUCKETS, Cube, DeskCell, Told
from insights.queries import tallies as tallies_
from insights.queries.cells import covers, parts
from insights.queries.counted import RESOLVED, SPANS
from insights.queries.summing import cover, cube_of_desk, narrowed_cells, places
from insights.queries.tallies import Key, Place, Split

OF_EDGE = 10_000
"""Of the days at an edge of a period so many tickets stand for all where medians are read."""


_CUBES = {
    Dimension.TIER: Cube.TEAM,
    Dimension.TEAM: Cube.TEAM,
    Dimension.ORGANISATION: Cube.ORGANISATION,
    Dimension.CHANNEL: Cube.CHANNEL,
}


def knows(split: Split) -> bool:
    """Whether distributions answer: of the desk by kind and priority, of teams and tiers, organisations and channels by
    kind, by month. Days are told of the desk by kind."""
    cube, of_priority = _cube_of(split), _is_of_priority(split)
    if cube is None or (cube and of_priority):
        return False
    return not (cube or of_priority) or split.step in (None, Step.MONTH)


def _cube_of(split: Split) -> str | None:
    """Of whom: "" is the whole desk; None where distributions do not know it."""
    if split.dimension not in (None, Dimension.KIND, Dimension.PRIORITY, *_CUBES):
        return None
    asked, of_groups = (
        cube_of_desk(split.cut),
        str(_CUBES.get(split.dimension, "")) if split.dimension else "",
    )
    if asked is None or (asked and of_groups and asked != of_groups):
        return None
    return asked or of_groups


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


def spread(
    split: Split, spans: tuple[str, ...], *, sample: bool = False
) -> dict[Place, dict[str, Counter[int]]]:
    """By place and span how many lie in each bucket: as they are kept, and the days at the edges, where those are not
    kept, from facts.

    Args:
        sample: some of the tickets at the edges may stand for all of them.
    """
    found: dict[Place, dict[str, Counter[int]]] = defaultdict(lambda: {span: Counter() for span in spans})
    cube, of_priority = _cube_of(split) or "", _is_of_priority(split)
    months, edges = parts(split.cut.period)
    for place, span, bucket, n in _kept(split, cube, months, spans, with_days=not (cube or of_priority)):
        found[place][span][bucket] += n
    for edge in edges if cube or of_priority else ():
        for place, span, bucket, n in _of_facts(split, edge, spans, sample=sample):
            found[place][span][bucket] += n
    return found


Parts = Iterator[tuple[Place, str, int, int]]


def _kept(
    split: Split, cube: str, months: Period | None, spans: tuple[str, ...], *, with_days: bool
) -> Parts:
    """One query, one stretch of the index after the other: asked by "or", each row is looked up in the table."""
    stretches = _stretches(split, months, with_days=with_days)
    if not stretches:
        return
    asked = narrowed_cells(split.cut, cube)
    if len(spans) < len(SPANS):
        asked &= reduce(or_, (Q(name__startswith=f"{span}_") for span in spans))
    took = DeskCell.objects.filter(asked, told=Told.TOOK, cube=cube).annotate(**places(split)).order_by()
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
            yield _place(split, point, key), span, int(bucket), n


def _place(split: Split, point: date | None, key: Key | None) -> Place:
    """Cells say 0 of those that have no organisation."""
    return split.place(point, None if key == 0 and split.dimension == Dimension.ORGANISATION else key)


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
