"""Where mailboxes are fetched from: connected, changed, tried and taken out of use by administrators."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.db import connection as database
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from accounts.permissions import may_administer
from accounts.refusals import Refused
from intake import connection_events as events
from intake.fetching import ringing
from intake.models import Mailbox, MailboxConnection, MissedMail
from intake.sealing import seal

SHORTEST_PAUSE, LONGEST_PAUSE = 15, 3600
TURN = timedelta(seconds=60)
"""A mailbox whose turn has come is rung for again after so long, where the ring was lost."""

_Security, _Auth, _Done = MailboxConnection.Security, MailboxConnection.Auth, MailboxConnection.Done
_PLACE = ("host", "port", "user", "folder")
"""What decides which messages there are: numbers that were remembered elsewhere mean nothing."""
_SECRETS = ("secret", "client_secret", "refresh_token")


class Unusable(Refused):
    """A connection cannot be kept as given; `field` names what is wrong with it."""

    code = "unusable"

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, field=field)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A connection as an administrator wants it. Empty secrets stay as they are kept."""

    host: str
    user: str
    port: int = 993
    security: str = _Security.TLS
    authority: str = ""
    auth: str = _Auth.PASSWORD
    secret: str = field(default="", repr=False)
    provider: str = MailboxConnection.Provider.MICROSOFT
    tenant: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    folder: str = "INBOX"
    mode: str = MailboxConnection.Mode.POLL
    every_seconds: int = 60
    done: str = _Done.SEEN
    done_folder: str = ""
    takes_old: bool = True
    """Also what lies in the folder already."""


@transaction.atomic
def connect(mailbox: Mailbox, wanted: Wanted, *, by: User | None, at: datetime) -> MailboxConnection:
    """Say where a mailbox is fetched from, or change that. It is looked into at once.

    Raises:
        Unusable: the connection cannot be made so.
    """
    _require_administrator(by)
    row = MailboxConnection.objects.select_for_update().filter(mailbox=mailbox).first()
    is_new = row is None
    if row is None:
        row = MailboxConnection(mailbox=mailbox, next_at=at)
    changed = _apply(row, wanted, at=at)
    _check(row, wanted)
    if is_new:
        row.save(force_insert=True)
        accounts.record(events.CONNECTED, by=by, at=at, about=mailbox.pk)
    elif changed:
        if set(changed) & {*_PLACE, "since"}:
            row.uidvalidity, row.last_uid, row.waiting, row.fetched = None, 0, 0, 0
            row.missed.all().delete()
        row.version, row.next_at = row.version + 1, at
        row.save()
        accounts.record(events.CONNECTION_CHANGED, by=by, at=at, about=mailbox.pk, fields=changed)
    transaction.on_commit(lambda: ringing.ring(row.pk), robust=True)
    return row


@transaction.atomic
def use_connection(
    connection: MailboxConnection, *, is_enabled: bool, by: User | None, at: datetime
) -> MailboxConnection:
    """Have it fetched, or no more; how far it had come stays known."""
    _require_administrator(by)
    row = _locked(connection)
    if row.is_enabled == is_enabled:
        return row
    row.is_enabled, row.next_at, row.version = is_enabled, at, row.version + 1
    row.save(update_fields=["is_enabled", "next_at", "version"])
    kind = events.CONNECTION_ENABLED if is_enabled else events.CONNECTION_DISABLED
    accounts.record(kind, by=by, at=at, about=row.mailbox_id)
    return row


@transaction.atomic
def disconnect(connection: MailboxConnection, *, by: User | None, at: datetime) -> None:
    """Forget where it was fetched from, with all secrets. What was fetched stays."""
    _require_administrator(by)
    accounts.record(events.CONNECTION_REMOVED, by=by, at=at, about=connection.mailbox_id)
    connection.delete()


@transaction.atomic
def look_now(connection: MailboxConnection, *, by: User | None, at: datetime) -> MailboxConnection:
    """Do not wait for its time, nor for the pause after a failure."""
    _require_administrator(by)
    MailboxConnection.objects.filter(pk=connection.pk).update(next_at=at)
    transaction.on_commit(lambda: ringing.ring(connection.pk), robust=True)
    return connection


@transaction.atomic
def fetch_missed(missed: MissedMail, *, by: User | None, at: datetime) -> None:
    """Try a message again that could not be fetched."""
    _require_administrator(by)
    MissedMail.objects.filter(pk=missed.pk).update(next_at=at, attempts=0)
    look_now(missed.connection, by=by, at=at)


@transaction.atomic
def ask_for_trial(connection: MailboxConnection, *, by: User | None, at: datetime) -> None:
    """Have the process that fetches try the connection; what it finds is shown on the page."""
    _require_administrator(by)
    MailboxConnection.objects.filter(pk=connection.pk).update(trial={"asked_at": at.isoformat()})
    transaction.on_commit(lambda: ringing.ring_for_trial(connection.pk), robust=True)


