"""What the tests of surveys share: resolving, the worker's part, and what is in the outbox."""

import re
from datetime import datetime

from accounts.models import User
from delivery.models import Delivery, Mail
from delivery.operations import claim, deliver
from insights.models import Survey
from tickets import operations
from tickets.models import Category, Ticket


def carry_out(at: datetime) -> None:
    """What the worker does with all that is due, and with what comes of it."""
    while rows := claim(limit=100, worker="test", at=at):
        for row in rows:
            if row.kind == "mail":
                _left(row.pk, at)
                continue
            assert deliver(row, at=at), row.kind


def _left(key: int, at: datetime) -> None:
    """A mail stays in the outbox: these tests have no mail server."""
    Delivery.objects.filter(pk=key).update(state="done", done_at=at, lease_until=None)


def resolve(
    ticket: Ticket, by: User, at: datetime, *, category: Category | None = None, code: str = "fixed"
) -> Ticket:
    """It is resolved, and the worker has told so."""
    if ticket.assignee_id is None:
        operations.take(ticket, by=by, at=at)
    done = operations.resolve(
        ticket, code=code, summary="Client 5.2 mends it.", by=by, at=at, category=category
    )
    carry_out(at)
    return done


def survey_of(ticket: Ticket) -> Survey:
    """The newest."""
    return Survey.objects.filter(ticket=ticket).select_related("person", "comment", "ticket").earliest("-pk")


def links_in(mail: Mail) -> dict[int, str]:
    """The path of each answer's link."""
    found = re.findall(r"^(\d) [^:\n]+: https?://[^/]+(/survey/[^\s]+)$", mail.text, re.MULTILINE)
    return {int(score): path for score, path in found}


def mails_to(person: User) -> list[Mail]:
    return list(Mail.objects.filter(to=person.email).order_by("pk"))
