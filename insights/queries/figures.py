"""Figures over time: of a cut, along it, and by its groups. Each opens the list of what it counts: `drill`.

Everything counts within the reader's scope, which stands in the cut. Incidents and service requests are in one sum only
where the cut has no kind: whoever shows that says so, or shows `by(cut, Dimension.KIND)`.

What at most one thing narrows comes from cells (`whole`), the rest from facts (`tallies`, `shapes`); what is told of
both is told by the code of this module alone.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from insights.cuts import NONE, Cut, Dimension, Period, Scope, Step
from insights.measures import PROMISES
from insights.queries import costing, distributions, names, shapes, whole
from insights.queries.counted import PARTS, RESOLVED, SPANS, backlog_at_end
from insights.queries.deflecting import deflected
from insights.queries.shapes import CAME_IN, DONE, Flow
from insights.queries.summing import cube_of_desk
from insights.queries.tallies import (
    EXACT,
    Key,
    Place,
    Split,
    Tallies,
    Tally,
    grouped,
    promise_counts,
    tallies,
)
from insights.queries.values import Bucket, Costs, Group, Hands, Kept, Load, TierCost, Value, Values

__all__ = [
    "CAME_IN",
    "DONE",
    "NONE",
    "Bucket",
    "Costs",
    "Group",
    "Hands",
    "Kept",
    "Load",
    "TierCost",
    "Value",
    "Values",
    "ages",
    "arrivals",
    "backlog",
    "by",
    "compliance",
    "costs",
    "distribution",
    "figures",
    "flow",
    "point_cut",
    "points",
    "technicians",
    "times",
    "trend",
]

RANKS = ("median", "p90")
NOTHING = Tally()
NOBODY: Place = (None, None)


def figures(cut: Cut, *, medians: bool = True) -> dict[str, Value]:
    """Every measure by its key. What the reader is not told is absent: deflection of a cut that forms do not know.

    Args:
        medians: also medians and percentiles, which are most of the work; so of `trend` and `by`.
    """
    split = Split(cut, medians=medians)
    found = _values(split).get(NOBODY) or _told(NOTHING)
    found["backlog"] = Value.count(_backlogs(split).get(NOBODY, 0))
    prevented = deflected(cut)
    return found if prevented is None else {**found, "deflected": prevented}


def trend(cut: Cut, step: Step, *, medians: bool = True) -> list[tuple[date, dict[str, Value]]]:
    """The same along the period: each point by the first of its days in the period, also where nothing happened.

    Weeks begin on Monday. `point_cut` narrows to a point. Deflection is told for whole periods only.
    """
    found = _values(Split(cut, step=step, medians=medians))
    at_end = dict(backlog(cut))
    told = []
    for first in points(cut.period, step):
        values = found.get((first, None)) or _told(NOTHING)
        values["backlog"] = Value.count(at_end[point_cut(cut, step, first).period.last])
        told.append((first, values))
    return told


def point_cut(cut: Cut, step: Step, first: date) -> Cut:
    """The cut of one point of its trend."""
    return cut.within(period=Period(first, min(_next(first, step) - timedelta(days=1), cut.period.last)))


def by(cut: Cut, dimension: Dimension, *, medians: bool = True) -> list[Group]:
    """The same by groups that have anything to tell, in the order of their names (tiers and priorities of their rank).

    Categories are grouped one level below the cut's: each with all below it, and what is in none of them.
    """
    split = Split(cut, dimension=dimension, medians=medians)
    found = {key: values for (_point, key), values in _values(split).items() if key is not None}
    for (_point, key), n in _backlogs(split).items():
        if key is not None and (n or key in found):
            found.setdefault(key, _nothing_beside(found))["backlog"] = Value.count(n)
    labels = names.labels(dimension, found)
    groups = [
        Group(
            key,
            labels[key],
            {"backlog": Value.count(0), **values},
            names.cut_of(cut, dimension, key),
        )
        for key, values in found.items()
    ]
    return sorted(groups, key=lambda group: _rank(dimension, group.key, group.label))


def compliance(cut: Cut, dimension: Dimension | None = None) -> list[Kept]:
    """What became of each promise, by groups or (without a dimension) in all; only where something was decided.

    By tier the promises of a tier to the next count for the tier that made them.
    """
    split = Split(cut, dimension=dimension)
    found: dict[Key, Counter[str]] = {}
    cube = whole.cube_of(split)
    rows_ = promise_counts(split) if cube is None else whole.promise_counts(split, cube)
    for (_point, key), counts in rows_:
        found.setdefault(NONE if key is None else key, Counter()).update(counts)
    labels = names.labels(dimension, found) if dimension is not None else dict.fromkeys(found, "")
    rows = [
        Kept(
            key,
            labels[key],
            str(metric),
            counts[f"kept_{metric}"],
            counts[f"broken_{metric}"],
            counts[f"excepted_{metric}"],
            cut if dimension is None else names.cut_of(cut, dimension, key),
        )
        for key, counts in found.items()
        for metric in PROMISES
    ]
    decided = [row for row in rows if row.kept or row.broken]
    order = [str(metric) for metric in PROMISES]
    return sorted(decided, key=lambda row: (order.index(row.metric), _rank(dimension, row.key, row.label)))


def flow(cut: Cut) -> Flow:
    """Resolved tickets by each step between levels: (from, to, tickets), with CAME_IN before and DONE behind.

    A ticket that took a step twice counts once in it. The list of a step is `flow_<from>_<to>`.
    """
    return shapes.flow_of(whole.paths(cut) if whole.knows(cut) else shapes.paths(cut))


def arrivals(cut: Cut) -> list[list[int]]:
    """Tickets by the hour in which they were opened: seven days, Monday first, of 24 hours, in the desk's zone.

    The list of one is `arrived_<day>_<hour>`, days counted from 0.
    """
    return whole.hours(cut) if whole.knows(cut) else shapes.hours(cut)


def backlog(cut: Cut) -> list[tuple[date, int]]:
    """How many were open when each day of the period ended; of days to come as many as now."""
    cube = whole.cube_of(Split(cut))
    return shapes.running(cut.period, *(shapes.comings(cut) if cube is None else whole.comings(cut, cube)))


def ages(scope: Scope, at: datetime) -> list[Bucket]:
    """What is open now by its age: days since the day of opening."""
    today = at.astimezone(timezone.get_default_timezone()).date()
    return shapes.age_buckets(Cut(Period(today, today), scope))


def ages_of(cut: Cut) -> list[Bucket]:
    """The same of what was open when the period ended, narrowed as the cut is."""
    return shapes.age_buckets(cut)


def distribution(cut: Cut, key: str) -> list[Bucket]:
    """How long resolved tickets took: `response`, `resolution`, and each with `_business`.

    Raises:
        KeyError: no such time.
    """
    span = f"{key}_seconds"
    if span not in SPANS:
        raise KeyError(key)
    if distributions.knows(Split(cut)):
        return shapes.buckets_of(span, distributions.buckets(cut, span, shapes.EDGES))
    return shapes.span_buckets(cut, span)


def times(cut: Cut) -> list[Hands]:
    """Where the resolved tickets lay, by hands and level."""
    return whole.times(cut) if whole.knows(cut) else shapes.times(cut)


def technicians(cut: Cut) -> list[Load]:
    """What each technician resolved, logged and has open, to compare load; by name, not by rank.

    None for an organisation's manager: how the desk is built inside is not theirs to see.
    """
    if cut.scope.organisation:
        return []
    is_known = whole.knows(cut)
    resolved = whole.resolved_by_person(cut) if is_known else shapes.by_resolver(cut)
    open_now = whole.open_by_person(cut) if is_known else shapes.open_by_person(cut)
    logged = (whole if cut == Cut(cut.period) else shapes).logged_by_person(cut)
    return shapes.loads(resolved, open_now, logged)


def costs(cut: Cut) -> Costs:
    """What the resolved tickets cost, by the tier that worked."""
    known, split = costing.rates(), Split(cut)
    found = _spent(split, known).get(NOBODY, costing.Spent(Counter()))
    cube = whole.cube_of(split)
    resolved = split.rows(RESOLVED).count() if cube is None else whole.resolved(cut, cube)
    return costing.told(found, known, tickets=resolved)


def _values(split: Split) -> dict[Place, dict[str, Value]]:
    """All but the backlog, at each place where there is something."""
    cube = whole.cube_of(split)
    found: Tallies = tallies(split) if cube is None else whole.tallies(split, cube)
    values = {place: _told(tally, medians=split.medians) for place, tally in found.items()}
    known = costing.rates()
    if not known.is_empty and (cube is None or _is_cheap(split, found)):
        for place, spent in _spent(split, known).items():
            if place in found:
                tickets = found[place].counts["n_resolved"]
                cents = spent.cents(known).total()
                values[place]["cost"] = Value(cents / 100 / tickets if tickets else None, tickets, tickets)
    return values


def _is_cheap(split: Split, found: Tallies) -> bool:
    """Where cells do not know what was spent it is told only where facts tell it quickly."""
    return _knows_spent(split) or sum(tally.counts["n_resolved"] for tally in found.values()) <= EXACT


def _knows_spent(split: Split) -> bool:
    cube = cube_of_desk(split.cut)
    if cube is None or split.dimension not in (None, Dimension.KIND, Dimension.PRIORITY):
        return False
    return not cube or split.step is None


def _spent(split: Split, known: costing.Rates) -> dict[Place, costing.Spent]:
    return whole.spent(split, known) if _knows_spent(split) else costing.spent(split, known)


def _backlogs(split: Split) -> dict[Place, int]:
    """Open at the end of the period, by group."""
    cube = whole.cube_of(split)
    if cube is not None:
        return whole.backlogs(split, cube)
    rows = split.taken(backlog_at_end(split.cut))
    return {place: row["n"] for place, row in grouped(split, rows, {"n": Count("*")})}


def _nothing_beside(others: Mapping[Key, Values]) -> dict[str, Value]:
    """Of a group of which nothing happened: what is told of the others."""
    known = next(iter(others.values()), None)
    return {key: value for key, value in _told(NOTHING).items() if known is None or key in known}


def _told(tally: Tally, *, medians: bool = True) -> dict[str, Value]:
    """What counts amount to."""
    counts, resolved = tally.counts, tally.counts["n_resolved"]
    found = {key: Value.count(counts[f"n_{key}"]) for key in ("opened", "resolved", "ended")}
    for key, part in PARTS.items():
        if key not in found and not key.endswith(RANKS):
            found[key] = Value.share(counts[f"n_{key}"], counts[f"of_{key}"] if part.of else resolved)
    for span in SPANS if medians else ():
        for place, rank in enumerate(RANKS):
            key = f"{span.removesuffix('_seconds')}_{rank}"
            quantiles = tally.quantiles.get(span, (None, None))
            found[key] = Value(quantiles[place], counts[f"n_{key}"], resolved)
    rated, worked = counts["n_rated"], counts["n_worked"]
    found["rating"] = Value(counts["rating_sum"] / rated if rated else None, rated, resolved)
    found["worked"] = Value(counts["minutes"] * 60 if worked else None, worked, resolved)
    found["cost"] = Value(None, 0, resolved)
    for metric in PROMISES:
        kept, broken = counts[f"kept_{metric}"], counts[f"broken_{metric}"]
        found[f"kept_{metric}"] = Value.share(kept, kept + broken)
    return found


def points(period: Period, step: Step) -> list[date]:
    """The first days of the points of a trend."""
    found, first = [], period.first
    while first <= period.last:
        found.append(first)
        first = _next(first, step)
    return found


def _next(day: date, step: Step) -> date:
    """The first day of the next point."""
    if step == Step.DAY:
        return day + timedelta(days=1)
    if step == Step.WEEK:
        return day + timedelta(days=7 - day.weekday())
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _rank(dimension: Dimension | None, key: Key, label: str) -> tuple[bool, int, str]:
    """Those that have none come last."""
    by_number = dimension in (Dimension.PRIORITY, Dimension.TIER) and isinstance(key, int)
    return key == NONE, int(key) if by_number else 0, label.casefold()