def keep_trial(connection: MailboxConnection, found: Any, *, at: datetime) -> None:
    """Write down what a try has found: a dataclass of `fetching.trying`."""
    facts = {**(connection.trial or {}), **asdict(found), "done_at": at.isoformat()}
    MailboxConnection.objects.filter(pk=connection.pk).update(trial=facts)


def note_authorised(connection: MailboxConnection, *, by: User | None, at: datetime) -> None:
    """Somebody has let the desk in at the provider's page."""
    _require_administrator(by)
    accounts.record(events.AUTHORISED, by=by, at=at, about=connection.mailbox_id)
    look_now(connection, by=by, at=at)


def take_turn(*, at: datetime) -> list[int]:
    """The connections whose time has come. Who else asks does not get them, for a while."""
    query = """
        UPDATE intake_mailboxconnection SET next_at = %(again)s
        FROM intake_mailbox mailbox
        WHERE mailbox.id = mailbox_id AND mailbox.is_enabled AND intake_mailboxconnection.is_enabled
          AND next_at <= %(at)s
        RETURNING intake_mailboxconnection.id
    """
    with database.cursor() as cursor:
        cursor.execute(query, {"at": at, "again": at + TURN})
        return sorted(key for (key,) in cursor.fetchall())


# --- what is wanted, checked ---


def _apply(row: MailboxConnection, wanted: Wanted, *, at: datetime) -> list[str]:
    """Set what differs; the names of it."""
    values = asdict(wanted)
    takes_old = values.pop("takes_old")
    typed = {name: str(values.pop(name)) for name in _SECRETS}
    _forget_secrets_for_elsewhere(row, values, typed)
    if takes_old != (row.since is None):
        values["since"] = None if takes_old else at
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    for name, secret in typed.items():
        if secret:
            setattr(row, name, seal(secret))
            changed.append(name)
    if {"refresh_token", "client_id", "client_secret", "user", "tenant", "provider"} & set(changed):
        row.access_token, row.access_until = "", None
    return changed


def _forget_secrets_for_elsewhere(
    row: MailboxConnection, values: Mapping[str, object], typed: Mapping[str, str]
) -> None:
    """A secret that is kept goes to the server it was typed for, and to no other."""
    if row.host and values["host"] != row.host and row.secret and not typed["secret"]:
        row.secret = ""
    elsewhere = ("host", "token_url", "tenant", "provider", "client_id")
    if any(getattr(row, name) != values[name] for name in elsewhere) and not typed["refresh_token"]:
        row.refresh_token = row.access_token = ""
    if row.token_url != values["token_url"] and not typed["client_secret"]:
        row.client_secret = ""


def _check(row: MailboxConnection, wanted: Wanted) -> None:
    if not row.host or any(sign in row.host for sign in "/:@ "):
        raise Unusable(_("Give the name of the server alone, such as imap.example.com."), "host")
    if not 0 < row.port < 65536:
        raise Unusable(_("A port lies between 1 and 65535."), "port")
    if not row.user:
        raise Unusable(_("Give the user, mostly the mail address."), "user")
    if not SHORTEST_PAUSE <= row.every_seconds <= LONGEST_PAUSE:
        raise Unusable(
            _("Between two looks lie %(a)d to %(b)d seconds.") % {"a": SHORTEST_PAUSE, "b": LONGEST_PAUSE},
            "every_seconds",
        )
    if row.authority:
        _check_authority(row.authority)
    if row.auth == _Auth.PASSWORD and not row.secret:
        raise Unusable(_("Type the password: it is kept for this server alone."), "secret")
    if row.auth == _Auth.OAUTH2:
        _check_oauth(row)
    if row.done == _Done.MOVE and row.done_folder in ("", row.folder):
        raise Unusable(_("Name another folder than the one that is fetched."), "done_folder")


def _check_authority(pem: str) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise Unusable(
            _("Paste the certificate as text that begins with -----BEGIN CERTIFICATE-----."), "authority"
        ) from None


def _check_oauth(row: MailboxConnection) -> None:
    if not row.client_id:
        raise Unusable(_("Give the id of the application that you registered at the provider."), "client_id")
    is_other = row.provider == MailboxConnection.Provider.OTHER
    if row.token_url and urlsplit(row.token_url).scheme not in ("https", "http"):
        raise Unusable(_("The token address begins with https://."), "token_url")
    if is_other and not row.token_url:
        raise Unusable(_("Give the provider's token address."), "token_url")
    if is_other and not row.refresh_token:
        raise Unusable(
            _("Paste a refresh token: the desk knows no page to ask this provider for one."), "refresh_token"
        )


def _locked(connection: MailboxConnection) -> MailboxConnection:
    return MailboxConnection.objects.select_for_update(of=("self",)).get(pk=connection.pk)


def _require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise PermissionDenied("Only an administrator changes connections of mailboxes.")
