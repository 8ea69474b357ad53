"""Taking calls of webhooks that are due: a few of each receiver at a time, so that a slow one slows nobody else."""

from datetime import datetime

from django.db import connection, transaction

from delivery.models import Delivery
from delivery.operations.delivering import take

AT_ONCE = 2
"""Calls of one webhook that are under way at the same time, in all workers together."""
_LOCK = 7_403_001
"""Whoever counts what is under way and takes more does so alone."""

# By hand: for each webhook its own few, however many wait for another one. A test (one attempt) waits for no rest.
_DUE = """
    SELECT due.id FROM delivery_webhook webhook CROSS JOIN LATERAL (
        SELECT row.id, row.next_at FROM delivery_delivery row
        WHERE row.webhook_id = webhook.id AND row.state <> 'done' AND row.state IN ('waiting', 'leased')
          AND row.next_at <= %(at)s AND row.lane = 'calls'
          AND (webhook.rests_until IS NULL OR webhook.rests_until <= %(at)s OR row.max_attempts = 1)
          AND (row.order_key = '' OR NOT EXISTS (
            SELECT 1 FROM delivery_delivery older
            WHERE older.order_key = row.order_key AND older.order_key <> '' AND older.id < row.id
              AND older.state IN ('waiting', 'leased')))
        ORDER BY row.next_at, row.id
        LIMIT greatest(0, %(at_once)s - (
            SELECT count(*) FROM delivery_delivery busy
            WHERE busy.webhook_id = webhook.id AND busy.state = 'leased' AND busy.next_at > %(at)s))
    ) due ORDER BY due.next_at, due.id LIMIT %(limit)s
"""


@transaction.atomic
def claim_calls(*, limit: int, worker: str, at: datetime) -> list[Delivery]:
    """Lease up to `limit` calls that are due, and no more than `AT_ONCE` of each webhook.

    Of a webhook that rests after failures none. Per ticket they stay in order, as their keys say.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_DUE, {"at": at, "at_once": AT_ONCE, "limit": limit})
        keys = [key for (key,) in cursor.fetchall()]
    if not keys:
        return []
    rows = Delivery.objects.filter(pk__in=keys).select_for_update(skip_locked=True)
    return take(rows.order_by("next_at", "id"), worker=worker, at=at)


def are_calls_due(at: datetime) -> bool:
    """Whether a worker that asks now would be given any."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"at": at, "at_once": AT_ONCE, "limit": 1})
        return cursor.fetchone() is not None
