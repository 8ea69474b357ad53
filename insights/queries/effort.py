"""How long tickets take, by what the last resolved ones took: for reckoning a day, not for judging anybody.

The best that is known is taken: the median of the minutes that were logged on tickets of the same category and
priority; of the same priority; the median of the business time that such ones lay with the tier (which is longer than
the work, for they wait there as well); what the tier has promised for its work; what the desk has promised for the
resolution. Fewer than `ENOUGH` tickets are no measure.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Any

from django.core.cache import cache

from insights.fitting import NOTHING, Source
from insights.models import HandFact, TicketFact, Who
from sla.book import Rules, rules_in_force
from sla.models import Metric
from sla.spec import PolicySpec

ENOUGH = 20
MOST_READ = 20_000
"""Of the last resolved tickets: enough for every category that matters, and read in the time of a page."""
KEY, KEPT_SECONDS = "insights:effort", 3 * 3600

Kind = tuple[int | None, int]
"""Category and priority; None is any category."""
Kept = tuple[dict[Kind, tuple[float, int]], dict[tuple[Kind, int], tuple[float, int]]]


@dataclass(frozen=True)
class Expected:
    """What a ticket is expected to take. `n` resolved ones say so; none where it was promised."""

    work: timedelta
    source: Source
    n: int = 0


@dataclass
class Effort:
    """Medians in minutes by category and priority, and, of hands, by level."""

    minutes: dict[Kind, tuple[float, int]] = field(default_factory=dict)
    hands: dict[tuple[Kind, int], tuple[float, int]] = field(default_factory=dict)
    promises: PolicySpec | None = None

    def of(self, *, category: int | None, priority: int, level: int) -> Expected:
        for kind in ((category, priority), (None, priority)):
            if (known := self.minutes.get(kind)) is not None:
                return Expected(timedelta(minutes=known[0]), Source.MINUTES, known[1])
        for kind in ((category, priority), (None, priority)):
            if (known := self.hands.get((kind, level))) is not None:
                return Expected(timedelta(minutes=known[0]), Source.HANDS, known[1])
        return self._promised(priority, level)

    def _promised(self, priority: int, level: int) -> Expected:
        if self.promises is not None:
            for metric in (Metric.WORK, Metric.RESOLUTION):
                target = self.promises.target(metric, priority=priority, scope=level)
                if target is not None:
                    return Expected(target.span, Source.TARGET)
        return Expected(NOTHING, Source.NOTHING)


def effort(rules: Rules | None = None) -> Effort:
    """As it was at most three hours ago: two queries then; and the one that asks what is promised, if not given."""
    kept: Kept | None = cache.get(KEY)
    if kept is None:
        kept = _minutes(), _hands()
        cache.set(KEY, kept, KEPT_SECONDS)
    default = next((rule.spec for rule in (rules or rules_in_force()).rules if rule.is_default), None)
    minutes, hands = kept
    return Effort(minutes, hands, default)


def forget() -> None:
    cache.delete(KEY)


def _minutes() -> dict[Kind, tuple[float, int]]:
    rows = TicketFact.objects.filter(is_counted=True, resolved_on__isnull=False).order_by("-resolved_on")
    found: dict[Kind, list[int]] = defaultdict(list)
    for category, priority, minutes in rows.values_list("category_id", "priority", "minutes_worked")[
        :MOST_READ
    ]:
        if minutes:
            found[category, priority].append(minutes)
            if category is not None:
                found[None, priority].append(minutes)
    return dict(_medians(found.items()))


def _hands() -> dict[tuple[Kind, int], tuple[float, int]]:
    last = TicketFact.objects.filter(is_counted=True, resolved_on__isnull=False).order_by("-resolved_on")
    rows = HandFact.objects.filter(
        who=Who.TIER, ticket__in=last.values("ticket_id")[: MOST_READ // 4]
    ).values_list("ticket__fact__category_id", "ticket__fact__priority", "level", "business_seconds")
    found: dict[tuple[Kind, int], list[float]] = defaultdict(list)
    for category, priority, level, seconds in rows:
        found[(category, priority), level].append(seconds / 60)
        if category is not None:
            found[(None, priority), level].append(seconds / 60)
    return dict(_medians(found.items()))


def _medians(groups: Iterable[tuple[Any, list[Any]]]) -> Iterable[tuple[Any, tuple[float, int]]]:
    return ((key, (float(median(rows)), len(rows))) for key, rows in groups if len(rows) >= ENOUGH)
