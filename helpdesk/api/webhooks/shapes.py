"""The shapes of answers about webhooks, for the description, and the functions that make them."""

from typing import Any

from rest_framework import serializers

from delivery.models import Delivery, Webhook, WebhookCall
from helpdesk.api.describing import listed
from helpdesk.api.rendering import stamp
from tickets.models import NUMBER_PREFIX

Shape = serializers.Serializer[Any]


class WebhookShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    url = serializers.CharField()
    kinds = serializers.ListField(
        child=serializers.CharField(), help_text="Events that it is told of; none where only rules call it."
    )
    filter = serializers.DictField(help_text="A tree of all, any, not and conditions; {} for every ticket.")
    owner = serializers.IntegerField(allow_null=True, help_text="Whose rights decide what it is told.")
    is_enabled = serializers.BooleanField()
    off_because = serializers.ChoiceField(
        choices=["", *Webhook.Off.values], help_text="Why it is not in use; empty while it is."
    )
    off_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    old_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then messages are signed with the old secret as well."
    )
    created_at = serializers.DateTimeField()


class WebhookWithSecret(WebhookShape):
    secret = serializers.CharField(
        allow_null=True, help_text="Shown this once; null where the answer is given again."
    )


class WebhookMessage(serializers.Serializer[Any]):
    """A delivery: one message, on its way or at its end."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=Delivery.State.values)
    attempts = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    next_at = serializers.DateTimeField()
    last_error = serializers.CharField()
    ticket = serializers.CharField(allow_null=True)
    event = serializers.CharField(allow_null=True)
    webhook = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)


class CallShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    delivery = serializers.IntegerField()
    event = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField()
    at = serializers.DateTimeField()
    is_test = serializers.BooleanField()
    status = serializers.IntegerField(allow_null=True, help_text="Null where nothing came back.")
    milliseconds = serializers.IntegerField()
    error = serializers.CharField()


class WholeCall(CallShape):
    url = serializers.CharField()
    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.CharField(help_text="What was sent, to the letter.")
    answer = serializers.CharField(help_text="The first 2,000 characters of what came back.")


MESSAGES = listed(WebhookMessage)

WEBHOOK = {
    "id": 3,
    "name": "Status board",
    "url": "https://board.example.com/in",
    "kinds": ["ticket.*"],
    "filter": {"field": "priority", "op": "is", "value": ["1"]},
    "owner": 7,
    "is_enabled": True,
    "off_because": "",
    "off_at": None,
    "failing_since": None,
    "old_secret_until": None,
    "created_at": "2026-11-27T09:00:00Z",
}
MESSAGE = {
    "id": 8812,
    "kind": "webhook",
    "state": "dead",
    "attempts": 15,
    "max_attempts": 15,
    "next_at": "2026-11-28T09:00:00Z",
    "last_error": "NotAnswered: The receiver answered 503.",
    "ticket": "TD-1042",
    "event": "evt_51207",
    "webhook": 3,
    "created_at": "2026-11-27T09:00:00Z",
    "done_at": None,
}
CALL = {
    "id": 501,
    "delivery": 8812,
    "event": "evt_51207",
    "attempt": 1,
    "at": "2026-11-27T09:00:01Z",
    "is_test": False,
    "status": 503,
    "milliseconds": 41,
    "error": "",
}
WHOLE_CALL = CALL | {
    "url": "https://board.example.com/in",
    "headers": {"webhook-id": "evt_51207", "webhook-timestamp": "1795770001", "webhook-signature": "v1,..."},
    "body": '{"id":"evt_51207","type":"ticket.resolved"}',
    "answer": "busy",
}


def webhook(row: Webhook) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "url": row.url,
        "kinds": row.kinds,
        "filter": row.filter,
        "owner": row.owner_id,
        "is_enabled": row.is_enabled,
        "off_because": row.off_because,
        "off_at": _time(row.off_at),
        "failing_since": _time(row.failing_since),
        "old_secret_until": _time(row.old_secret_until),
        "created_at": stamp(row.created_at),
    }


def message(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "state": row.state,
        "attempts": row.attempts,
        "max_attempts": row.max_attempts,
        "next_at": stamp(row.next_at),
        "last_error": row.last_error,
        "ticket": f"{NUMBER_PREFIX}{row.ticket_number}" if row.ticket_number is not None else None,
        "event": _event(row.event_id),
        "webhook": row.webhook_id,
        "created_at": stamp(row.created_at),
        "done_at": _time(row.done_at),
    }


def call(row: WebhookCall) -> dict[str, Any]:
    return {
        "id": row.pk,
        "delivery": row.delivery_id,
        "event": _event(row.event_id),
        "attempt": row.attempt,
        "at": stamp(row.created_at),
        "is_test": row.is_test,
        "status": row.status,
        "milliseconds": row.milliseconds,
        "error": row.error,
    }


def whole_call(row: WebhookCall) -> dict[str, Any]:
    return call(row) | {"url": row.url, "headers": row.headers, "body": row.body, "answer": row.answer}


def _event(key: int | None) -> str | None:
    return f"evt_{key}" if key is not None else None


def _time(at: Any) -> str | None:
    return stamp(at) if at is not None else None
