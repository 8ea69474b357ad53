"""How far figures have come: whether every ticket is counted, and as of when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from insights.models import FactState
from tickets.models import Ticket

PATIENCE = timedelta(minutes=5)
"""How long the follower may be silent before pages say so."""


@dataclass(frozen=True)
class Freshness:
    """What readers of figures have to know about them, where there is anything to know."""

    counted: int | None = None
    """While all tickets are being counted anew: how many percent of them are."""
    as_of: datetime | None = None
    """Since when nothing new was counted, where that is long ago."""


def freshness(*, at: datetime) -> Freshness:
    """One query where all is well."""
    state = FactState.objects.filter(pk=1).first()
    if state is None or not state.is_whole:
        return Freshness(counted=_percent(state))
    if state.followed_at is not None and at - state.followed_at > PATIENCE:
        return Freshness(as_of=state.followed_at)
    return Freshness()


def _percent(state: FactState | None) -> int | None:
    """Nothing where there is no ticket yet."""
    if state is not None and state.recounted_to is not None:
        return 99
    walked = (state.walked_to if state else None) or 0
    counted = Ticket.objects.filter(pk__lte=walked).count() if walked else 0
    total = Ticket.objects.count()
    return min(99, 100 * counted // total) if total else None
