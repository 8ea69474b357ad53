from delivery.models.deliveries import Delivery, DeliveryQuerySet
from delivery.models.heartbeats import Heartbeat
from delivery.models.mails import Mail
from delivery.models.notices import Notice
from delivery.models.pieces import Piece
from delivery.models.preferences import NoticePreferences
from delivery.models.templates import MailTemplate
from delivery.models.webhooks import Webhook, WebhookCall, WebhookQuerySet

__all__ = [
    "Delivery",
    "DeliveryQuerySet",
    "Heartbeat",
    "Mail",
    "MailTemplate",
    "Notice",
    "NoticePreferences",
    "Piece",
    "Webhook",
    "WebhookCall",
    "WebhookQuerySet",
]
