"""Counting the use of what is ready-made. Who writes and changes it stands in `tickets/settings`."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from accounts.models import User
from tickets.models import ReadyUse, Ticket

KEPT = timedelta(days=366)


def count_uses(used: Iterable[tuple[str, int]], *, ticket: Ticket, by: User, at: datetime) -> None:
    """Note what was used in one message or ticket, each once."""
    rows = [ReadyUse(of=of, about=key, by=by, ticket=ticket, at=at) for of, key in dict.fromkeys(used)]
    if rows:
        ReadyUse.objects.bulk_create(rows)


def forget_uses(*, at: datetime) -> int:
    return ReadyUse.objects.filter(at__lt=at - KEPT).delete()[0]
