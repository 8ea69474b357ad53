"""Webhooks: made, changed, taken out of use by administrators; and messages to them, written as deliveries."""

import json
import secrets
import socket
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from accounts.permissions import may_administer
from accounts.refusals import Refused
from delivery import settings_events
from delivery.models import Delivery, Webhook, WebhookCall
from delivery.operations.queueing import enqueue
from delivery.operations.replaying import replay
from delivery.webhooks import KIND, MOST_ATTEMPTS, TEST, is_public

LONGEST_NAME, LONGEST_URL = 80, 500


class Unusable(Refused):
    """A webhook cannot be kept as given; `field` names what is wrong with it."""

    code = "unusable"

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, field=field)


class NotAgain(Refused):
    """What a script has asked for is not sent once more from outside of it."""

    code = "not_again"


@transaction.atomic
def create_webhook(*, name: str, url: str, by: User | None, at: datetime) -> tuple[Webhook, str]:
    """A webhook, and its secret: to be shown now and never again.

    Raises:
        Unusable: the name is taken, or the address is none that may be called.
    """
    _require_administrator(by)
    webhook = Webhook(
        name=_free_name(name, but=None),
        url=checked_url(url),
        secret=_new_secret(),
        created_at=at,
        created_by=by,
    )
    webhook.save(force_insert=True)
    accounts.record(settings_events.WEBHOOK_CREATED, by=by, at=at, about=webhook.pk)
    return webhook, webhook.secret


@transaction.atomic
def change_webhook(
    webhook: Webhook, *, by: User | None, at: datetime, name: str = "", url: str = ""
) -> Webhook:
    """Another name or address. What is not given stays; what waits goes to the new address.

    Raises:
        Unusable: the name is taken, or the address is none that may be called.
    """
    _require_administrator(by)
    webhook = _locked(webhook)
    wanted: dict[str, object] = {}
    if name:
        wanted["name"] = _free_name(name, but=webhook)
    if url:
        wanted["url"] = checked_url(url)
    found = accounts.differences(webhook, wanted)
    if found:
        webhook.save(update_fields=accounts.changed_fields(found))
        accounts.record(settings_events.WEBHOOK_CHANGED, by=by, at=at, changes=found, about=webhook.pk)
    return webhook


@transaction.atomic
def use_webhook(webhook: Webhook, *, is_enabled: bool, by: User | None, at: datetime) -> Webhook:
    """Put it to use, or out of use: then what waits for it is given up, and can be replayed."""
    _require_administrator(by)
    webhook = _locked(webhook)
    if webhook.is_enabled != is_enabled:
        webhook.is_enabled = is_enabled
        webhook.save(update_fields=["is_enabled"])
        kind = settings_events.WEBHOOK_ENABLED if is_enabled else settings_events.WEBHOOK_DISABLED
        accounts.record(kind, by=by, at=at, about=webhook.pk)
    return webhook


@transaction.atomic
def renew_secret(webhook: Webhook, *, by: User | None, at: datetime) -> str:
    """A new secret, shown once; from the next message on the old one signs nothing."""
    _require_administrator(by)
    webhook = _locked(webhook)
    webhook.secret = _new_secret()
    webhook.save(update_fields=["secret"])
    accounts.record(settings_events.WEBHOOK_SECRET_RENEWED, by=by, at=at, about=webhook.pk)
    return webhook.secret


@transaction.atomic
def try_webhook(webhook: Webhook, *, by: User | None, at: datetime) -> Delivery:
    """Send a message that says nothing, once, also where the webhook is not in use yet; it waits behind no other."""
    _require_administrator(by)
    accounts.record(settings_events.WEBHOOK_TESTED, by=by, at=at, about=webhook.pk)
    return enqueue(
        KIND,
        {"webhook": webhook.pk, TEST: True, "body": {"type": TEST, "at": at.isoformat()}},
        order_key=f"{KIND}-{TEST}:{webhook.pk}",
        max_attempts=1,
        at=at,
    )


@transaction.atomic
def send_again(call: WebhookCall, *, by: User | None, at: datetime) -> Delivery:
    """The same message once more: its own delivery where that was given up or still waits, else a new one.

    Raises:
        NotAgain: a script has asked for it, and waits for the answer of that one call.
    """
    _require_administrator(by)
    delivery = Delivery.objects.filter(pk=call.delivery_id).first()
    body = json.loads(call.body)
    if call.is_test:
        return try_webhook(call.webhook, by=by, at=at)
    if str(body.get("type", "")).startswith("script.") or (delivery is not None and delivery.kind != KIND):
        raise NotAgain(_("A script has asked for this. Run the step again instead."))
    if delivery is not None and replay([delivery.pk], by=by, at=at):
        return delivery
    ticket = delivery.ticket_number if delivery is not None else None
    return send_to_webhook(call.webhook, body, ticket_number=ticket, at=at)


def send_to_webhook(
    webhook: Webhook,
    body: Mapping[str, Any],
    *,
    at: datetime,
    event_id: int | None = None,
    ticket_number: int | None = None,
    dedupe_key: str | None = None,
) -> Delivery:
    """Write the delivery of one message: ids, codes, numbers and times, for it outlives what is erased."""
    return enqueue(
        KIND,
        {"webhook": webhook.pk, "body": dict(body)},
        event_id=event_id,
        ticket_number=ticket_number,
        dedupe_key=dedupe_key,
        order_key=f"{KIND}:{webhook.pk}",
        max_attempts=MOST_ATTEMPTS,
        at=at,
    )


def checked_url(url: str) -> str:
    """The address as it may be kept. Where it leads is looked up each time that something is sent.

    Raises:
        Unusable: no https, no host, or a login in it.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise Unusable(_("This is no address. Write it like https://example.com/hook."), "url") from None
    if len(url) > LONGEST_URL or not url.isascii() or any(mark <= " " for mark in url):
        raise Unusable(_("An address has at most 500 plain characters and no spaces."), "url")
    is_inside = host in settings.WEBHOOK_INSIDE_HOSTS
    if not host or (parts.scheme != "https" and not (is_inside and parts.scheme == "http")):
        raise Unusable(_("Give an address that begins with https:// and names a host."), "url")
    if parts.username is not None or parts.password is not None:
        raise Unusable(_("Leave the login out: messages are signed with the secret instead."), "url")
    if not is_inside and _is_plainly_inside(host):
        raise Unusable(
            _(
                "%(host)s lies inside, and webhooks reach only the internet. Choose another address; whoever runs "
                "the desk can allow hosts inside (WEBHOOK_INSIDE_HOSTS)."
            )
            % {"host": host},
            "url",
        )
    return url


def _is_plainly_inside(host: str) -> bool:
    """As far as one can tell without asking where the name leads; that is asked each time that something is sent."""
    name = host.rstrip(".")
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal", ".home.arpa")):
        return True
    try:
        rows = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False  # a name, no address in numbers
    return not all(is_public(str(row[4][0])) for row in rows)


def _locked(webhook: Webhook) -> Webhook:
    return Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)


def _require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise PermissionDenied("Only an administrator changes webhooks.")


def _free_name(name: str, *, but: Webhook | None) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Unusable(_("A name has 1 to %(n)d characters.") % {"n": LONGEST_NAME}, "name")
    twins = Webhook.objects.filter(name__iexact=name)
    if (twins.exclude(pk=but.pk) if but else twins).exists():
        raise Unusable(_("There is a webhook “%(name)s” already.") % {"name": name}, "name")
    return name


def _new_secret() -> str:
    return secrets.token_urlsafe(32)
