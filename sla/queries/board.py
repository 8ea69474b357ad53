"""What a lead has to see at once about the clocks of open tickets. Each function is one query."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count

from sla.models import Clock, Metric
from tickets.models import FAR, TicketQuerySet

MOST_COUNTED = 2_000
"""Of what is over its time; with more than that, which promise it is matters less than that it is so many."""

Place = tuple[int, int]
"""Tier and team."""


def over_by_metric(tickets: TicketQuerySet, *, at: datetime) -> dict[str, int] | None:
    """How many of these tickets' clocks run and are over, by metric; None where there are too many to tell."""
    rows = Clock.objects.filter(state=Clock.State.RUNNING, due_at__lt=at, ticket__in=tickets)
    found = list(rows.order_by().values_list("metric", flat=True)[: MOST_COUNTED + 1])
    return dict(Counter(found).most_common()) if len(found) <= MOST_COUNTED else None


def paused_by_place(tickets: TicketQuerySet) -> dict[Place, int]:
    """How many of these tickets have nothing due because their resolution clock rests (`clock_paused` of lists)."""
    rows = Clock.objects.filter(
        state=Clock.State.PAUSED,
        metric=Metric.RESOLUTION,
        ticket__in=tickets,
        ticket__in_queue=True,
        ticket__next_due_at=FAR,
    )
    counted = rows.order_by().values_list("ticket__tier_id", "ticket__team_id")
    return {(tier, team): n for tier, team, n in counted.annotate(n=Count("ticket_id", distinct=True))}


def paused_longest(tickets: TicketQuerySet, *, many: int) -> Sequence[Clock]:
    """The resolution clocks that have rested longest, each with its ticket."""
    rows = Clock.objects.filter(
        state=Clock.State.PAUSED, metric=Metric.RESOLUTION, ticket__in=tickets, ticket__in_queue=True
    )
    return list(rows.select_related("ticket").order_by("since", "id")[:many])
