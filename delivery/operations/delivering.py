"""Taking what is due, doing it, and writing down how it went."""

import logging
import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from delivery import handlers
from delivery.models import Delivery, DeliveryQuerySet

logger = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=6)
ERROR_LENGTH = 2000


@transaction.atomic
def claim(*, limit: int, worker: str, at: datetime, lane: Delivery.Lane | None = None) -> list[Delivery]:
    """Lease up to `limit` due deliveries to `worker`. No two workers get the same one.

    Rows that another worker is just claiming are skipped, not waited for. A lease that ran out is due
    again, unless it was the last try: a delivery that kills its workers is given up like any other.

    Args:
        lane: of this one alone; by default of all.
    """
    due = Delivery.objects.due(at) if lane is None else Delivery.objects.due(at).in_lane(lane)
    return take(
        due.select_for_update(skip_locked=True).order_by("next_at", "id")[:limit], worker=worker, at=at
    )


def take(due: Iterable[Delivery], *, worker: str, at: datetime) -> list[Delivery]:
    """Lease these locked rows; those that were lost during their last try are given up instead."""
    rows = list(due)
    lost = [row.pk for row in rows if row.state == Delivery.State.LEASED and row.is_last_try]
    if lost:
        Delivery.objects.filter(pk__in=lost).update(
            state=Delivery.State.DEAD,
            next_at=at,
            lease_until=None,
            last_error="The worker was lost during the last try.",
        )
    taken = [row for row in rows if row.pk not in lost]
    if taken:
        _lease(taken, worker, at)
    return taken


def deliver(delivery: Delivery, *, at: datetime) -> bool:
    """Run the handler of a leased delivery and write down the outcome; say whether it is done.

    Never raises for what a handler does. A lease that is no longer ours is left alone.
    """
    if not _still_ours(delivery, at):
        return False
    try:
        handlers.handler_for(delivery.kind)(delivery.payload, delivery, at)
    except Exception as error:  # the handler's failure is data: it is stored, retried and shown
        logger.warning("delivery %s (%s) failed: %s", delivery.pk, delivery.kind, error)
        _failed(delivery, error, at)
        return False
    _leased_as(delivery).update(
        state=Delivery.State.DONE, done_at=at, lease_until=None, next_at=at, last_error=""
    )
    return True


def hold(delivery: Delivery, *, at: datetime) -> bool:
    """Keep the lease of a delivery that takes longer than one; False where it is no longer ours."""
    return _still_ours(delivery, at)


def release(deliveries: list[Delivery], *, at: datetime) -> int:
    """Give back what was claimed and not begun, for any worker to take at once."""
    return sum(
        _leased_as(delivery).update(
            state=Delivery.State.WAITING,
            attempts=F("attempts") - 1,
            next_at=at,
            lease_until=None,
            leased_by="",
        )
        for delivery in deliveries
    )


def pause_after(attempts: int) -> timedelta:
    """10 s, 20 s, 40 s ... up to 6 h, each up to a fifth longer or shorter so that retries spread out."""
    doublings = min(attempts - 1, 20)
    pause = min(FIRST_PAUSE * float(2**doublings), LONGEST_PAUSE)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311  (nothing secret)


def _lease(rows: list[Delivery], worker: str, at: datetime) -> None:
    until = at + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Delivery.State.LEASED,
        attempts=F("attempts") + 1,
        next_at=until,
        lease_until=until,
        leased_by=worker,
    )
    for row in rows:
        row.state, row.attempts, row.leased_by = Delivery.State.LEASED, row.attempts + 1, worker
        row.next_at = row.lease_until = until


def _still_ours(delivery: Delivery, at: datetime) -> bool:
    """With half of the lease gone, renew it first: those at the end of a slow batch would run out."""
    lease = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    if delivery.lease_until is not None and at <= delivery.lease_until - lease / 2:
        return True
    return bool(_leased_as(delivery).update(lease_until=at + lease, next_at=at + lease))


def _leased_as(delivery: Delivery) -> DeliveryQuerySet:
    """This very lease: the number of the attempt tells it from a later one of the same worker."""
    return Delivery.objects.filter(
        pk=delivery.pk,
        state=Delivery.State.LEASED,
        leased_by=delivery.leased_by,
        attempts=delivery.attempts,
    )


def _failed(delivery: Delivery, error: Exception, at: datetime) -> None:
    is_final = delivery.is_last_try or isinstance(error, handlers.Undeliverable)
    _leased_as(delivery).update(
        state=Delivery.State.DEAD if is_final else Delivery.State.WAITING,
        next_at=at if is_final else at + pause_after(delivery.attempts),
        lease_until=None,
        last_error=_describe(error),
    )


def _describe(error: Exception) -> str:
    text = str(error) if isinstance(error, handlers.Undeliverable) else f"{type(error).__name__}: {error}"
    # PostgreSQL refuses NUL in text, and an error that cannot be stored would hide the first one.
    return text.replace("\x00", "")[:ERROR_LENGTH]
