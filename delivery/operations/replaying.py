from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from delivery.models import Delivery
from delivery.operations.queueing import ring_after_commit


@transaction.atomic
def replay(ids: Iterable[int], *, by: User | None, at: datetime) -> int:
    """Try these again now, with all their attempts; return how many. Only administrators (None: the system).

    Takes what was given up and what waits for its next attempt. What is done stays done.
    """
    if by is not None and not by.is_administrator:
        raise PermissionDenied("Only an administrator replays deliveries.")
    replayable = Delivery.objects.filter(
        pk__in=list(ids), state__in=[Delivery.State.DEAD, Delivery.State.WAITING]
    )
    count = replayable.update(
        state=Delivery.State.WAITING,
        attempts=0,
        next_at=at,
        leased_by="",
        replayed_by=by,
        replayed_at=at,
    )
    if count:
        ring_after_commit()
    return count
