"""Webhooks: made, changed, taken out of use by those who keep them; and messages to them, written as deliveries."""

import base64
import json
import secrets
import socket
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
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
from delivery.horizon import horizon
from delivery.models import Delivery, Webhook, WebhookCall
from delivery.operations.queueing import NewDelivery, enqueue
from delivery.operations.replaying import replay, replay_since
from delivery.operations.standing import give_up_waiting, put_out_of_use
from delivery.outside import is_public
from delivery.permissions import may_keep, may_own_webhooks
from delivery.queries import callers_of
from delivery.subscribing import Unusable, checked_filter, checked_kinds

__all__ = ["NotAgain", "Unusable"]

KIND = "webhook"
MOST_ATTEMPTS = 15
"""The last of them a day after the first; what is given up can be replayed."""
TEST = "test"
"""In a payload: somebody tries the webhook, also where it is not in use yet."""
SECRET_PREFIX = "whsec_"  # noqa: S105  (what a secret begins with)
OVERLAP = timedelta(hours=24)
"""So long what is sent is signed with the old secret as well."""
LONGEST_NAME, LONGEST_URL = 80, 500


class NotAgain(Refused):
    """What a script has asked for is not sent once more from outside of it."""

    code = "not_again"


class StillCalled(Refused):
    """Rules or scripts call it, and would fail without it."""

    code = "still_called"


@transaction.atomic
def create_webhook(
    *,
    name: str,
    url: str,
    by: User | None,
    at: datetime,
    kinds: Iterable[str] = (),
    filter: Any = None,  # noqa: A002  (the word that people say)
    owner: User | None = None,
) -> tuple[Webhook, str]:
    """A webhook, and its secret: to be shown now and never again.

    Args:
        kinds: of events that it is told of from now on; none where only rules and scripts call it.
        filter: a tree of the filter vocabulary, for the tickets that it is told of.
        owner: whose rights decide what it may be told; by default whoever makes it.

    Raises:
        Unusable: the name is taken, the address is none that may be called; `field` says which it is.
        PermissionDenied: neither an administrator nor a program that makes one of its own.
    """
    if by is not None and not may_own_webhooks(by):
        raise PermissionDenied(_("Only an administrator or a program keeps webhooks."))
    asked = checked_kinds(kinds)
    owner = _checked_owner(owner or by, by=by, kinds=asked)
    webhook = Webhook(
        name=_free_name(name, but=None),
        url=checked_url(url),
        secret=_new_secret(),
        created_at=at,
        created_by=by,
        owner=owner,
        kinds=asked,
        filter=checked_filter(filter, owner) if owner is not None else {},
        listens_from=horizon() if asked else 0,
    )
    webhook.save(force_insert=True)
    accounts.record(settings_events.WEBHOOK_CREATED, by=by, at=at, about=webhook.pk)
    return webhook, webhook.secret


@transaction.atomic
def change_webhook(
    webhook: Webhook,
    *,
    by: User | None,
    at: datetime,
    name: str = "",
    url: str = "",
    kinds: Iterable[str] | None = None,
    filter: Any = None,  # noqa: A002  (the word that people say)
    owner: User | None = None,
) -> Webhook:
    """Another name, address, owner, or other events. What is not given stays; what waits goes to the new address.

    Args:
        filter: {} for every ticket.

    Raises:
        Unusable: the name is taken, the address is none that may be called; `field` says which it is.
    """
    webhook = _locked(webhook, by)
    wanted: dict[str, object] = {}
    if name:
        wanted["name"] = _free_name(name, but=webhook)
    if url:
        wanted["url"] = checked_url(url)
    asked = webhook.kinds if kinds is None else checked_kinds(kinds)
    if kinds is not None:
        wanted["kinds"] = asked
    if owner is not None or (asked and webhook.owner is None):
        wanted["owner"] = _checked_owner(owner or by, by=by, kinds=asked)
    if filter is not None:
        reader = owner or webhook.owner or by
        wanted["filter"] = checked_filter(filter, reader) if reader is not None else {}
    had_none = not webhook.kinds
    found = accounts.differences(webhook, wanted)
    if "filter" in found:  # it may hold words that somebody typed: the history names it and keeps no copy
        words = [*_words(found), "filter"]
        found = {name: value for name, value in found.items() if name != "filter"} | {"words": words}
    if found:
        if had_none and webhook.kinds:
            webhook.listens_from = horizon()
        webhook.save(update_fields=[*wanted, "listens_from"])
        accounts.record(settings_events.WEBHOOK_CHANGED, by=by, at=at, changes=found, about=webhook.pk)
    return webhook


