"""How contract goals stand: "95 % of P2 in a calendar month" against what happened so far.

- A ticket is judged once its verdict falls: by its first breach, or by being resolved with none. It counts in the
  calendar month (in the desk's zone) of that moment; a breach is at the due time, not when somebody noticed.
- Its verdict is the worst of its cycles of what was promised to the requester: first and next response, update,
  resolution. Cycles that were taken back or went on in another ticket count nowhere; a cancelled ticket only if it
  was breached before, and one that was set aside as no request (noise, spam, not for IT) never.
- It counts for the policy and priority by which the deciding cycle was judged: that of the breach, else the last.
- The month can bear so many more breaches as leave the share of kept ones, all counted so far, at the goal or above.
  An open ticket without a breach is not judged yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from fractions import Fraction
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from sla.models import Clock, Policy
from sla.spec import REQUESTER_METRICS, Goal, from_json
from tickets.models import Status
from tickets.models.querysets import countable

COUNTS = Q(metric__in=REQUESTER_METRICS) & ~Q(outcome__in=[Clock.Outcome.VOID, Clock.Outcome.MERGED])
BREACHED = Q(breached_at__isnull=False)

Counts = dict[tuple[int, int], int]
"""Tickets by policy and priority."""


@dataclass(frozen=True)
class Standing:
    """One goal in one month, up to now."""

    policy: int
    policy_name: str
    priority: int
    goal: Goal
    kept: int
    breached: int

    @property
    def judged(self) -> int:
        return self.kept + self.breached

    @property
    def compliance(self) -> float | None:
        """Percent of the judged tickets that were kept; None where none is judged yet."""
        return 100 * self.kept / self.judged if self.judged else None

    @property
    def is_missed(self) -> bool:
        """Below the goal as it stands."""
        return self._bears < 0

    @property
    def more_breaches(self) -> int:
        """How many more the month can bear if nothing else is judged."""
        return max(self._bears, 0)

    @property
    def _bears(self) -> int:
        """The largest n for which kept / (judged + n) still reaches the goal; negative where it is missed."""
        return int(self.kept * 100 // Fraction(str(self.goal.percent))) - self.judged


def standings(*, at: datetime) -> list[Standing]:
    """Every goal of the policies in use in the month of `at`, in the order of the policies: three queries."""
    since, until = month_of(at, timezone.get_default_timezone())
    goals = goals_in_force()
    if not goals:
        return []
    kept, breached = _count(_kept(since, until)), _count(_breached(since, until))
    return [
        Standing(pk, name, priority, goal, kept.get((pk, priority), 0), breached.get((pk, priority), 0))
        for pk, name, priority, goal in goals
    ]


def goals_in_force() -> list[tuple[int, str, int, Goal]]:
    """Key and name of each policy in use, with each of its goals by priority; in the order of the policies."""
    rows = Policy.objects.filter(is_enabled=True, current__isnull=False)
    return [
        (pk, name, priority, goal)
        for pk, name, spec in rows.values_list("pk", "name", "current__spec")
        for priority, goal in sorted(from_json(spec).goals.items())
    ]


def decided_counts(since: datetime, until: datetime, *, organisation: int = 0) -> tuple[Counts, Counts]:
    """How many tickets were kept and how many breached in this time, by policy and priority; two queries."""
    kept, breached = _kept(since, until), breached_first(since, until, organisation=organisation)
    return _count(kept.filter(ticket__organisation=organisation) if organisation else kept), _count(breached)


def breached_first(since: datetime, until: datetime, *, organisation: int = 0) -> "QuerySet[Clock]":
    """The clocks by whose breach tickets were judged in this time: of each ticket its first."""
    rows = _breached(since, until)
    return rows.filter(ticket__organisation=organisation) if organisation else rows


class Decided(NamedTuple):
    """What decided a ticket of a month: the clock that was breached first, or the one that was met last."""

    policy: int
    priority: int
    ticket: int
    metric: str
    scope: int
    is_breached: bool


def decided(since: datetime, until: datetime, *, organisation: int = 0) -> list[Decided]:
    """Every ticket that is judged in this time, of one organisation or of all; two queries."""
    names = ("policy__policy", "priority", "ticket", "metric", "scope")
    found = []
    for rows, is_breached in ((_kept(since, until), False), (_breached(since, until), True)):
        own = rows.filter(ticket__organisation=organisation) if organisation else rows
        told: Any = own.order_by("ticket").values_list(*names)
        found += [
            Decided(policy, priority, ticket, metric, scope, is_breached)
            for policy, priority, ticket, metric, scope in told
        ]
    return found


def month_of(at: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The calendar month around `at` where `zone` is: from (with it) and until (without it)."""
    since = at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    year, month = (since.year + 1, 1) if since.month == 12 else (since.year, since.month + 1)
    return since, since.replace(year=year, month=month)


def _breached(since: datetime, until: datetime) -> "QuerySet[Clock]":
    """The first breach of each ticket, where it fell into the month."""
    first = Q(breached_at__lt=OuterRef("breached_at")) | Q(
        breached_at=OuterRef("breached_at"), pk__lt=OuterRef("pk")
    )
    rows = Clock.objects.filter(COUNTS, countable("ticket"), breached_at__gte=since, breached_at__lt=until)
    return rows.exclude(Exists(_others().filter(first)))


def _kept(since: datetime, until: datetime) -> "QuerySet[Clock]":
    """The cycle that ended last, of each ticket that is resolved and was never breached."""
    later = Q(ended_at__gt=OuterRef("ended_at")) | Q(ended_at=OuterRef("ended_at"), pk__gt=OuterRef("pk"))
    undone = BREACHED | ~Q(state=Clock.State.ENDED) | (Q(outcome=Clock.Outcome.MET) & later)
    rows = Clock.objects.filter(
        COUNTS,
        outcome=Clock.Outcome.MET,
        ended_at__gte=since,
        ended_at__lt=until,
        ticket__status__in=[Status.RESOLVED, Status.CLOSED],
    )
    return rows.exclude(Exists(_others().filter(undone)))


def _others() -> "QuerySet[Clock]":
    """Cycles that count, of the same ticket."""
    return Clock.objects.filter(COUNTS, ticket=OuterRef("ticket"))


def _count(rows: "QuerySet[Clock]") -> Counts:
    found: Iterable[tuple[Any, int, int]] = (
        rows.order_by().values_list("policy__policy", "priority").annotate(n=Count("pk"))
    )
    return {(policy, priority): count for policy, priority, count in found}
