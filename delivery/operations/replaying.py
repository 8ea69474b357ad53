from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.models import Delivery, Webhook
from delivery.operations.queueing import ring_after_commit

MOST_AT_ONCE = 10_000


@transaction.atomic
def replay(ids: Iterable[int], *, by: User | None, at: datetime, is_theirs: bool = False) -> int:
    """Try these again now, with all their attempts; return how many. Only administrators (None: the system).

    Takes what was given up and what waits for its next attempt. What is done stays done; what goes to a webhook that
    was deleted stays given up.

    Args:
        is_theirs: the caller has seen that all of them go to a webhook that `by` keeps.
    """
    if by is not None and not by.is_administrator and not is_theirs:
        raise PermissionDenied(_("Only an administrator replays deliveries."))
    replayable = Delivery.objects.filter(
        pk__in=list(ids), state__in=[Delivery.State.DEAD, Delivery.State.WAITING]
    )
    there = Exists(Webhook.objects.filter(pk=OuterRef("webhook_id")))
    count = replayable.exclude(~there, webhook_id__isnull=False).update(
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


@transaction.atomic
def replay_since(
    since: datetime,
    *,
    by: User | None,
    at: datetime,
    webhook_id: int | None = None,
    limit: int = MOST_AT_ONCE,
    is_theirs: bool = False,
) -> int:
    """Try all again that was written since then and was given up, oldest first; return how many.

    Args:
        webhook_id: only what goes to this webhook.
        limit: at most so many; who gets as many as that asks once more.
    """
    dead = Delivery.objects.dead().filter(created_at__gte=since)
    if webhook_id is not None:
        dead = dead.filter(webhook_id=webhook_id)
    return replay(
        dead.order_by("created_at", "id").values_list("pk", flat=True)[:limit],
        by=by,
        at=at,
        is_theirs=is_theirs,
    )
