"""Rows of cells, summed up as a figure asks for them: narrowed by a cut, by points along time and by groups."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Trunc

from insights.cuts import NONE, Cut, Dimension, Period, Step
from insights.models import Cell, Cube, DeskCell, Grain, Told
from insights.queries.cells import covering
from insights.queries.tallies import Key, Place, Split
from tickets.models import Category


def cells(
    split: Split, cube: Cube, period: Period, columns: Iterable[str]
) -> Iterator[tuple[Place, dict[str, int]]]:
    rows = Cell.objects.filter(_narrowed(split.cut, cube), cover(split, period), cube=cube).order_by()
    sums: dict[str, Any] = {f"s_{column}": Sum(column) for column in columns}
    if split.names:
        told: QuerySet[Any, Any] = rows.annotate(**places(split)).values(*split.names).annotate(**sums)
        found = _merged(split, told, list(sums))
    else:
        found = iter([((None, None), {name: total or 0 for name, total in rows.aggregate(**sums).items()})])
    for place, row in found:
        yield place, {name.removeprefix("s_"): value for name, value in row.items()}


def _merged(
    split: Split, rows: Iterable[dict[str, Any]], names: list[str]
) -> Iterator[tuple[Place, dict[str, int]]]:
    """Categories are split by a level of the tree, which cells do not know: their rows are added up here."""
    tree = _tree(split)
    found: dict[Place, Counter[str]] = defaultdict(Counter)
    for row in rows:
        key = row.get("grp")
        if split.dimension == Dimension.CATEGORY:
            key = tree.get(row["grp"])
        elif key == 0 and split.dimension in (Dimension.ORGANISATION, Dimension.POLICY):
            key = None
        found[split.place(row.get("point"), key)].update({name: row[name] or 0 for name in names})
    return ((place, dict(counts)) for place, counts in found.items())


def _tree(split: Split) -> dict[Key, Key]:
    """By category the one that it is told under."""
    if split.dimension != Dimension.CATEGORY:
        return {}
    depth = split.depth
    rows = Category.objects.values_list("pk", "ancestry")
    return {key: ancestry[depth] for key, ancestry in rows if len(ancestry) > depth}


def places(split: Split) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if split.step is not None:
        found["point"] = Trunc("day", str(split.step), output_field=models.DateField())
    if split.dimension is not None:
        own = {Dimension.KIND: "kind", Dimension.PRIORITY: "priority", Dimension.TIER: "level"}
        found["grp"] = F(
            "channel" if split.dimension == Dimension.CHANNEL else own.get(split.dimension, "key")
        )
    return found


def cover(split: Split, period: Period) -> Q:
    """Days where points are shorter than months, else as few rows as there can be."""
    if split.step in (Step.DAY, Step.WEEK):
        return Q(grain=Grain.DAY, day__range=(period.first, period.last))
    return covering(period)


def _narrowed(cut: Cut, cube: Cube) -> Q:
    found = of_kind(cut)
    match cube:
        case Cube.TEAM:
            found &= Q(key=cut.team) if cut.team else Q()
            found &= Q(key__in=sorted(cut.scope.teams)) if cut.scope.teams is not None else Q()
            found &= Q(level=cut.level) if cut.level is not None else Q()
        case Cube.ORGANISATION | Cube.POLICY:
            key = cut.organisation if cube == Cube.ORGANISATION else cut.policy
            found &= Q(key=0 if key == NONE else key) if key else Q()
            found &= Q(key=cut.scope.organisation) if cut.scope.organisation else Q()
        case Cube.CHANNEL:
            found &= Q(channel=cut.channel) if cut.channel else Q()
        case Cube.CATEGORY if cut.category == NONE:
            found &= Q(key=0)
        case Cube.CATEGORY if cut.category:
            below = Category.objects.under([cut.category]).values("pk")
            found &= Q(key=cut.category) if cut.category_alone else Q(key__in=below)
    return found


def of_kind(cut: Cut) -> Q:
    found = Q(kind=cut.kind) if cut.kind else Q()
    return found & Q(priority=cut.priority) if cut.priority else found


def desk(cut: Cut, told: Told) -> "QuerySet[DeskCell]":
    return DeskCell.objects.filter(of_kind(cut), covering(cut.period), told=told).order_by()


def told_of(split: Split, told: Told, whole: Period) -> Iterator[tuple[Place, dict[str, Any]]]:
    rows = DeskCell.objects.filter(of_kind(split.cut), cover(split, split.cut.period), told=told).order_by()
    for row in (
        rows.annotate(**places(split))
        .values(*split.names, "name")
        .annotate(rows_=Sum("rows"), seconds_=Sum("seconds"))
    ):
        # Points are those of the whole period, which an era of rates may begin in the middle of.
        place = Split(split.cut.within(period=whole), split.step, split.dimension)
        yield place.place(row.get("point"), row.get("grp")), row