@transaction.atomic
def use_webhook(webhook: Webhook, *, is_enabled: bool, by: User | None, at: datetime) -> Webhook:
    """Put it to use, or out of use: then what waits for it is given up, and can be replayed.

    What happens while it is out of use it is not told of later.
    """
    webhook = _locked(webhook, by)
    if webhook.is_enabled == is_enabled:
        return webhook
    if is_enabled:
        webhook.is_enabled, webhook.off_because, webhook.off_at = True, "", None
        webhook.failures, webhook.failing_since, webhook.rests_until = 0, None, None
        webhook.listens_from = horizon()
        webhook.save()
    else:
        put_out_of_use(webhook, because=Webhook.Off.BY_HAND, at=at)
    kind = settings_events.WEBHOOK_ENABLED if is_enabled else settings_events.WEBHOOK_DISABLED
    accounts.record(kind, by=by, at=at, about=webhook.pk)
    return webhook


@transaction.atomic
def delete_webhook(webhook: Webhook, *, by: User | None, at: datetime) -> None:
    """For good, with the log of its calls. What waits for it is given up.

    Raises:
        StillCalled: a rule or a script calls it.
    """
    webhook = _locked(webhook, by)
    callers = callers_of(webhook)
    if callers:
        raise StillCalled(
            _("It is called by %(names)s. Change that first, or take it out of use.")
            % {"names": ", ".join(callers)}
        )
    give_up_waiting(webhook, at=at, why="The webhook was deleted.")
    accounts.record(settings_events.WEBHOOK_DELETED, by=by, at=at, about=webhook.pk)
    webhook.delete()


@transaction.atomic
def renew_secret(webhook: Webhook, *, by: User | None, at: datetime) -> str:
    """A new secret, shown once. For a day what is sent is signed with the old one as well, or until that is ended."""
    webhook = _locked(webhook, by)
    webhook.old_secret, webhook.old_secret_until = webhook.secret, at + OVERLAP
    webhook.secret = _new_secret()
    webhook.save(update_fields=["secret", "old_secret", "old_secret_until"])
    accounts.record(settings_events.WEBHOOK_SECRET_RENEWED, by=by, at=at, about=webhook.pk)
    return webhook.secret


@transaction.atomic
def end_old_secret(webhook: Webhook, *, by: User | None, at: datetime) -> Webhook:
    """From the next message on the old secret signs nothing: the receiver knows the new one, or the old one leaked."""
    webhook = _locked(webhook, by)
    if webhook.old_secret:
        webhook.old_secret, webhook.old_secret_until = "", None
        webhook.save(update_fields=["old_secret", "old_secret_until"])
        accounts.record(settings_events.WEBHOOK_OLD_SECRET_ENDED, by=by, at=at, about=webhook.pk)
    return webhook


@transaction.atomic
def try_webhook(webhook: Webhook, *, by: User | None, at: datetime) -> Delivery:
    """Send a message that says nothing, once, also where the webhook is not in use yet; it waits behind no other."""
    webhook = _locked(webhook, by)
    accounts.record(settings_events.WEBHOOK_TESTED, by=by, at=at, about=webhook.pk)
    return enqueue(
        KIND,
        {"webhook": webhook.pk, TEST: True, "body": {"type": TEST, "at": at.isoformat()}},
        order_key=f"{KIND}-{TEST}:{webhook.pk}",
        max_attempts=1,
        webhook_id=webhook.pk,
        at=at,
    )


