"""How much one sender has written of late, and whether it looks like a machine that answers a machine."""

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from intake.models import MailMessage, Reason, State

A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
NUMBERS = re.compile(r"\d+")
MOST_RECEIPTS = 3
"""So many receipts one address gets within `A_WHILE`; more were an answer to an answer."""
A_WHILE = timedelta(minutes=10)


def sent_within_an_hour(mail: MailMessage) -> int:
    """How many other messages of this sender came within the hour before it."""
    return _of_sender(mail, AN_HOUR).count()


def was_told(mail: MailMessage, reason: Reason) -> bool:
    """Whether a message of this sender was kept back for the same reason within a day."""
    return _of_sender(mail, A_DAY).filter(state=State.QUARANTINED, reason=reason).exists()


def written_of_late(mail: MailMessage, ticket: int) -> tuple[int, int]:
    """How many messages of this sender came into the ticket of late: all, and those that were automatic."""
    span = timedelta(minutes=settings.MAIL_LOOP_MINUTES)
    rows = list(
        _of_sender(mail, span).filter(ticket=ticket, state=State.FILED).values_list("is_automatic", flat=True)
    )
    return len(rows), sum(rows)


def seems_to_answer_by_itself(mail: MailMessage) -> bool:
    """Whether a receipt for what this mail opens could be answered by another such mail: of late its sender has
    opened a ticket with the same subject but for its numbers, or several at all."""
    opened = _of_sender(mail, AN_HOUR).filter(opened=True).values_list("subject", "received_at")
    rows = list(opened)
    own = NUMBERS.sub("", mail.subject)
    late = [at for _subject, at in rows if at > mail.received_at - A_WHILE]
    return len(late) >= MOST_RECEIPTS or any(NUMBERS.sub("", subject) == own for subject, _at in rows)


def likely_originals(mail: MailMessage) -> list[MailMessage]:
    """What came before with the same id or the same content, oldest first."""
    rows = MailMessage.objects.exclude(pk=mail.pk).filter(state__in=[State.FILED, State.HELD])
    found = []
    if mail.message_id:
        found = list(
            rows.filter(message_id=mail.message_id, from_address=mail.from_address).order_by("pk")[:5]
        )
    if not found and mail.fingerprint:
        found = list(rows.filter(fingerprint=mail.fingerprint).order_by("pk")[:1])
    return found


def _of_sender(mail: MailMessage, span: timedelta) -> QuerySet[MailMessage]:
    since: datetime = mail.received_at - span
    return MailMessage.objects.filter(
        from_address=mail.from_address, received_at__gt=since, received_at__lte=mail.received_at
    ).exclude(pk=mail.pk)
