"""How much one sender has written of late, and whether it looks like a machine that answers a machine."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from accounts.prepared import Prepared
from intake.comparing import compared
from intake.models import MailMessage, Reason, State

A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
MOST_READ = 500
NUMBERS = re.compile(r"\d+")
MOST_RECEIPTS = 3
"""So many receipts one address gets within `A_WHILE`; more were an answer to an answer."""
A_WHILE = timedelta(minutes=10)


@dataclass(frozen=True)
class Late:
    """One message of the hour before."""

    at: datetime
    subject: str
    ticket: int | None
    opened: bool
    is_filed: bool
    is_automatic: bool


class Recently:
    """What this sender has sent within the hour before this message, read once."""

    def __init__(self, mail: MailMessage) -> None:
        self.mail = mail
        rows = _of_sender(
            address=mail.from_address, since=mail.received_at - AN_HOUR, till=mail.received_at, but=mail.pk
        )
        self.rows = [
            Late(at, subject, ticket, opened, state == State.FILED, automatic)
            for at, subject, ticket, opened, state, automatic in rows
        ]

    @property
    def is_too_much(self) -> bool:
        return len(self.rows) >= settings.MAIL_MOST_AN_HOUR

    def written_into(self, ticket: int) -> tuple[int, int]:
        """How many of them came into the ticket within `settings.MAIL_LOOP_MINUTES`: all, and automatic ones."""
        since = self.mail.received_at - timedelta(minutes=settings.MAIL_LOOP_MINUTES)
        late = [row for row in self.rows if row.ticket == ticket and row.is_filed and row.at > since]
        return len(late), sum(row.is_automatic for row in late)

    @property
    def seems_to_answer_by_itself(self) -> bool:
        """Whether a receipt for what this mail opens could be answered by another such mail: its sender has opened
        a ticket with the same subject but for its numbers, or several at all in a few minutes."""
        own = NUMBERS.sub("", self.mail.subject)
        opened = [row for row in self.rows if row.opened]
        late = [row for row in opened if row.at > self.mail.received_at - A_WHILE]
        return len(late) >= MOST_RECEIPTS or any(NUMBERS.sub("", row.subject) == own for row in opened)


def was_told(mail: MailMessage, reason: Reason) -> bool:
    """Whether a message of this sender was kept back for the same reason within a day."""
    rows = MailMessage.objects.filter(from_address=mail.from_address, state=State.QUARANTINED, reason=reason)
    return rows.filter(received_at__gt=mail.received_at - A_DAY).exclude(pk=mail.pk).exists()


def likely_originals(mail: MailMessage) -> list[MailMessage]:
    """What came before with the same id or the same content, oldest first."""
    return _alike(
        message_id=mail.message_id, address=mail.from_address, fingerprint=mail.fingerprint, but=mail.pk
    )


_of_sender = Prepared(
    lambda address, since, till, but: (
        MailMessage.objects.filter(
            compared("from_address", "=", address),
            compared("received_at", ">", since),
            compared("received_at", "<=", till),
            compared("pk", "<>", but),
        )
        .order_by("-received_at")
        .values_list("received_at", "subject", "ticket_id", "opened", "state", "is_automatic")[:MOST_READ]
    ),
    "address",
    "since",
    "till",
    "but",
)
_alike: Prepared[MailMessage] = Prepared(
    lambda message_id, address, fingerprint, but: MailMessage.objects.filter(
        (
            Q(compared("message_id", "=", message_id))
            & Q(compared("from_address", "=", address))
            & ~Q(message_id="")
        )
        | (Q(compared("fingerprint", "=", fingerprint)) & ~Q(fingerprint="")),
        compared("pk", "<>", but),
        state__in=[State.FILED, State.HELD],
    ).order_by("pk")[:5],
    "message_id",
    "address",
    "fingerprint",
    "but",
)
