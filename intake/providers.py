"""What mail providers post: who signed it, and the messages in it, as bytes where the provider gives them so.

django-anymail knows the providers: their signatures, and how a message is put together from what was taken apart.
Bytes of a message as it travelled are taken past it: it reads them as text, which breaks those that are none.
"""

from __future__ import annotations

import base64
import json
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anymail.exceptions import AnymailInsecureWebhookWarning, AnymailNotSupportedWarning
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.mailersend import MailerSendInboundWebhookView
from anymail.webhooks.mailgun import MailgunInboundWebhookView
from anymail.webhooks.mailjet import MailjetInboundWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.postal import PostalInboundWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView
from anymail.webhooks.sendgrid import SendGridInboundWebhookView
from anymail.webhooks.sparkpost import SparkPostInboundWebhookView


class Unexpected(ValueError):
    """What was posted is no incoming mail of this provider."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message, and whom it was delivered to."""

    raw: bytes
    envelope_to: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a posted form, as bytes."""

    values: dict[str, bytes]

    def text(self, name: str) -> str:
        return self.values.get(name, b"").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Provider:
    """`raw` finds messages that were posted as they are; None where they were taken apart."""

    view: type[AnymailBaseWebhookView]
    raw: Callable[[Fields, Any], list[Posted] | None]
    key: str = ""
    """The name of the signing key's option."""


def reader(provider: str, *, key: str, url: str) -> Any:
    """The view of django-anymail that checks signatures and puts messages together."""
    known = PROVIDERS[provider]
    options = {known.key: key} if known.key else {}
    if provider == "mandrill":
        options["webhook_url"] = url
    # It warns that no password stands in the address: a secret does. Filters of warnings belong to all threads.
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore", AnymailInsecureWebhookWarning)
        warnings.simplefilter("ignore", AnymailNotSupportedWarning)
        return known.view(**options)


def messages(provider: str, view: Any, request: Any, fields: Fields) -> list[Posted]:
    """The messages that were posted.

    Raises:
        Unexpected: there is none to be found.
    """
    try:
        payload = json.loads(request.body) if request.content_type == "application/json" else None
        found = PROVIDERS[provider].raw(fields, payload)
        return found if found is not None else [_put_together(event) for event in view.parse_events(request)]
    except Exception as error:  # whatever was posted, by whomever: it is no mail
        raise Unexpected(f"{type(error).__name__}: {error}") from error


def _put_together(event: Any) -> Posted:
    return Posted(event.message.as_bytes(), str(event.message.envelope_recipient or ""))


def _bytes(text: str) -> bytes:
    """JSON holds what was read as UTF-8; where it was not, half a pair stands for a byte."""
    return text.encode("utf-8", "surrogatepass")


def _nothing(_fields: Fields, _payload: Any) -> None:
    return None


def _mailgun(fields: Fields, _payload: Any) -> list[Posted] | None:
    raw = fields.values.get("body-mime")
    return None if raw is None else [Posted(raw, fields.text("recipient"))]


def _sendgrid(fields: Fields, _payload: Any) -> list[Posted] | None:
    raw = fields.values.get("email")
    if raw is None or "headers" in fields.values:
        return None
    envelope = json.loads(fields.text("envelope") or "{}")
    return [Posted(raw, str(next(iter(envelope.get("to", [])), "")))]


def _postmark(_fields: Fields, payload: Any) -> list[Posted] | None:
    raw = payload.get("RawEmail")
    return None if raw is None else [Posted(_bytes(raw), str(payload.get("OriginalRecipient") or ""))]


def _mailersend(_fields: Fields, payload: Any) -> list[Posted] | None:
    if payload.get("type") != "inbound.message":
        return None  # anymail has the words for it
    data = payload["data"]
    receivers = data.get("recipients", {}).get("rcptTo", [])
    return [Posted(_bytes(data["raw"]), str(receivers[0].get("email", "")) if receivers else "")]


def _mandrill(fields: Fields, _payload: Any) -> list[Posted] | None:
    events = json.loads(fields.text("mandrill_events"))
    if any(event.get("event") != "inbound" for event in events):
        raise Unexpected("not all of these are incoming mail")
    return [Posted(_bytes(event["msg"]["raw_msg"]), str(event["msg"].get("email") or "")) for event in events]


def _postal(_fields: Fields, payload: Any) -> list[Posted] | None:
    if "status" in payload:
        return None
    text = payload["message"]
    raw = base64.b64decode(text) if payload.get("base64") is True else _bytes(text)
    return [Posted(raw, str(payload.get("rcpt_to") or ""))]


def _sparkpost(_fields: Fields, payload: Any) -> list[Posted] | None:
    found = []
    for entry in payload:
        event = entry["msys"].get("relay_message")
        if event is None:
            if entry["msys"]:
                raise Unexpected("not all of these are incoming mail")
            continue  # a trial from the provider's page
        content = event["content"]
        text = content["email_rfc822"]
        raw = base64.b64decode(text) if content.get("email_rfc822_is_base64") else _bytes(text)
        found.append(Posted(raw, str(event.get("rcpt_to") or "")))
    return found


PROVIDERS = {
    "mailersend": Provider(MailerSendInboundWebhookView, _mailersend, "inbound_secret"),
    "mailgun": Provider(MailgunInboundWebhookView, _mailgun, "webhook_signing_key"),
    "mailjet": Provider(MailjetInboundWebhookView, _nothing),
    "mandrill": Provider(MandrillCombinedWebhookView, _mandrill, "webhook_key"),
    "postal": Provider(PostalInboundWebhookView, _postal, "webhook_key"),
    "postmark": Provider(PostmarkInboundWebhookView, _postmark),
    "sendgrid": Provider(SendGridInboundWebhookView, _sendgrid),
    "sparkpost": Provider(SparkPostInboundWebhookView, _sparkpost),
}

_one_at_a_time = threading.Lock()
