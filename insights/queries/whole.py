"""Figures from cells: what `tallies` and `shapes` count from facts, in the same form.

Cells answer where at most one thing beside kind and priority narrows or splits: team and tier, or organisation, or
category, or channel, or policy; a lead's teams and a manager's organisation are such a thing. Restricted tickets are in
the cells: what scoped figures leave out is counted from facts and taken off. Equal to what facts say, but for medians
and percentiles of more than `EXACT` tickets: those are read from distributions and less than 5 % off.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import reduce
from itertools import product
from math import ceil
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Trunc

from insights.cuts import NONE, Cut, Dimension, Period, Step
from insights.measures import LEVELS, PROMISES
from insights.models import BUCKETS, Cell, Cube, DeskCell, Grain, Spread, TicketFact, Told
from insights.queries import tallies as tallies_
from insights.queries.cells import covering, covers, parts, quantile
from insights.queries.costing import Rates, Spent
from insights.queries.counted import ENDED, OPENED, RESOLVED, SPANS
from insights.queries.narrowing import during
from insights.queries.shapes import minutes_by_person
from insights.queries.tallies import Key, Place, Split, Tallies, Tally
from insights.queries.values import Hands
from sla.spec import TIER_METRICS
from tickets.models import Category, Ticket, WorkLog

OF_EDGE = 10_000
"""Of the days at an edge of a period so many tickets stand for all where medians are read."""
DAY = timedelta(days=1)
BEGINNING = date(1970, 1, 1)
NARROWS = {
    "team": Cube.TEAM,
    "organisation": Cube.ORGANISATION,
    "category": Cube.CATEGORY,
    "channel": Cube.CHANNEL,
    "policy": Cube.POLICY,
}
SPLITS = {
    Dimension.TIER: Cube.TEAM,
    Dimension.TEAM: Cube.TEAM,
    Dimension.ORGANISATION: Cube.ORGANISATION,
    Dimension.CATEGORY: Cube.CATEGORY,
    Dimension.CHANNEL: Cube.CHANNEL,
    Dimension.POLICY: Cube.POLICY,
}
COLUMNS = {
    "n_opened": "opened",
    "n_resolved": "resolved",
    "n_ended": "ended",
    "n_cost": "resolved",
    **{f"n_response{clock}_{rank}": "responded" for clock in ("", "_business") for rank in ("median", "p90")},
    **{
        f"n_resolution{clock}_{rank}": "resolved" for clock in ("", "_business") for rank in ("median", "p90")
    },
    "n_first_contact": "first_contact",
    "n_first_tier": "first_tier",
    **{f"n_resolved_l{level}": f"resolved_l{level}" for level in LEVELS},
    "n_escalated": "escalated",
    **{f"n_escalated_l{level}": f"raised_l{level}" for level in LEVELS[:-1]},
    **{f"of_escalated_l{level}": f"lay_l{level}" for level in LEVELS[:-1]},
    "n_bounced": "bounced",
    "n_ping_pong": "ping_ponged",
    "n_reopened": "reopened",
    "n_rating": "rated",
    "n_rated": "rated",
    "rating_sum": "rating_sum",
    "n_worked": "worked",
    "minutes": "minutes",
    **{
        f"{fate}_{metric}": f"{fate}_{metric}"
        for metric in PROMISES
        for fate in ("kept", "broken", "excepted")
    },
}
"""What a tally calls the columns of cells."""


def cube_of(split: Split) -> Cube | None:
    """The cube that answers; None where cells cannot."""
    cut = split.cut
    asked = {cube for name, cube in NARROWS.items() if getattr(cut, name)}
    asked |= {Cube.TEAM} if cut.level is not None else set()
    asked |= {SPLITS[split.dimension]} if split.dimension in SPLITS else set()
    asked |= {Cube.TEAM} if cut.scope.teams is not None else set()
    asked |= {Cube.ORGANISATION} if cut.scope.organisation else set()
    if len(asked) > 1:
        return None
    return asked.pop() if asked else Cube.CHANNEL


def _left_out(split: Split) -> Split | None:
    """Of the same what scoped figures leave out, and cells count; None where all is counted."""
    scope = split.cut.scope
    if scope.is_everything:
        return None
    return replace(split, cut=split.cut.within(scope=replace(scope, left_out=True)))


def is_plain(cut: Cut) -> bool:
    """Narrowed by kind and priority at most: what `DeskCell` knows."""
    return cut == Cut(cut.period, kind=cut.kind, priority=cut.priority)


def knows_spread(split: Split) -> bool:
    """Whether distributions answer: of the desk by kind and priority, or of teams and tiers by kind, by month.

    Days are told of the desk by kind.
    """
    cut = split.cut
    if cut != Cut(cut.period, kind=cut.kind, priority=cut.priority, level=cut.level, team=cut.team):
        return False
    if split.dimension not in (None, *_SPREAD):
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


def tallies(split: Split, cube: Cube) -> Tallies:
    """As `tallies.tallies`. Three queries at most, five by category."""
    found: Tallies = defaultdict(Tally)
    columns = sorted(set(COLUMNS.values()))
    for place, row in _cells(split, cube, split.cut.period, columns):
        found[place].counts.update({name: row[column] for name, column in COLUMNS.items()})
    if (left_out := _left_out(split)) is not None:
        for place, tally in tallies_.additive(left_out).items():
            found[place].counts.subtract(tally.counts)
    resolved = tallies_.resolved_in(found)
    _set_promises_of_tiers(found, split, resolved)
    if not split.medians:
        return dict(found)
    if resolved > tallies_.EXACT and knows_spread(split):
        for place, spans in _spread(split, SPANS, sample=True).items():
            found[place].quantiles = {span: (quantile(n, 0.5), quantile(n, 0.9)) for span, n in spans.items()}
    elif resolved <= tallies_.EXACT or split.dimension is None:
        tallies_.add_quantiles(found, split, resolved)
    return dict(found)


def promise_counts(split: Split, cube: Cube) -> Iterator[tuple[Place, Counter[str]]]:
    """As `tallies.promise_counts`. Four queries at most."""
    found: Tallies = defaultdict(Tally)
    columns = [f"{fate}_{metric}" for metric in PROMISES for fate in ("kept", "broken", "excepted")]
    for place, row in _cells(split, cube, split.cut.period, columns):
        found[place].counts.update(row)
    if (left_out := _left_out(split)) is not None:
        for place, counts in tallies_.promise_counts(left_out):
            found[place].counts.subtract(counts)
    _set_promises_of_tiers(found, split, 0 if _is_of_desk(split) else resolved(split.cut, cube))
    return ((place, tally.counts) for place, tally in found.items())


def resolved(cut: Cut, cube: Cube) -> int:
    found = sum(row["resolved"] for _place, row in _cells(Split(cut), cube, cut.period, ["resolved"]))
    left_out = _left_out(Split(cut))
    return found if left_out is None else found - left_out.rows(RESOLVED).count()


def backlogs(split: Split, cube: Cube) -> dict[Place, int]:
    """Open at the end of the period, by group: what ever came less what ever went. One query."""
    ever = Period(BEGINNING, split.cut.period.last)
    rows = _cells(Split(split.cut, dimension=split.dimension), cube, ever, ["opened", "ended"])
    found = Counter({place: row["opened"] - row["ended"] for place, row in rows})
    if (left_out := _left_out(split)) is not None:
        found.subtract(tallies_.open_at_end(left_out))
    return dict(found)


def comings(cut: Cut, cube: Cube) -> tuple[int, dict[date, int], dict[date, int]]:
    """How many were open before the period, and how many came and went on each of its days. Two queries."""
    before = backlogs(Split(cut.within(period=Period(BEGINNING, cut.period.first - DAY))), cube)
    rows = {
        first: row
        for (first, _key), row in _cells(Split(cut, step=Step.DAY), cube, cut.period, ["opened", "ended"])
        if first is not None
    }
    came = Counter({day: row["opened"] for day, row in rows.items()})
    went = Counter({day: row["ended"] for day, row in rows.items()})
    if (left_out := _left_out(Split(cut))) is not None:
        came.subtract(tallies_.by_day(left_out.cut, OPENED))
        went.subtract(tallies_.by_day(left_out.cut, ENDED))
    return sum(before.values()), came, went


def paths(cut: Cut) -> Counter[str]:
    return Counter(
        {row["name"]: row["n"] for row in _desk(cut, Told.PATH).values("name").annotate(n=Sum("rows"))}
    )


def hours(cut: Cut) -> list[list[int]]:
    found = [[0] * 24 for _day in range(7)]
    for row in _desk(cut, Told.HOUR).values("name").annotate(n=Sum("rows")):
        weekday, hour = row["name"].split("_")
        found[int(weekday) - 1][int(hour)] = row["n"]
    return found


def times(cut: Cut) -> list[Hands]:
    rows = (
        _desk(cut, Told.HANDS)
        .values("name")
        .annotate(n=Sum("rows"), calendar=Sum("seconds"), business=Sum("business_seconds"))
    )
    found = []
    for row in rows:
        who, _line, level = row["name"].rpartition("_")
        found.append(
            Hands(who, int(level), row["n"], row["calendar"], row["business"], f"hands_{row['name']}")
        )
    return sorted(found, key=lambda hands: (hands.level, hands.who))


def open_by_person(cut: Cut) -> dict[int, int]:
    """As `shapes.open_by_person` of a cut that nothing narrows, from an index of tickets: what is open is counted."""
    rows = Ticket.objects.filter(in_queue=True, assignee__isnull=False).order_by()
    return dict(rows.values_list("assignee").annotate(n=Count("*")))


def logged_by_person(cut: Cut) -> dict[int, int]:
    """As `shapes.logged_by_person` of a cut that nothing narrows: all, less what was logged on what is not counted."""
    logs = WorkLog.objects.filter(during("at", cut.period))
    all_, aside = minutes_by_person(logs), TicketFact.objects.filter(is_counted=False).values("ticket")
    uncounted = minutes_by_person(logs.filter(ticket__in=aside))
    found = {person: minutes - uncounted.get(person, 0) for person, minutes in all_.items()}
    return {person: minutes for person, minutes in found.items() if minutes}


def resolved_by_person(cut: Cut) -> dict[int, int]:
    rows = _desk(cut, Told.PERSON).values("name").annotate(n=Sum("rows"))
    return {int(row["name"]): row["n"] for row in rows}


def spent(split: Split, known: Rates) -> dict[Place, Spent]:
    """As `costing.spent`, of a plain cut in all or by kind or priority. Two queries for each era of rates."""
    seconds: dict[Place, Counter[tuple[int, int]]] = defaultdict(Counter)
    logged: Counter[Place] = Counter()
    for era, period in known.eras(split.cut.period):
        within = Split(split.cut.within(period=period), split.step, split.dimension)
        for place, row in _told(within, Told.WORK, split.cut.period):
            seconds[place][era, int(row["name"])] += row["seconds_"]
        for place, row in _told(within, Told.LOGGED, split.cut.period):
            logged[place] += row["rows_"]
    return {place: Spent(seconds[place], logged[place]) for place in {*seconds, *logged}}


def buckets(cut: Cut, span: str, edges: tuple[int, ...]) -> list[int]:
    """How many resolved tickets took from each edge to below the next; edges are among the beginnings of buckets."""
    starts = [0, *(BUCKETS.index(edge) + 1 for edge in edges[1:])]
    counts = [0] * len(edges)
    for spans in _spread(Split(cut), (span,)).values():
        for bucket, n in spans[span].items():
            counts[sum(bucket >= start for start in starts[1:])] += n
    return counts


# --- reading ---


def _cells(
    split: Split, cube: Cube, period: Period, columns: Iterable[str]
) -> Iterator[tuple[Place, dict[str, int]]]:
    rows = Cell.objects.filter(_narrowed(split.cut, cube), _cover(split, period), cube=cube).order_by()
    sums: dict[str, Any] = {f"s_{column}": Sum(column) for column in columns}
    if split.names:
        told: QuerySet[Any, Any] = rows.annotate(**_places(split)).values(*split.names).annotate(**sums)
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


def _places(split: Split) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if split.step is not None:
        found["point"] = Trunc("day", str(split.step), output_field=models.DateField())
    if split.dimension is not None:
        own = {Dimension.KIND: "kind", Dimension.PRIORITY: "priority", Dimension.TIER: "level"}
        found["grp"] = F(
            "channel" if split.dimension == Dimension.CHANNEL else own.get(split.dimension, "key")
        )
    return found


def _cover(split: Split, period: Period) -> Q:
    """Days where points are shorter than months, else as few rows as there can be."""
    if split.step in (Step.DAY, Step.WEEK):
        return Q(grain=Grain.DAY, day__range=(period.first, period.last))
    return covering(period)


def _narrowed(cut: Cut, cube: Cube) -> Q:
    found = _of_kind(cut)
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


def _of_kind(cut: Cut) -> Q:
    found = Q(kind=cut.kind) if cut.kind else Q()
    return found & Q(priority=cut.priority) if cut.priority else found


def _desk(cut: Cut, told: Told) -> "QuerySet[DeskCell]":
    return DeskCell.objects.filter(_of_kind(cut), covering(cut.period), told=told).order_by()


def _told(split: Split, told: Told, whole: Period) -> Iterator[tuple[Place, dict[str, Any]]]:
    rows = DeskCell.objects.filter(_of_kind(split.cut), _cover(split, split.cut.period), told=told).order_by()
    for row in (
        rows.annotate(**_places(split))
        .values(*split.names, "name")
        .annotate(rows_=Sum("rows"), seconds_=Sum("seconds"))
    ):
        # Points are those of the whole period, which an era of rates may begin in the middle of.
        place = Split(split.cut.within(period=whole), split.step, split.dimension)
        yield place.place(row.get("point"), row.get("grp")), row


def _set_promises_of_tiers(found: Tallies, split: Split, resolved: int) -> None:
    """What a tier promises counts for that tier, wherever the ticket was resolved; where the cut asks for tiers.

    Of teams within a tier cells do not know that: facts say it of few tickets, of many it is not told.
    """
    cut = split.cut
    if cut.level is None and split.dimension != Dimension.TIER:
        return
    for tally in found.values():
        for metric, fate in product(TIER_METRICS, ("kept", "broken", "excepted")):
            tally.counts[f"{fate}_{metric}"] = 0
    if _is_of_desk(split):
        _add_promises_of_tiers(found, split)
    elif resolved <= tallies_.EXACT:
        for place, counts in tallies_.promise_counts(split, of_tiers=True):
            found[place].counts.update(counts)
    else:
        for tally in found.values():
            tally.untold = frozenset(map(str, TIER_METRICS))


def _is_of_desk(split: Split) -> bool:
    """Of no team in particular."""
    return split.cut.scope.is_everything and not split.cut.team and split.dimension != Dimension.TEAM


def _add_promises_of_tiers(found: Tallies, split: Split) -> None:
    by_name = Split(split.cut, split.step, None if split.dimension == Dimension.TIER else split.dimension)
    for told, fate in ((Told.KEPT, "kept"), (Told.BROKEN, "broken"), (Told.EXCEPTED, "excepted")):
        for (point, key), row in _told(by_name, told, split.cut.period):
            metric, _line, level = row["name"].rpartition("_")
            if split.cut.level is not None and int(level) != split.cut.level:
                continue
            place: Place = (point, int(level)) if split.dimension == Dimension.TIER else (point, key)
            found[place].counts[f"{fate}_{metric}"] += row["rows_"]


# --- medians ---


_SPREAD = {
    Dimension.KIND: "kind",
    Dimension.PRIORITY: "priority",
    Dimension.TIER: "level",
    Dimension.TEAM: "team",
}


def _spread(
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
    places: dict[str, Any] = {}
    if split.step is not None:
        places["point"] = F("month")
    if split.dimension is not None:
        places["grp"] = F(_SPREAD[split.dimension])
    taken = rows.annotate(**places).values(*split.names, "measure", "bucket").annotate(n=Sum("rows"))
    for row in taken:
        yield split.place(row.get("point"), row.get("grp")), row["measure"], row["bucket"], row["n"]


def _of_desk(split: Split, months: Period | None, spans: tuple[str, ...], *, with_days: bool) -> Parts:
    """One query, one stretch of the index after the other: asked by "or", each row is looked up in the table."""
    stretches = _stretches(split, months, with_days=with_days)
    if not stretches:
        return
    asked = _of_kind(split.cut)
    if len(spans) < len(SPANS):
        asked &= reduce(or_, (Q(name__startswith=f"{span}_") for span in spans))
    took = DeskCell.objects.filter(asked, told=Told.TOOK).annotate(**_places(split)).order_by()
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
        return [_cover(split, split.cut.period)]
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
