"""Writing deliveries down, in the transaction of the change that causes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from psycopg2.extras import Json, execute_values

from delivery import doorbell, handlers
from delivery.models import Delivery


@dataclass(frozen=True, kw_only=True)
class NewDelivery:
    """What is to be delivered. The payload holds ids and codes, never words: it outlives erasure."""

    kind: str
    payload: dict[str, Any]
    event_id: int | None = None
    ticket_number: int | None = None
    dedupe_key: str | None = None
    order_key: str = ""
    not_before: datetime | None = None
    max_attempts: int | None = None
    webhook_id: int | None = None


def enqueue(
    kind: str,
    payload: dict[str, Any],
    *,
    at: datetime,
    event_id: int | None = None,
    ticket_number: int | None = None,
    dedupe_key: str | None = None,
    order_key: str = "",
    not_before: datetime | None = None,
    max_attempts: int | None = None,
    webhook_id: int | None = None,
) -> Delivery:
    """Write one delivery and return it. With a dedupe key that exists, return the one that has it."""
    new = NewDelivery(
        kind=kind,
        payload=payload,
        event_id=event_id,
        ticket_number=ticket_number,
        dedupe_key=dedupe_key,
        order_key=order_key,
        not_before=not_before,
        max_attempts=max_attempts,
        webhook_id=webhook_id,
    )
    row = _row(new, at)
    if dedupe_key is None:
        row.save(force_insert=True)
    else:
        Delivery.objects.bulk_create([row], ignore_conflicts=True)
        row = Delivery.objects.get(dedupe_key=dedupe_key)
    ring_after_commit()
    return row


def enqueue_many(deliveries: Iterable[NewDelivery], *, at: datetime) -> None:
    """Write them in one INSERT; those whose dedupe key exists already are left out."""
    rows = [_values(new, at) for new in deliveries]
    if not rows:
        return
    with connection.cursor() as cursor:
        execute_values(cursor, _INSERT, rows, template=_VALUES, page_size=len(rows))
    ring_after_commit()


# By hand: there may be thousands at once, and Django takes longer to write such a query than PostgreSQL to run it.
_INSERT = """
    INSERT INTO delivery_delivery
        (kind, payload, event_id, ticket_number, dedupe_key, order_key, max_attempts, next_at, created_at,
         lane, webhook_id, state, attempts, leased_by, last_error)
    VALUES %s ON CONFLICT (dedupe_key) DO NOTHING
"""
_VALUES = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', 0, '', '')"


def _values(new: NewDelivery, at: datetime) -> tuple[Any, ...]:
    return (
        new.kind,
        Json(new.payload),
        new.event_id,
        new.ticket_number,
        new.dedupe_key,
        new.order_key,
        new.max_attempts or settings.DELIVERY_MAX_ATTEMPTS,
        new.not_before or at,
        at,
        handlers.lane_of(new.kind).value,
        new.webhook_id,
    )


def _row(new: NewDelivery, at: datetime) -> Delivery:
    return Delivery(
        kind=new.kind,
        payload=new.payload,
        event_id=new.event_id,
        ticket_number=new.ticket_number,
        dedupe_key=new.dedupe_key,
        order_key=new.order_key,
        max_attempts=new.max_attempts or settings.DELIVERY_MAX_ATTEMPTS,
        next_at=new.not_before or at,
        created_at=at,
        lane=handlers.lane_of(new.kind),
        webhook_id=new.webhook_id,
    )


def ring_after_commit() -> None:
    """Ring once per transaction, however many deliveries it writes.

    Django keeps the callbacks of a transaction on the connection and drops those of a savepoint that is
    rolled back, so looking there is exact: a ring that is listed will happen if anything of ours does.
    """
    connection = transaction.get_connection()
    if any(callback is doorbell.ring for _, callback, _ in connection.run_on_commit):
        return
    transaction.on_commit(doorbell.ring, robust=True)
