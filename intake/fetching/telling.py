"""Telling administrators that a mailbox cannot be fetched, and that it can be again: a mail and a notice each, once."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import Desk, User
from delivery.operations import notify, send_mail_row
from intake import connection_events as events
from intake.fetching.wording import with_words_of_server
from intake.models import MailboxConnection


def tell_of_trouble(connection: MailboxConnection, *, at: datetime) -> None:
    people = _administrators()
    _note(people, connection, events.TROUBLE, at=at)
    for person in people:
        with translation.override(person.language), timezone.override(person.zone):
            words = with_words_of_server(connection.error, connection.error_detail, connection)
            since = date_format(
                timezone.localtime(connection.last_ok_at or connection.error_since or at), "DATETIME_FORMAT"
            )
            text = _(
                "The mailbox %(name)s (%(address)s) cannot be fetched since %(since)s.\n\n%(words)s\n\n"
                "The desk goes on trying and writes again when it works. Mail waits on the server meanwhile: nothing "
                "is lost.\n\n%(url)s\n"
            ) % {**_facts(connection), "since": since, "words": words}
            _send(person, connection, _("Mailbox %(name)s cannot be fetched"), text, key="trouble", at=at)


def tell_that_it_works(connection: MailboxConnection, *, at: datetime) -> None:
    people = _administrators()
    _note(people, connection, events.MENDED, at=at)
    for person in people:
        with translation.override(person.language):
            text = _("The mailbox %(name)s (%(address)s) is fetched again.\n\n%(url)s\n") % _facts(connection)
            _send(person, connection, _("Mailbox %(name)s is fetched again"), text, key="mended", at=at)


def _note(people: list[User], connection: MailboxConnection, kind: str, *, at: datetime) -> None:
    """A line in their notices. It tells of no ticket: its number is that of the settings' history, below nothing."""
    event = accounts.record(kind, by=None, at=at, about=connection.mailbox_id, reason=connection.error)
    notify(people, kind=kind, ticket_number=0, event_id=-event.pk, at=at)


def _send(
    person: User, connection: MailboxConnection, subject: str, text: str, *, key: str, at: datetime
) -> None:
    subject = subject % {"name": connection.mailbox.name}
    send_mail_row(
        to=person.email,
        subject=f"[{Desk.load().name}] {subject}",
        text=text,
        headers={"Auto-Submitted": "auto-generated"},
        person=person,
        dedupe_key=f"mailbox:{connection.pk}:{key}:{at.isoformat()}:{person.pk}",
        at=at,
    )


def _facts(connection: MailboxConnection) -> dict[str, str]:
    path = reverse("mailbox-connection", args=[connection.mailbox_id])
    return {
        "name": connection.mailbox.name,
        "address": connection.mailbox.address,
        "url": f"{settings.BASE_URL}{path}",
    }


def _administrators() -> list[User]:
    return list(User.objects.active().filter(is_administrator=True).order_by("pk"))
