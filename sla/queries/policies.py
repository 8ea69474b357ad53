"""Policies as their pages show them."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from sla.comparing import (
    differences,
    goal_words,
    pause_words,
    target_words,
    threshold_words,
    whose,
)
from sla.durations import spell
from sla.models import Clock, Metric, Policy, PolicyVersion
from sla.queries.named import Named
from sla.spec import PRIORITIES, PolicySpec, from_json

GROUPS = ("targets", "tiers", "vendors")


@dataclass(frozen=True)
class Glance:
    """What a priority is promised, in a cell: spans, empty where nothing is."""

    priority: int
    first_response: str
    resolution: str


@dataclass(frozen=True)
class Promise:
    """One row of what a policy promises: to whom, and each metric in words."""

    whose: str
    parts: list[tuple[str, str]]


@dataclass(frozen=True)
class Published:
    """One version, and how it differs from the one before it."""

    version: PolicyVersion
    differences: list[str]


def policies() -> "QuerySet[Policy]":
    return Policy.objects.select_related("current")


def policies_with_specs() -> list[tuple[Policy, PolicySpec]]:
    """All of them in their order, the default last, those out of use too."""
    return [(row, from_json(row.current.spec)) for row in policies() if row.current is not None]


def at_a_glance(spec: PolicySpec) -> list[Glance]:
    return [
        Glance(
            priority,
            _span(spec, priority, Metric.FIRST_RESPONSE),
            _span(spec, priority, Metric.RESOLUTION),
        )
        for priority in PRIORITIES
    ]


def promises(spec: PolicySpec, known: Named) -> list[Promise]:
    """Everything that is promised, row by row."""
    rows: dict[str, list[tuple[str, str]]] = {}
    order = list(Metric)
    targets = sorted(
        spec.every_target(), key=lambda each: (GROUPS.index(each[0]), each[1], order.index(Metric(each[2])))
    )
    for group, key, metric, target in targets:
        parts = rows.setdefault(whose(group, key, known), [])
        parts.append((str(Metric(metric).label), target_words(target, known)))
    for priority, goal in sorted(spec.goals.items()):
        rows.setdefault(f"P{priority}", []).append(("", goal_words(goal)))
    return [Promise(name, parts) for name, parts in rows.items()]


def rests(spec: PolicySpec) -> list[str]:
    return [pause_words(code) for code in spec.pauses]


def acts(spec: PolicySpec) -> list[tuple[int, str]]:
    """What happens at each share of a target."""
    return [(each.share, threshold_words(each)) for each in spec.thresholds]


def history(policy: Policy, known: Named) -> list[Published]:
    """Its versions, the newest first."""
    rows = list(PolicyVersion.objects.filter(policy=policy).select_related("by").order_by("-number"))
    specs = [from_json(row.spec) for row in rows]
    before = [*specs[1:], None]
    return [
        Published(row, differences(old, spec, known) if old else [])
        for row, spec, old in zip(rows, specs, before, strict=True)
    ]


def open_tickets_judged_by(policy: Policy) -> int:
    """How many tickets have an open clock that a version of it judges."""
    rows = Clock.objects.filter(policy__policy=policy).exclude(state=Clock.State.ENDED)
    return int(rows.aggregate(n=Count("ticket", distinct=True))["n"])


def _span(spec: PolicySpec, priority: int, metric: Metric) -> str:
    target = spec.target(metric, priority=priority)
    return spell(target.minutes) if target else ""
