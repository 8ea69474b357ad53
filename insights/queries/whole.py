"""Figures from cells: what `tallies` and `shapes` count from facts, in the same form.

Cells answer where at most one thing beside kind and priority narrows or splits: team and tier, or organisation, or
category, or channel, or policy; a lead's teams and a manager's organisation are such a thing. What is more than a count
they answer of the whole desk, a team, a tier, an organisation or a channel (`knows`). Equal to what facts say, but for
medians and percentiles of more than `EXACT` tickets: those are read from distributions and less than 5 % off.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from operator import add

from django.db.models import Count, Sum

from insights.cuts import Cut, Dimension, Period, Step
from insights.measures import LEVELS, PROMISES
from insights.models import Cube, TicketFact, Told
from insights.queries import costing, distributions, shapes
from insights.queries import tallies as tallies_
from insights.queries.cells import parts, quantile
from insights.queries.costing import Rates, Spent
from insights.queries.counted import SPANS
from insights.queries.narrowing import during, or_none
from insights.queries.shapes import minutes_by_person
from insights.queries.summing import cells, cube_of_desk, desk, edges_of, told_of
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
    "of_first_contact": "conversed",
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


def knows(cut: Cut) -> bool:
    """Whether `DeskCell` tells what is more than a count."""
    return cube_of_desk(cut) is not None


def tallies(split: Split, cube: Cube) -> Tallies:
    """As `tallies.tallies`. Three queries at most, five by category."""
    found: Tallies = defaultdict(Tally)
    columns = sorted(set(COLUMNS.values()))
    for place, row in cells(split, cube, split.cut.period, columns):
        found[place].counts.update({name: row[column] for name, column in COLUMNS.items()})
    _set_promises_of_tiers(found, split)
    if not split.medians:
        return dict(found)
    resolved = tallies_.resolved_in(found)
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
    _set_promises_of_tiers(found, split)
    return ((place, tally.counts) for place, tally in found.items())


def resolved(cut: Cut, cube: Cube) -> int:
    return sum(row["resolved"] for _place, row in cells(Split(cut), cube, cut.period, ["resolved"]))


def backlogs(split: Split, cube: Cube) -> dict[Place, int]:
    """Open at the end of the period, by group: what ever came less what ever went. One query."""
    ever = Period(BEGINNING, split.cut.period.last)
    rows = cells(Split(split.cut, dimension=split.dimension), cube, ever, ["opened", "ended"])
    return {place: row["opened"] - row["ended"] for place, row in rows}


def comings(cut: Cut, cube: Cube) -> tuple[int, dict[date, int], dict[date, int]]:
    """How many were open before the period, and how many came and went on each of its days. Two queries."""
    before = backlogs(Split(cut.within(period=Period(BEGINNING, cut.period.first - DAY))), cube)
    rows = {
        first: row
        for (first, _key), row in cells(Split(cut, step=Step.DAY), cube, cut.period, ["opened", "ended"])
        if first is not None
    }
    came = {day: row["opened"] for day, row in rows.items()}
    went = {day: row["ended"] for day, row in rows.items()}
    return sum(before.values()), came, went


def paths(cut: Cut) -> Counter[str]:
    rows = desk(cut, Told.PATH).values("name").annotate(n=Sum("rows"))
    found = Counter({row["name"]: row["n"] for row in rows})
    for edge in edges_of(cut):
        found.update(shapes.paths(edge))
    return found


def hours(cut: Cut) -> list[list[int]]:
    found = [[0] * 24 for _day in range(7)]
    for row in desk(cut, Told.HOUR).values("name").annotate(n=Sum("rows")):
        weekday, hour = row["name"].split("_")
        found[int(weekday) - 1][int(hour)] = row["n"]
    for edge in edges_of(cut):
        for told, more in zip(found, shapes.hours(edge), strict=True):
            told[:] = map(add, told, more)
    return found


def times(cut: Cut) -> list[Hands]:
    rows = (
        desk(cut, Told.HANDS)
        .values("name")
        .annotate(n=Sum("rows"), calendar=Sum("seconds"), business=Sum("business_seconds"))
    )
    found: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for row in rows:
        who, _line, level = row["name"].rpartition("_")
        found[who, int(level)].update({name: row[name] for name in ("n", "calendar", "business")})
    for edge in edges_of(cut):
        for one in shapes.times(edge):
            more = {"n": one.n, "calendar": one.seconds, "business": one.business_seconds}
            found[one.who, one.level].update(more)
    return [
        Hands(who, level, sums["n"], sums["calendar"], sums["business"], f"hands_{who}_{level}")
        for (who, level), sums in sorted(found.items(), key=lambda told: (told[0][1], told[0][0]))
    ]


def open_by_person(cut: Cut) -> dict[int, int]:
    """As `shapes.open_by_person` of what `knows` knows, from an index of tickets: what is open is counted, where it
    lies."""
    asked = {
        "kind": cut.kind,
        "priority": cut.priority,
        "team": cut.team,
        "channel": cut.channel,
        "organisation": cut.scope.organisation,
    }
    rows = Ticket.objects.filter(in_queue=True, assignee__isnull=False).order_by()
    rows = rows.filter(**{name: value for name, value in asked.items() if value})
    if cut.organisation:
        rows = rows.filter(or_none("organisation", cut.organisation))
    if cut.level is not None:
        rows = rows.filter(tier=cut.level)
    if cut.scope.teams is not None:
        rows = rows.filter(team__in=sorted(cut.scope.teams))
    if not cut.scope.is_everything:
        rows = rows.filter(is_restricted=False)
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
    found = Counter({int(row["name"]): row["n"] for row in rows})
    for edge in edges_of(cut):
        found.update(shapes.by_resolver(edge))
    return dict(found)


def spent(split: Split, known: Rates) -> dict[Place, Spent]:
    """As `costing.spent`, in all or by kind or priority. Two queries for each era of rates, and one for each edge.

    Along time of the whole desk alone.
    """
    seconds: dict[Place, Counter[tuple[int, int]]] = defaultdict(Counter)
    logged: Counter[Place] = Counter()
    for era, period in known.eras(split.cut.period):
        within = Split(split.cut.within(period=period), split.step, split.dimension)
        for place, row in told_of(within, Told.WORK, split.cut.period):
            seconds[place][era, int(row["name"])] += row["seconds_"]
        for place, row in told_of(within, Told.LOGGED, split.cut.period):
            logged[place] += row["rows_"]
        for edge in edges_of(within.cut):
            for place, more in costing.spent(replace(within, cut=edge), known).items():
                seconds[place].update(more.seconds)
                logged[place] += more.logged
    return {place: Spent(seconds[place], logged[place]) for place in {*seconds, *logged}}


def _set_promises_of_tiers(found: Tallies, split: Split) -> None:
    """What a tier promises counts for that tier, wherever the ticket was resolved; where the cut asks for tiers."""
    cut = split.cut
    if cut.level is None and split.dimension != Dimension.TIER:
        return
    for tally in found.values():
        for metric, fate in product(TIER_METRICS, ("kept", "broken", "excepted")):
            tally.counts[f"{fate}_{metric}"] = 0
    # The level is asked of the promise, not of the ticket.
    anywhere = replace(split, cut=cut.within(level=None))
    cube = Cube.TEAM if split.dimension == Dimension.TEAM else cube_of_desk(anywhere.cut)
    by_days = split.step in (Step.DAY, Step.WEEK)
    if cube and by_days:
        for place, counts in tallies_.promise_counts(split, of_tiers=True):
            found[place].counts.update(counts)
        return
    _add_promises_of_tiers(found, split, anywhere, cube)
    for edge in parts(cut.period)[1] if cube else ():
        within = replace(split, cut=cut.within(period=edge))
        for place, counts in tallies_.promise_counts(within, of_tiers=True):
            found[place].counts.update(counts)


def _add_promises_of_tiers(found: Tallies, split: Split, anywhere: Split, cube: str | None) -> None:
    by_name = replace(anywhere, dimension=None if split.dimension == Dimension.TIER else split.dimension)
    for told, fate in ((Told.KEPT, "kept"), (Told.BROKEN, "broken"), (Told.EXCEPTED, "excepted")):
        for (point, key), row in told_of(by_name, told, cube=cube):
            metric, _line, level = row["name"].rpartition("_")
            if split.cut.level is not None and int(level) != split.cut.level:
                continue
            place: Place = (point, int(level)) if split.dimension == Dimension.TIER else (point, key)
            found[place].counts[f"{fate}_{metric}"] += row["rows_"]
