"""The only writers of deliveries, mails and heartbeats."""

from delivery.operations.delivering import claim, deliver, release
from delivery.operations.heartbeats import answer
from delivery.operations.mailing import send_mail_row
from delivery.operations.noticing import mark_read, notify, notify_again, prune_notices
from delivery.operations.pruning import prune_deliveries, prune_mails, prune_webhook_calls
from delivery.operations.queueing import NewDelivery, enqueue, enqueue_many
from delivery.operations.replaying import replay
from delivery.operations.webhooks import (
    change_webhook,
    create_webhook,
    renew_secret,
    send_again,
    send_to_webhook,
    try_webhook,
    use_webhook,
)

__all__ = [
    "NewDelivery",
    "answer",
    "change_webhook",
    "claim",
    "create_webhook",
    "deliver",
    "enqueue",
    "enqueue_many",
    "mark_read",
    "notify",
    "notify_again",
    "prune_deliveries",
    "prune_mails",
    "prune_notices",
    "prune_webhook_calls",
    "release",
    "renew_secret",
    "replay",
    "send_again",
    "send_mail_row",
    "send_to_webhook",
    "try_webhook",
    "use_webhook",
]
