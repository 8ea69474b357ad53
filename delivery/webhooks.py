"""Sending one message to a webhook: the handler of deliveries of kind `webhook`.

Every message is signed as Standard Webhooks ask (standardwebhooks.com), and by the headers that Tierdesk had before.
What was sent and what came back is kept. How the receiver fares decides how soon it is tried again.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from delivery.handlers import Undeliverable
from delivery.models import Delivery, Webhook, WebhookCall
from delivery.operations.standing import answered_well, end_webhook, failed_again
from delivery.operations.webhooks import KIND, SECRET_PREFIX, TEST
from delivery.outside import Answered, NotOutside, is_public, post, resolve

__all__ = [
    "KIND",
    "TEST",
    "Answered",
    "NotAnswered",
    "NotOutside",
    "call",
    "deliver_webhook",
    "headers_for",
    "is_public",
    "is_signed",
    "post",
    "resolve",
]

GONE = 410
MOST_KEPT = 2_000
"""Characters of an answer or an error that are kept for reading."""
VALID_SECONDS = 300
"""How far a receiver's clock and ours may lie apart."""


class NotAnswered(Exception):
    """The receiver did not say that it has it; it is asked again."""


def deliver_webhook(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Send `payload["body"]` to the webhook, signed with this attempt's time.

    Raises:
        Undeliverable: the webhook is gone or not in use, or its address is not allowed.
        NotAnswered: no 2xx came back.
    """
    webhook = Webhook.objects.filter(pk=payload["webhook"]).first()
    if webhook is None or not (webhook.is_enabled or payload.get(TEST)):
        raise Undeliverable("The webhook is gone or not in use.")
    answered = call(webhook, payload["body"], delivery=delivery, at=at)
    if answered.status == GONE:
        if not payload.get(TEST):
            end_webhook(webhook, because=Webhook.Off.GONE, at=at)
        raise Undeliverable("The receiver answered 410: it does not want messages any more.")
    if not answered.is_yes:
        redirect = _REDIRECT if 300 <= answered.status < 400 else ""
        raise NotAnswered(f"The receiver answered {answered.status}.{redirect}")


def call(webhook: Webhook, message: Mapping[str, Any], *, delivery: Delivery, at: datetime) -> Answered:
    """Send a message, signed with this attempt's time, and wait for the answer. What was sent and what came is kept.

    Raises:
        Undeliverable: the address is not allowed.
        OSError, http.client.HTTPException: nobody there, or not in time.
    """
    body = json.dumps(message, separators=(",", ":"), sort_keys=True).encode()
    headers = headers_for(webhook, body, delivery=delivery, at=at)
    begun, came = time.monotonic(), _Came()
    try:
        answered = post(resolve(webhook.url), body, headers)
        came = _Came(answered.status, answered.text, is_yes=answered.is_yes)
    except NotOutside as refusal:
        came = _Came(error=str(refusal))
        raise Undeliverable(str(refusal)) from refusal
    except Exception as error:
        came = _Came(error=f"{type(error).__name__}: {error}")
        raise
    finally:
        spent = time.monotonic() - begun
        _keep(webhook, body, headers, came, delivery=delivery, spent=spent, at=at)
        if came.is_yes:
            answered_well(webhook)
        elif TEST not in delivery.payload and came.status != GONE:
            failed_again(webhook, at=at)
    return answered


@dataclass(frozen=True)
class _Came:
    status: int | None = None
    text: str = ""
    error: str = ""
    is_yes: bool = False


def _keep(
    webhook: Webhook,
    body: bytes,
    headers: Mapping[str, str],
    came: _Came,
    *,
    delivery: Delivery,
    spent: float,
    at: datetime,
) -> None:
    WebhookCall.objects.create(
        webhook=webhook,
        delivery_id=delivery.pk,
        event_id=delivery.event_id,
        attempt=max(1, delivery.attempts),
        created_at=at,
        is_test=TEST in delivery.payload,
        url=webhook.url,
        headers=dict(headers),
        body=body.decode(),
        milliseconds=round(spent * 1000),
        status=came.status,
        answer=_readable(came.text),
        error=_readable(came.error),
    )


def _readable(text: str) -> str:
    """The beginning, without the NUL that PostgreSQL refuses in text."""
    return text.replace("\x00", "")[:MOST_KEPT]


_REDIRECT = " Redirects are not followed: give the address where it ends."


def headers_for(webhook: Webhook, body: bytes, *, delivery: Delivery, at: datetime) -> dict[str, str]:
    """The signature covers time and body, so that nobody can send it again later or change it.

    While two secrets are valid, `webhook-signature` holds one of each, the newest first.
    """
    stamp = str(int(at.timestamp()))
    name = str(delivery.payload.get("id") or f"msg_{delivery.pk}")
    return {
        "Content-Type": "application/json",
        "User-Agent": "Tierdesk-Webhook/1",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(
            f"v1,{standard_signature(secret, name, stamp, body)}" for secret in webhook.secrets_at(at)
        ),
        "X-Tierdesk-Delivery": str(delivery.pk),
        "X-Tierdesk-Timestamp": stamp,
        "X-Tierdesk-Signature": f"v1={signature(webhook.secret, stamp, body)}",
        "Connection": "close",
    }


def signature(secret: str, stamp: str, body: bytes) -> str:
    """As `X-Tierdesk-Signature` has it: HMAC-SHA256 of `<timestamp>.<body>`, in hexadecimal."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def standard_signature(secret: str, name: str, stamp: str, body: bytes) -> str:
    """As `webhook-signature` has it: HMAC-SHA256 of `<id>.<timestamp>.<body>`, in base64."""
    signed = f"{name}.{stamp}.".encode() + body
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, *, at: datetime) -> bool:
    """What a receiver asks of a message: it was signed with this secret, and not long ago."""
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 15):
        return False
    if abs(at.timestamp() - int(stamp)) > VALID_SECONDS:
        return False
    expected = f"v1,{standard_signature(secret, name, stamp, body)}".encode()
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(one, expected) for one in given)


def _key(secret: str) -> bytes:
    """What follows `whsec_` is the key in base64; a secret of an earlier version is a key as it stands."""
    if secret.startswith(SECRET_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
    return secret.encode()
