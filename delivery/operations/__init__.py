"""The only writers of deliveries, mails and heartbeats."""

from delivery.operations.calling import are_calls_due, claim_calls
from delivery.operations.delivering import claim, deliver, hold, release
from delivery.operations.heartbeats import answer
from delivery.operations.mailing import send_mail_row
from delivery.operations.noticing import mark_read, notify, notify_again, prune_notices
from delivery.operations.pruning import prune_deliveries, prune_mails, prune_webhook_calls
from delivery.operations.queueing import NewDelivery, enqueue, enqueue_many
from delivery.operations.replaying import replay, replay_since
from delivery.operations.webhooks import (
    change_webhook,
    create_webhook,
    delete_webhook,
    end_old_secret,
    message_to,
    renew_secret,
    replay_for,
    replay_since_for,
    send_again,
    send_to_webhook,
    try_webhook,
    use_webhook,
)

__all__ = [
    "NewDelivery",
    "answer",
    "are_calls_due",
    "change_webhook",
    "claim",
    "claim_calls",
    "create_webhook",
    "delete_webhook",
    "deliver",
    "end_old_secret",
    "enqueue",
    "enqueue_many",
    "hold",
    "mark_read",
    "message_to",
    "notify",
    "notify_again",
    "prune_deliveries",
    "prune_mails",
    "prune_notices",
    "prune_webhook_calls",
    "release",
    "renew_secret",
    "replay",
    "replay_for",
    "replay_since",
    "replay_since_for",
    "send_again",
    "send_mail_row",
    "send_to_webhook",
    "try_webhook",
    "use_webhook",
]
