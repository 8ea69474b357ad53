"""Forgetting what is done and old, in batches small enough to disturb nobody."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from delivery.models import Delivery, Mail, Notice, Piece, WebhookCall

BATCH = 1000
BATCHES = 200


def prune_deliveries(*, at: datetime) -> int:
    """Delete deliveries that were done long ago. Those given up stay until somebody replays them."""
    before = at - timedelta(days=settings.DELIVERY_RETENTION_DAYS)
    return delete_in_batches(Delivery.objects.filter(state=Delivery.State.DONE, done_at__lt=before))


def prune_mails(*, at: datetime) -> int:
    """Delete mails that were sent long ago."""
    before = at - timedelta(days=settings.MAIL_RETENTION_DAYS)
    return delete_in_batches(Mail.objects.filter(state=Mail.State.SENT, sent_at__lt=before))


def prune_pieces(*, at: datetime) -> int:
    """Delete what is left of notices that were gathered into a mail long ago; their words went with the mail."""
    before = at - timedelta(days=settings.DELIVERY_RETENTION_DAYS)
    return delete_in_batches(Piece.objects.filter(left_at__lt=before))


def prune_webhook_calls(*, at: datetime) -> int:
    """Delete what was kept of calls long ago, whatever came of them."""
    before = at - timedelta(days=settings.DELIVERY_RETENTION_DAYS)
    return delete_in_batches(WebhookCall.objects.filter(created_at__lt=before))


def delete_in_batches(
    old: "models.QuerySet[Delivery] | models.QuerySet[Mail] | models.QuerySet[Notice] "
    "| models.QuerySet[Piece] | models.QuerySet[WebhookCall]",
) -> int:
    """A plain DELETE each time: nothing points at these rows, so there is nothing to collect first."""
    deleted = 0
    for _ in range(BATCHES):
        ids = list(old.order_by().values_list("pk", flat=True)[:BATCH])
        if not ids:
            break
        deleted += old.model.objects.filter(pk__in=ids).delete()[0]
    return deleted
