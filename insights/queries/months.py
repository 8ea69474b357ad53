"""The figures of a calendar month as it is published: of each kind apart, promises, goals; with the tickets behind.

What is read here is today's. `insights.operations.publishing` freezes it, and holds it against what it froze.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Organisation, User
from insights.cuts import Cut, Period, Scope
from insights.measures import MEASURES, PROMISES, Unit
from insights.models import BreachException, PublishedMonth
from insights.queries.drill import facts_behind
from insights.queries.figures import compliance, figures
from insights.queries.narrowing import moments
from insights.queries.values import Kept, Value
from sla.models.clocks import OWED
from sla.queries.goals import breached_first, decided, decided_counts, goals_in_force
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


def period_of(month: date) -> Period:
    first = month.replace(day=1)
    return Period(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def is_over(month: date, *, today: date) -> bool:
    return period_of(month).last < today


def figures_of(
    month: date, organisation: int = 0, *, goals: Iterable[GoalOf] | None = None
) -> dict[str, Json]:
    """All that is told of a month, of the whole desk or of one organisation, by keys such as "incident.resolved",
    "incident.promise.resolution", "goal.3.1".

    An organisation's figures leave its restricted tickets out, as they do on its own pages.

    Args:
        goals: those that are told; by default the ones in force, of an organisation those about its tickets.
    """
    cut = Cut(period_of(month), Scope(organisation=organisation))
    found: dict[str, Json] = {}
    for kind in _kinds(cut):
        found |= _told(cut.within(kind=kind))
    asked = goals_in_force() if goals is None else list(goals)
    leaves_out = bool(organisation) and goals is None
    return found | _goals(asked, cut.period, organisation, leaves_out=leaves_out)


def tickets_of(month: date, organisation: int, figures: Iterable[str]) -> dict[str, list[int]]:
    """The tickets behind these figures, by their keys; of promises and goals also those behind ".not", of promises
    behind ".excepted". Times and ratings have none of their own: they are about the resolved."""
    cut = Cut(period_of(month), Scope(organisation=organisation))
    found: dict[str, list[int]] = {}
    goals = []
    for key in figures:
        kind, _dot, name = key.partition(".")
        metric = name.removeprefix("promise.")
        if kind == "goal":
            goals.append(key)
        elif metric != name:
            for side in ("", ".not", ".excepted"):
                found[key + side] = _keys(cut.within(kind=kind), f"kept_{metric}{side}")
        elif MEASURES[name].unit in (Unit.COUNT, Unit.SHARE):
            found[key] = _keys(cut.within(kind=kind), name)
    return found | (_tickets_of_goals(goals, cut.period, organisation) if goals else {})


def published_for(user: User, scope: Scope) -> Any:
    """The months that this person may read: all of them, or those of their organisation."""
    rows = PublishedMonth.objects.select_related("organisation", "by").defer("tickets", "figures")
    if scope.is_everything:
        return rows
    return rows.filter(organisation=scope.organisation) if scope.organisation else rows.none()


def whose() -> "QuerySet[Organisation]":
    """The organisations that a month can be published for: those that ask the desk, and no vendor."""
    return Organisation.objects.exclude(kind=Organisation.Kind.VENDOR)


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


def _told(cut: Cut) -> dict[str, Json]:
    values = figures(cut)
    keys = TOLD if cut.scope.organisation else (*TOLD, *OF_THE_DESK)
    found = {f"{cut.kind}.{key}": _value(values[key]) for key in keys if key in values}
    told = OWED if cut.scope.organisation else PROMISES
    promises = {
        f"{cut.kind}.promise.{row.metric}": _promise(row) for row in compliance(cut) if row.metric in told
    }
    return found | promises


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
) -> dict[str, Json]:
    """Each goal with its verdict, and the same with agreed exceptions; without those that judged nothing, if asked."""
    if not goals:
        return {}
    during = moments(period)
    kept, broken = decided_counts(*during, organisation=organisation)
    agreed = BreachException.objects.filter(
        ticket=OuterRef("ticket"), metric=OuterRef("metric"), scope=OuterRef("scope"), withdrawn_at=None
    )
    rows = breached_first(*during, organisation=organisation).filter(Exists(agreed)).order_by()
    excepted = Counter(rows.values_list("policy__policy", "priority"))
    return {
        f"goal.{policy}.{priority}": {"policy": name, "priority": priority}
        | _goal(goal, kept.get(key, 0), broken.get(key, 0), excepted[key])
        for policy, name, priority, goal in goals
        if (key := (policy, priority)) and not (leaves_out and not (kept.get(key) or broken.get(key)))
    }


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


def _tickets_of_goals(keys: Iterable[str], period: Period, organisation: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {key + side: [] for key in keys for side in ("", ".not")}
    for one in decided(*moments(period), organisation=organisation):
        rows = found.get(f"goal.{one.policy}.{one.priority}{'.not' if one.is_breached else ''}")
        if rows is not None:
            rows.append(one.ticket)
    return found
