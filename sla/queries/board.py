"""What a lead has to see at once about the clocks of open tickets."""

from collections.abc import Sequence

from sla.models import Clock, Metric
from tickets.models import TicketQuerySet


def paused_longest(tickets: TicketQuerySet, *, many: int) -> Sequence[Clock]:
    """The resolution clocks that have rested longest, each with its ticket; one query."""
    rows = Clock.objects.filter(
        state=Clock.State.PAUSED, metric=Metric.RESOLUTION, ticket__in=tickets, ticket__in_queue=True
    )
    return list(rows.select_related("ticket").order_by("since", "id")[:many])
