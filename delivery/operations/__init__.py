"""The only writers of deliveries, mails and heartbeats."""

from delivery.operations.delivering import claim, deliver, release
from delivery.operations.heartbeats import answer
from delivery.operations.mailing import send_mail_row
from delivery.operations.noticing import mark_read, notify, prune_notices
from delivery.operations.pruning import prune_deliveries, prune_mails
from delivery.operations.queueing import NewDelivery, enqueue, enqueue_many
from delivery.operations.replaying import replay
from delivery.operations.webhooks import change_webhook, create_webhook, renew_secret, send_to_webhook

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
    "prune_deliveries",
    "prune_mails",
    "prune_notices",
    "release",
    "renew_secret",
    "replay",
    "send_mail_row",
    "send_to_webhook",
]
