"""Webhooks: made, changed, taken out of use by administrators; and messages to them, written as deliveries."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import may_administer
from delivery.models import Delivery, Webhook
from delivery.operations.queueing import enqueue
from delivery.webhooks import KIND, MOST_ATTEMPTS

LONGEST_NAME, LONGEST_URL = 80, 500


class Unusable(ValueError):
    """A webhook cannot be kept as given; `field` names what is wrong with it."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


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
    return webhook, webhook.secret


@transaction.atomic
def change_webhook(
    webhook: Webhook, *, by: User | None, name: str = "", url: str = "", is_enabled: bool | None = None
) -> Webhook:
    """Another name or address, in use or not. What is not given stays."""
    _require_administrator(by)
    webhook = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
    if name:
        webhook.name = _free_name(name, but=webhook)
    if url:
        webhook.url = checked_url(url)
    if is_enabled is not None:
        webhook.is_enabled = is_enabled
    webhook.save(update_fields=["name", "url", "is_enabled"])
    return webhook


@transaction.atomic
def renew_secret(webhook: Webhook, *, by: User | None) -> str:
    """A new secret, shown once; from the next message on the old one signs nothing."""
    _require_administrator(by)
    webhook = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
    webhook.secret = _new_secret()
    webhook.save(update_fields=["secret"])
    return webhook.secret


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
    return url


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
