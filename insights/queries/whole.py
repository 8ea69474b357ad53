"""Figures from cells: what `tallies` and `shapes` count from facts, in the same form.

Cells answer where at most one thing beside kind and priority narrows or splits: team and tier, or organisation, or
category, or channel, or policy; a lead's teams and a manager's organisation are such a thing. Restricted tickets are in
the cells: what scoped figures leave out is counted from facts and taken off. Equal to what facts say, but for medians
and percentiles of more than `EXACT` tickets: those are read from distributions and less than 5 % off.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

from django.db.models import Count, Sum

from insights.cuts import Cut, Dimension, Period, Step
from insights.measures import LEVELS, PROMISES
from insights.models import Cube, TicketFact, Told
from insights.queries import distributions
from insights.queries import tallies as tallies_
from insights.queries.cells import quantile
from insights.queries.costing import Rates, Spent
from insights.queries.counted import ENDED, OPENED, RESOLVED, SPANS
from insights.queries.narrowing import during
from insights.queries.shapes import minutes_by_person
from insights.queries.summing import cells, desk, told_of
from insights.queries.tallies import Place, Split, Tallies, Tally
from insights.queries.values import Hands
from sla.spec import TIER_METRICS
from tickets.models import Ticket, WorkLog

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


def tallies(split: Split, cube: Cube) -> Tallies:
    """As `tallies.tallies`. Three queries at most, five by category."""
    found: Tallies = defaultdict(Tally)
    columns = sorted(set(COLUMNS.values()))
    for place, row in cells(split, cube, split.cut.period, columns):
        found[place].counts.update({name: row[column] for name, column in COLUMNS.items()})
    if (left_out := _left_out(split)) is not None:
        for place, tally in tallies_.additive(left_out).items():
            found[place].counts.subtract(tally.counts)
    resolved = tallies_.resolved_in(found)
    _set_promises_of_tiers(found, split, resolved)
    if not split.medians:
        return dict(found)
    if resolved > tallies_.EXACT and distributions.knows(split):
        for place, spans in distributions.spread(split, SPANS, sample=True).items():
            found[place].quantiles = {span: (quantile(n, 0.5), quantile(n, 0.9)) for span, n in spans.items()}
    elif resolved <= tallies_.EXACT or split.dimension is None:
        tallies_.add_quantiles(found, split, resolved)
    return dict(found)


def promise_counts(split: Split, cube: Cube) -> Iterator[tuple[Place, Counter[str]]]:
    """As `tallies.promise_counts`. Four queries at most."""
    found: Tallies = defaultdict(Tally)
    columns = [f"{fate}_{metric}" for metric in PROMISES for fate in ("kept", "broken", "excepted")]
    for place, row in cells(split, cube, split.cut.period, columns):
        found[place].counts.update(row)
    if (left_out := _left_out(split)) is not None:
        for place, counts in tallies_.promise_counts(left_out):
            found[place].counts.subtract(counts)
    _set_promises_of_tiers(found, split, 0 if _is_of_desk(split) else resolved(split.cut, cube))
    return ((place, tally.counts) for place, tally in found.items())


def resolved(cut: Cut, cube: Cube) -> int:
    found = sum(row["resolved"] for _place, row in cells(Split(cut), cube, cut.period, ["resolved"]))
    left_out = _left_out(Split(cut))
    return found if left_out is None else found - left_out.rows(RESOLVED).count()


def backlogs(split: Split, cube: Cube) -> dict[Place, int]:
    """Open at the end of the period, by group: what ever came less what ever went. One query."""
    ever = Period(BEGINNING, split.cut.period.last)
    rows = cells(Split(split.cut, dimension=split.dimension), cube, ever, ["opened", "ended"])
    found = Counter({place: row["opened"] - row["ended"] for place, row in rows})
    if (left_out := _left_out(split)) is not None:
        found.subtract(tallies_.open_at_end(left_out))
    return dict(found)


def comings(cut: Cut, cube: Cube) -> tuple[int, dict[date, int], dict[date, int]]:
    """How many were open before the period, and how many came and went on each of its days. Two queries."""
    before = backlogs(Split(cut.within(period=Period(BEGINNING, cut.period.first - DAY))), cube)
    rows = {
        first: row
        for (first, _key), row in cells(Split(cut, step=Step.DAY), cube, cut.period, ["opened", "ended"])
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
        {row["name"]: row["n"] for row in desk(cut, Told.PATH).values("name").annotate(n=Sum("rows"))}
    )


def hours(cut: Cut) -> list[list[int]]:
    found = [[0] * 24 for _day in range(7)]
    for row in desk(cut, Told.HOUR).values("name").annotate(n=Sum("rows")):
        weekday, hour = row["name"].split("_")
        found[int(weekday) - 1][int(hour)] = row["n"]
    return found


def times(cut: Cut) -> list[Hands]:
    rows = (
        desk(cut, Told.HANDS)
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
    rows = desk(cut, Told.PERSON).values("name").annotate(n=Sum("rows"))
    return {int(row["name"]): row["n"] for row in rows}


def spent(split: Split, known: Rates) -> dict[Place, Spent]:
    """As `costing.spent`, of a plain cut in all or by kind or priority. Two queries for each era of rates."""
    seconds: dict[Place, Counter[tuple[int, int]]] = defaultdict(Counter)
    logged: Counter[Place] = Counter()
    for era, period in known.eras(split.cut.period):
        within = Split(split.cut.within(period=period), split.step, split.dimension)
        for place, row in told_of(within, Told.WORK, split.cut.period):
            seconds[place][era, int(row["name"])] += row["seconds_"]
        for place, row in told_of(within, Told.LOGGED, split.cut.period):
            logged[place] += row["rows_"]
    return {place: Spent(seconds[place], logged[place]) for place in {*seconds, *logged}}


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
        for (point, key), row in told_of(by_name, told, split.cut.period):
            metric, _line, level = row["name"].rpartition("_")
            if split.cut.level is not None and int(level) != split.cut.level:
                continue
            place: Place = (point, int(level)) if split.dimension == Dimension.TIER else (point, key)
            found[place].counts[f"{fate}_{metric}"] += row["rows_"]
