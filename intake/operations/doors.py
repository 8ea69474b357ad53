"""Addresses where mail providers deliver by HTTP: made, renewed, removed by administrators; and what comes there."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from accounts.permissions import may_administer
from intake import connection_events as events
from intake.models import Mailbox, MailboxDoor
from intake.operations.connections import Unusable
from intake.sealing import seal

NEEDS_KEY = frozenset({"mailgun", "mailersend", "mandrill", "postal"})
"""These sign whatever they send, so it is always checked."""


@transaction.atomic
def open_door(
    mailbox: Mailbox, *, provider: str, signing_key: str = "", by: User | None, at: datetime
) -> tuple[MailboxDoor, str]:
    """An address for the provider, and the secret in it: to be shown now and never again. One that was there before
    leads nowhere from now on.

    Raises:
        Unusable: the provider's signing key is missing.
    """
    _require_administrator(by)
    if provider in NEEDS_KEY and not signing_key:
        raise Unusable(_("Give the key with which this provider signs what it sends."), "signing_key")
    if provider not in NEEDS_KEY and signing_key:
        raise Unusable(_("This provider signs nothing: leave the key empty."), "signing_key")
    known = MailboxDoor.objects.filter(mailbox=mailbox).delete()[0]
    secret = secrets.token_urlsafe(32)
    door = MailboxDoor.objects.create(
        mailbox=mailbox,
        provider=provider,
        digest=digest_of(secret),
        signing_key=seal(signing_key),
        created_at=at,
    )
    kind = events.DOOR_CHANGED if known else events.DOOR_OPENED
    accounts.record(kind, by=by, at=at, about=mailbox.pk, provider=provider)
    return door, secret


@transaction.atomic
def close_door(door: MailboxDoor, *, by: User | None, at: datetime) -> None:
    """What the provider sends from now on is refused."""
    _require_administrator(by)
    accounts.record(events.DOOR_CLOSED, by=by, at=at, about=door.mailbox_id)
    door.delete()


def door_of(provider: str, secret: str) -> MailboxDoor | None:
    """The door that this address belongs to, of a mailbox in use."""
    doors = MailboxDoor.objects.select_related("mailbox").filter(mailbox__is_enabled=True)
    return doors.filter(provider=provider, digest=digest_of(secret)).first()


def note_delivered(door: MailboxDoor, *, at: datetime) -> None:
    MailboxDoor.objects.filter(pk=door.pk).update(last_ok_at=at)


def note_refused(door: MailboxDoor, error: str, *, at: datetime) -> None:
    MailboxDoor.objects.filter(pk=door.pk).update(error=error[:500], error_at=at)


def digest_of(secret: str) -> str:
    """Looked up by its hash, so that time tells nothing of the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise PermissionDenied("Only an administrator changes doors of mailboxes.")