@transaction.atomic
def send_again(call: WebhookCall, *, by: User | None, at: datetime) -> Delivery:
    """The same message once more: its own delivery where that was given up or still waits, else a new one.

    Raises:
        NotAgain: a script has asked for it, and waits for the answer of that one call.
    """
    webhook = _locked(call.webhook, by)
    delivery = Delivery.objects.filter(pk=call.delivery_id).first()
    body = json.loads(call.body)
    if call.is_test:
        return try_webhook(webhook, by=by, at=at)
    if str(body.get("type", "")).startswith("script.") or (delivery is not None and delivery.kind != KIND):
        raise NotAgain(_("A script has asked for this. Run the step again instead."))
    if delivery is not None and replay_for(webhook, [delivery.pk], by=by, at=at):
        return delivery
    ticket = delivery.ticket_number if delivery is not None else None
    name = call.headers.get("webhook-id", "")
    new = message_to(
        webhook,
        body,
        name=name if name.startswith("evt_") else "",
        event_id=call.event_id,
        ticket_number=ticket,
    )
    return _write(new, at=at)


@transaction.atomic
def replay_for(webhook: Webhook, ids: Iterable[int], *, by: User | None, at: datetime) -> int:
    """Try these of its messages again; return how many. Whoever keeps the webhook may."""
    webhook = _locked(webhook, by)
    own = Delivery.objects.filter(pk__in=list(ids), webhook_id=webhook.pk)
    return replay(own.values_list("pk", flat=True), by=by, at=at, is_theirs=True)


@transaction.atomic
def replay_since_for(webhook: Webhook, since: datetime, *, by: User | None, at: datetime) -> int:
    """Try all of its messages again that were written since then and given up; return how many."""
    webhook = _locked(webhook, by)
    return replay_since(since, webhook_id=webhook.pk, by=by, at=at, is_theirs=True)


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
    new = message_to(webhook, body, event_id=event_id, ticket_number=ticket_number, dedupe_key=dedupe_key)
    return _write(new, at=at)


def message_to(
    webhook: Webhook,
    body: Mapping[str, Any],
    *,
    name: str = "",
    event_id: int | None = None,
    ticket_number: int | None = None,
    dedupe_key: str | None = None,
) -> NewDelivery:
    """One message, to be written with others. Those about one ticket reach a webhook in their order.

    Args:
        name: its `webhook-id`, where the same message may be written again; by default of its delivery alone.
    """
    about = "" if ticket_number is None else f":{ticket_number}"
    return NewDelivery(
        kind=KIND,
        payload={"webhook": webhook.pk, "body": dict(body)} | ({"id": name} if name else {}),
        event_id=event_id,
        ticket_number=ticket_number,
        dedupe_key=dedupe_key,
        order_key=f"{KIND}:{webhook.pk}{about}",
        max_attempts=MOST_ATTEMPTS,
        webhook_id=webhook.pk,
    )


def _words(found: Mapping[str, accounts.Fact]) -> list[accounts.Fact]:
    words = found.get("words", [])
    return list(words) if isinstance(words, list) else []


def _write(new: NewDelivery, *, at: datetime) -> Delivery:
    return enqueue(
        new.kind,
        new.payload,
        event_id=new.event_id,
        ticket_number=new.ticket_number,
        dedupe_key=new.dedupe_key,
        order_key=new.order_key,
        max_attempts=new.max_attempts,
        webhook_id=new.webhook_id,
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


def _locked(webhook: Webhook, by: User | None) -> Webhook:
    row = Webhook.objects.select_for_update(of=("self",)).select_related("owner").get(pk=webhook.pk)
    if not may_keep(by, row):
        raise PermissionDenied(_("Only an administrator, or the program that owns it, keeps a webhook."))
    return row


def _checked_owner(owner: User | None, *, by: User | None, kinds: list[str]) -> User | None:
    if owner is None:
        if kinds:
            raise Unusable(
                _("Say whose rights decide what it is told: an administrator or a program."), "owner"
            )
        return None
    if owner != by and not may_administer(by):
        raise PermissionDenied(_("A program keeps its own webhooks, not those of others."))
    if not may_own_webhooks(owner):
        raise Unusable(
            _("%(name)s is neither an administrator nor an account of a program.") % {"name": owner.name},
            "owner",
        )
    return owner


def _free_name(name: str, *, but: Webhook | None) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Unusable(_("A name has 1 to %(n)d characters.") % {"n": LONGEST_NAME}, "name")
    twins = Webhook.objects.filter(name__iexact=name)
    if (twins.exclude(pk=but.pk) if but else twins).exists():
        raise Unusable(_("There is a webhook “%(name)s” already.") % {"name": name}, "name")
    return name


def _new_secret() -> str:
    """256 bits, written as Standard Webhooks have it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
