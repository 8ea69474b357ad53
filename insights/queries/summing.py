"""Rows of cells, summed up as a figure asks for them: narrowed by a cut, by points along time and by groups."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Trunc

from insights.cuts import NONE, Cut, Dimension, Period, Step
from insights.models import Cell, Cube, DeskCell, Grain, Told
from insights.queries.cells import covering, parts
from insights.queries.tallies import Key, Place, Split
from tickets.models import Category


def cells(
    split: Split, cube: Cube, period: Period, columns: Iterable[str]
) -> Iterator[tuple[Place, dict[str, int]]]:
    rows = Cell.objects.filter(narrowed_cells(split.cut, cube), cover(split, period), cube=cube).order_by()
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


def narrowed_cells(cut: Cut, cube: str) -> Q:
    found = of_kind(cut) & (Q() if cut.scope.is_everything else Q(is_restricted=False))
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


# --- what is told of the desk, of teams, organisations and channels ---


def cube_of_desk(cut: Cut) -> str | None:
    """Of whom `DeskCell` tells what the cut asks for: "" is the whole desk, None nobody."""
    asked = {
        *([Cube.TEAM] if cut.team or cut.level is not None or cut.scope.teams is not None else []),
        *([Cube.ORGANISATION] if cut.organisation or cut.scope.organisation else []),
        *([Cube.CHANNEL] if cut.channel else []),
    }
    if len(asked) > 1 or cut.category or cut.policy:
        return None
    return str(asked.pop()) if asked else ""


def edges_of(cut: Cut) -> list[Cut]:
    """The cuts of the days that `desk` leaves out, for they are kept of the whole desk alone: facts tell them."""
    if not cube_of_desk(cut):
        return []
    return [cut.within(period=edge) for edge in parts(cut.period)[1]]


def desk(cut: Cut, told: Told, cube: str | None = None) -> "QuerySet[DeskCell]":
    """What cells tell of a cut of which `cube_of_desk` is not None: but for the whole desk without `edges_of`.

    Args:
        cube: another one of which they tell it too, for groups.
    """
    cube = cube_of_desk(cut) if cube is None else cube
    if cube is None:
        return DeskCell.objects.none()
    covered = whole_months(cut.period) if cube else covering(cut.period)
    return DeskCell.objects.filter(narrowed_cells(cut, cube), covered, told=told, cube=cube).order_by()


def whole_months(period: Period) -> Q:
    months, _edges = parts(period)
    if months is None:
        return Q(pk__in=[])
    return Q(grain=Grain.MONTH, day__range=(months.first, months.last))


def told_of(
    split: Split, told: Told, whole: Period | None = None, cube: str | None = None
) -> Iterator[tuple[Place, dict[str, Any]]]:
    """By place and name; of the whole desk by any step, of the rest without its edges and by month at the least.

    Args:
        whole: the period whose points are told, where the split's is only a part of it.
        cube: as for `desk`.
    """
    cut = split.cut
    rows = desk(cut, told, cube)
    if split.step in (Step.DAY, Step.WEEK):
        rows = DeskCell.objects.filter(of_kind(cut), cover(split, cut.period), told=told, cube="").order_by()
    # Points are those of the whole period, which an era of rates may begin in the middle of.
    place = split if whole is None else Split(cut.within(period=whole), split.step, split.dimension)
    for row in (
        rows.annotate(**places(split))
        .values(*split.names, "name")
        .annotate(rows_=Sum("rows"), seconds_=Sum("seconds"))
    ):
        yield place.place(row.get("point"), row.get("grp")), row
