from collections.abc import Iterable
from datetime import datetime
from email.utils import parseaddr
from uuid import NAMESPACE_URL, uuid4, uuid5

from django.conf import settings
from django.db import transaction

from accounts.models import User
from delivery.mailing import KIND
from delivery.models import Mail
from delivery.operations.queueing import enqueue


@transaction.atomic
def send_mail_row(
    *,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    cc: Iterable[str] = (),
    headers: dict[str, str] | None = None,
    about_ticket: int | None = None,
    person: User | None = None,
    event_id: int | None = None,
    message_id: str | None = None,
    dedupe_key: str | None = None,
    at: datetime,
) -> Mail:
    """Put a mail into the outbox; the worker sends it after the commit.

    With a dedupe key, the same call made again finds the mail that is there: the key decides the
    Message-ID. A given Message-ID (with its angle brackets) works the same way.
    """
    message_id = message_id or new_message_id(dedupe_key)
    mail, is_new = Mail.objects.get_or_create(
        message_id=message_id,
        defaults={
            "to": _one_line(to),
            "cc": [_one_line(address) for address in cc],
            "subject": _one_line(subject),
            "text": _storable(text),
            "html": _storable(html),
            "headers": {name: _one_line(value) for name, value in (headers or {}).items()},
            "about_ticket": about_ticket,
            "event_id": event_id,
            "person": person,
            "created_at": at,
        },
    )
    if is_new:
        enqueue(
            KIND,
            {"mail": mail.pk},
            at=at,
            event_id=event_id,
            ticket_number=about_ticket,
            dedupe_key=mail.delivery_key,
        )
    return mail


def new_message_id(dedupe_key: str | None = None) -> str:
    """`<...@domain of the desk>`: the same for the same key, unique without one."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    token = uuid5(NAMESPACE_URL, f"{domain}/{dedupe_key}") if dedupe_key else uuid4()
    return f"<{token.hex}@{domain}>"


def _one_line(text: str) -> str:
    """A line break in a header is an attack or an accident; either way it is a space."""
    return " ".join(_storable(text).split())


def _storable(text: str) -> str:
    return text.replace("\x00", "")
