"""Which tickets a figure counts: one condition for the number and for the list behind it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from insights.cuts import Cut
from insights.measures import LEVELS
from insights.models import TicketFact
from insights.queries.narrowing import narrowed

OPENED, RESOLVED, ENDED = "opened_on", "resolved_on", "ended_on"
"""By which day a figure counts."""
SPANS = (
    "response_seconds",
    "response_business_seconds",
    "resolution_seconds",
    "resolution_business_seconds",
)


@dataclass(frozen=True)
class Part:
    """Of the facts of the cut by this day: `of` of them could be in the figure, `n` of these are."""

    day: str
    n: Q = field(default_factory=Q)
    of: Q = field(default_factory=Q)


def _parts() -> Iterator[tuple[str, Part]]:
    yield "opened", Part(OPENED)
    yield "resolved", Part(RESOLVED)
    yield "ended", Part(ENDED)
    # Of what was imported nobody knows how it was answered.
    yield "first_contact", Part(RESOLVED, n=Q(is_first_contact=True), of=Q(is_imported=False))
    for key, condition in _of_resolved():
        yield key, Part(RESOLVED, condition)
    for level in LEVELS[:-1]:
        yield (
            f"escalated_l{level}",
            Part(RESOLVED, n=Q(path__regex=f"{level}[{level + 1}-4]"), of=Q(path__contains=str(level))),
        )


def _of_resolved() -> Iterator[tuple[str, Q]]:
    for span in SPANS:
        has_one = Q(**{f"{span}__isnull": False})
        yield from ((f"{span.removesuffix('_seconds')}_{rank}", has_one) for rank in ("median", "p90"))
    for level in LEVELS:
        yield f"resolved_l{level}", Q(level=level)
    yield "first_tier", Q(is_first_tier=True)
    yield "escalated", Q(handoffs_up__gt=0)
    yield "bounced", Q(bounces__gt=0)
    yield "ping_pong", Q(ping_pongs__gt=0)
    yield "reopened", Q(reopened__gt=0)
    yield "rating", Q(rating__isnull=False)
    yield "rated", Q(rating__isnull=False)
    yield "worked", Q(minutes_worked__gt=0)
    yield "cost", Q()


PARTS: dict[str, Part] = dict(_parts())
"""What needs no more than a ticket's own facts; the backlog, promises and hands are elsewhere."""


def counted(cut: Cut) -> "QuerySet[TicketFact]":
    """The facts of a cut, whatever the period."""
    return TicketFact.objects.filter(narrowed(cut, fact="")).order_by()


def within(cut: Cut, day: str) -> "QuerySet[TicketFact]":
    """Those whose day is in the period."""
    return counted(cut).filter(**{f"{day}__range": (cut.period.first, cut.period.last)})


def backlog_at_end(cut: Cut) -> "QuerySet[TicketFact]":
    """Those that were open when the last day ended, or are open now where it has not."""
    last = cut.period.last
    return counted(cut).filter(Q(ended_on__isnull=True) | Q(ended_on__gt=last), opened_on__lte=last)
