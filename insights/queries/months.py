"""The figures of a calendar month as it is published: of each kind apart, promises, goals; with the tickets behind.

What is read here is today's. `insights.operations.publishing` freezes it, and holds it against what it froze.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from accounts.models import User
from insights.cuts import Cut, Period, Scope
from insights.measures import MEASURES, PROMISES, Unit
from insights.models import BreachException, PublishedMonth
from insights.queries.drill import facts_behind
from insights.queries.figures import compliance, figures
from insights.queries.narrowing import moments
from insights.queries.values import Kept, Value
from sla.models.clocks import OWED
from sla.queries.goals import Decided, decided, goals_in_force
from sla.spec import Goal
from tickets.models import Kind

APART = (Kind.INCIDENT, Kind.REQUEST)
"""Always told; other kinds where there were some."""
TOLD = (
    "opened",
    "resolved",
    "ended",
    "backlog",
    "response_median",
    "response_business_median",
    "resolution_median",
    "resolution_p90",
    "resolution_business_median",
    "resolution_business_p90",
    "first_contact",
    "reopened",
    "rating",
    "rated",
)
OF_THE_DESK = ("first_tier", "escalated", "bounced", "ping_pong")
"""How the desk is built inside is not an organisation's to see."""
Json = dict[str, Any]
GoalOf = tuple[int, str, int, Goal]
"""Key and name of a policy, a priority, and what is promised of it."""


@dataclass(frozen=True)
class Month:
    """`figures` by their keys, such as "incident.resolved", "incident.promise.resolution", "goal.3.1"; `tickets` by
    the same, with ".not" and ".excepted" for the broken."""

    figures: dict[str, Json]
    tickets: dict[str, list[int]]


