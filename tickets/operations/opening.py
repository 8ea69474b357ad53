"""Opening a ticket, by whichever road it comes, and answering it in the same act."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from tickets.models import ResolutionCode, Ticket
from tickets.operations.conversation import reply
from tickets.operations.filing import file_ticket
from tickets.operations.resolving import resolve


@transaction.atomic
def open_ticket(
    *,
    requester: User,
    subject: str,
    description: str,
    by: User | None,
    at: datetime,
    answer: str = "",
    resolve_as: str | None = None,
    minutes: int = 0,
    billable: bool = False,
    **details: Any,
) -> Ticket:
    """File a request (see `file_ticket` for the details it takes) and, when it is known, answer it at once.

    With `answer` the requester gets a public reply in the same act; with `resolve_as` too, that answer
    resolves it. So a call that is answered on the phone is one act.
    """
    ticket = file_ticket(
        requester=requester, subject=subject, description=description, by=by, at=at, **details
    )
    if resolve_as:
        return resolve(
            ticket,
            code=ResolutionCode(resolve_as),
            summary=answer,
            by=by,
            at=at,
            minutes=minutes,
            billable=billable,
        )
    if answer:
        return reply(ticket, text=answer, by=by, at=at, minutes=minutes, billable=billable)
    return ticket
