"""How a receiver fares: it rests after failures, is taken out of use when it is gone or fails for days."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce

from accounts import events as accounts
from delivery import settings_events
from delivery.models import Delivery, Webhook
from delivery.operations.queueing import enqueue

ENDED_KIND = "webhook.ended"
"""Tells the owner; handled above, where mails are written."""
FAILURES_BEFORE_REST = 3
FIRST_REST, LONGEST_REST = timedelta(seconds=10), timedelta(minutes=5)
PATIENCE = timedelta(days=3)
FEWEST_FAILURES = 10
"""Of a receiver that is hardly ever sent anything, one failure three days ago says nothing."""


def answered_well(webhook: Webhook) -> None:
    """It is there: what it has failed before is forgotten, and nothing waits any longer."""
    if webhook.failures or webhook.failing_since or webhook.rests_until:
        Webhook.objects.filter(pk=webhook.pk).update(failures=0, failing_since=None, rests_until=None)


def failed_again(webhook: Webhook, *, at: datetime) -> None:
    """After some failures in a row it rests, longer each time, up to five minutes; after three days it is paused."""
    failures = webhook.failures + 1
    rest = rest_after(failures)
    Webhook.objects.filter(pk=webhook.pk).update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", Value(at, output_field=DateTimeField())),
        rests_until=at + rest if rest else None,
    )
    since = webhook.failing_since
    if since is not None and at - since >= PATIENCE and failures >= FEWEST_FAILURES:
        end_webhook(webhook, because=Webhook.Off.FAILING, at=at)


def rest_after(failures: int) -> timedelta:
    """Nothing after the first two, which may be about one message; then 10 s, 20 s, 40 s ... 5 min."""
    if failures < FAILURES_BEFORE_REST:
        return timedelta()
    return min(FIRST_REST * float(2 ** min(failures - FAILURES_BEFORE_REST, 10)), LONGEST_REST)


@transaction.atomic
def end_webhook(webhook: Webhook, *, because: Webhook.Off, at: datetime) -> bool:
    """Take it out of use, give up what waits, and have its owner told. Says whether it was in use until now."""
    row = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
    if not row.is_enabled:
        return False
    put_out_of_use(row, because=because, at=at)
    kind = settings_events.WEBHOOK_GONE if because == Webhook.Off.GONE else settings_events.WEBHOOK_FAILED
    accounts.record(kind, by=None, at=at, about=row.pk)
    enqueue(
        ENDED_KIND,
        {"webhook": row.pk, "because": str(because)},
        dedupe_key=f"{ENDED_KIND}:{row.pk}:{at.isoformat()}",
        at=at,
    )
    return True


def put_out_of_use(webhook: Webhook, *, because: Webhook.Off, at: datetime) -> None:
    """Of a row that is locked. What waits for it is given up, and can be replayed once it is in use again."""
    webhook.is_enabled, webhook.off_because, webhook.off_at = False, because, at
    webhook.save(update_fields=["is_enabled", "off_because", "off_at"])
    give_up_waiting(webhook, at=at, why=f"The webhook was taken out of use: {because.label}.")


def give_up_waiting(webhook: Webhook, *, at: datetime, why: str) -> int:
    """What is being delivered at this moment is left to its worker."""
    waiting = Delivery.objects.filter(webhook_id=webhook.pk, state=Delivery.State.WAITING)
    return waiting.update(state=Delivery.State.DEAD, next_at=at, last_error=why)