def period_of(month: date) -> Period:
    first = month.replace(day=1)
    return Period(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def is_over(month: date, *, today: date) -> bool:
    return period_of(month).last < today


def figures_of(month: date, organisation: int = 0, *, goals: Iterable[GoalOf] | None = None) -> Month:
    """All that is told of a month, of the whole desk or of one organisation.

    An organisation's figures leave its restricted tickets out, as they do on its own pages.

    Args:
        goals: those that are told; by default the ones in force, of an organisation those about its tickets.
    """
    cut = Cut(period_of(month), Scope(organisation=organisation))
    found = Month({}, {})
    for kind in _kinds(cut):
        _tell(found, cut.within(kind=kind))
    asked = goals_in_force() if goals is None else list(goals)
    told_of = _goals(asked, cut.period, organisation, leaves_out=bool(organisation) and goals is None)
    for key, told, kept, broken in told_of:
        found.figures[key] = told
        found.tickets[key], found.tickets[f"{key}.not"] = kept, broken
    return found


def published_for(user: User, scope: Scope) -> Any:
    """The months that this person may read: all of them, or those of their organisation."""
    rows = PublishedMonth.objects.select_related("organisation", "by").defer("tickets", "figures")
    if scope.is_everything:
        return rows
    return rows.filter(organisation=scope.organisation) if scope.organisation else rows.none()


def rank(figure: str) -> tuple[int, int, int, str]:
    """Its place: kind by kind, figures before promises, goals last. The database keeps no order of keys."""
    first, _dot, rest = figure.partition(".")
    kinds = [kind.value for kind in Kind]
    if first not in kinds:
        return len(kinds), 0, 0, figure
    name, _dot, metric = rest.partition(".")
    if name == "promise":
        known = [str(one) for one in PROMISES]
        return kinds.index(first), 1, known.index(metric) if metric in known else len(known), figure
    order = list(MEASURES)
    return kinds.index(first), 0, order.index(name) if name in order else len(order), figure


def essence(figure: str, told: Json) -> Json:
    """What of a figure readers are told: of times and ratings the value, not how many are behind it."""
    measure = MEASURES.get(figure.partition(".")[2])
    if measure is None or measure.unit in (Unit.COUNT, Unit.SHARE):
        return told
    return {"value": told["value"]}


# --- Of each kind ---


def _kinds(cut: Cut) -> Iterator[str]:
    for kind in Kind:
        some = facts_behind(cut.within(kind=kind), "opened"), facts_behind(cut.within(kind=kind), "resolved")
        if kind in APART or any(rows.exists() for rows in some):
            yield kind.value


def _tell(found: Month, cut: Cut) -> None:
    values = figures(cut)
    for key in TOLD if cut.scope.organisation else (*TOLD, *OF_THE_DESK):
        value = values.get(key)
        if value is None:
            continue
        name = f"{cut.kind}.{key}"
        found.figures[name] = _value(value)
        if MEASURES[key].unit in (Unit.COUNT, Unit.SHARE):
            found.tickets[name] = _keys(cut, key)
    for row in compliance(cut):
        if row.metric not in (OWED if cut.scope.organisation else PROMISES):
            continue
        name = f"{cut.kind}.promise.{row.metric}"
        found.figures[name] = _promise(row)
        for side in ("", ".not", ".excepted"):
            found.tickets[name + side] = _keys(cut, f"kept_{row.metric}{side}")


def _value(value: Value) -> Json:
    """Rounded, so that a figure does not differ from itself."""
    told = None if value.value is None else round(value.value, 4)
    return {"value": told, "n": value.n, "of": value.of}


def _promise(row: Kept) -> Json:
    return {"kept": row.kept, "broken": row.broken, "excepted": row.excepted}


def _keys(cut: Cut, key: str) -> list[int]:
    return list(facts_behind(cut, key).order_by("ticket_id").values_list("ticket_id", flat=True))


# --- Goals of policies ---


def goals_of(published: PublishedMonth) -> list[GoalOf]:
    """The goals as they were in force when the month was published."""
    return [
        (int(key.split(".")[1]), told["policy"], told["priority"], Goal(told["percent"], told["penalty"]))
        for key, told in published.figures.items()
        if key.startswith("goal.")
    ]


def _goals(
    goals: Sequence[GoalOf], period: Period, organisation: int, *, leaves_out: bool
) -> Iterator[tuple[str, Json, list[int], list[int]]]:
    """Each goal with its verdict, and the same with agreed exceptions; without those that judged nothing, if asked."""
    if not goals:
        return
    by_goal: dict[tuple[int, int], list[Decided]] = defaultdict(list)
    for one in decided(*moments(period), organisation=organisation):
        by_goal[one.policy, one.priority].append(one)
    excepted = _excepted([one for rows in by_goal.values() for one in rows if one.is_breached])
    for policy, name, priority, goal in goals:
        rows = by_goal[policy, priority]
        if leaves_out and not rows:
            continue
        kept = [one.ticket for one in rows if not one.is_breached]
        broken = [one for one in rows if one.is_breached]
        agreed = sum((one.ticket, one.metric, one.scope) in excepted for one in broken)
        told = _goal(goal, len(kept), len(broken), agreed) | {"policy": name, "priority": priority}
        yield f"goal.{policy}.{priority}", told, kept, [one.ticket for one in broken]


def _goal(goal: Goal, kept: int, broken: int, excepted: int) -> Json:
    """An agreed exception counts as kept in the second column; the first one never changes by it."""
    judged = kept + broken
    return {
        "percent": goal.percent,
        "penalty": goal.penalty,
        "kept": kept,
        "broken": broken,
        "excepted": excepted,
        "is_missed": bool(judged) and 100 * kept < goal.percent * judged,
        "is_missed_with_exceptions": bool(judged) and 100 * (kept + excepted) < goal.percent * judged,
    }


def _excepted(broken: list[Decided]) -> set[tuple[int, str, int]]:
    rows = BreachException.objects.filter(ticket__in={one.ticket for one in broken}, withdrawn_at=None)
    return set(rows.values_list("ticket_id", "metric", "scope"))
