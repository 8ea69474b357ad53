"""Ends without a resolution: cancelled by the desk, withdrawn by the requester, not a request at all."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from tickets import events
from tickets.models import NOT_A_REQUEST, Audience, CancelReason, MessageKind, Status, Ticket
from tickets.operations.guards import (
    become,
    require,
    require_desk,
    require_open,
    require_status,
    require_track,
    require_work,
)
from tickets.operations.writing import write
from tickets.permissions import is_requester_side
from tickets.refusals import Invalid, Refused


@transaction.atomic
def cancel(ticket: Ticket, *, reason_text: str, by: User | None, at: datetime) -> Ticket:
    """The desk ends it undone; why is kept as a note."""
    require_desk(by)
    ticket = events.lock(ticket)
    require_work(by, ticket)
    require_open(ticket)
    message = write(
        ticket,
        text=reason_text,
        kind=MessageKind.NOTE,
        audience=Audience.INTERNAL,
        by=by,
        at=at,
        field="reason_text",
    )
    end(ticket, CancelReason.CANCELLED, at)
    events.record(ticket, events.CANCELLED, by=by, at=at, message=message)
    return ticket


@transaction.atomic
def withdraw(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    """The requester does not need it any more."""
    ticket = events.lock(ticket)
    require(is_requester_side(by, ticket), _("Only the requester can withdraw this."))
    require_open(ticket)
    end(ticket, CancelReason.WITHDRAWN, at)
    events.record(ticket, events.WITHDRAWN, by=by, at=at)
    return ticket


@transaction.atomic
def not_a_request(ticket: Ticket, *, reason: str, by: User | None, at: datetime) -> Ticket:
    """Noise, spam, or not for IT: outside all figures."""
    require_desk(by)
    ticket = events.lock(ticket)
    require_track(by, ticket)
    require_open(ticket)
    if reason not in NOT_A_REQUEST:
        raise Invalid(_("Say which: noise, spam, or not for IT."), field="reason")
    end(ticket, CancelReason(reason), at)
    events.record(ticket, events.NOT_A_REQUEST, by=by, at=at, reason=str(reason))
    return ticket


@transaction.atomic
def restore(ticket: Ticket, *, by: User | None, at: datetime) -> Ticket:
    """Cancelled by mistake: back into its queue, and who waited waits again. What was merged stays merged."""
    require_desk(by)
    ticket = events.lock(ticket)
    require_track(by, ticket)
    if ticket.merged_into_id:
        raise StaysMerged(_("%(number)s was merged and stays so.") % {"number": ticket.number})
    require_status(ticket, Status.CANCELLED, to=Status.OPEN)
    become(ticket, Status.OPEN, at)
    ticket.cancel_reason, ticket.closed_at = "", None
    _wait_again(ticket)
    events.record(ticket, events.RESTORED, by=by, at=at)
    return ticket


def _wait_again(ticket: Ticket) -> None:
    """The end let go who waited for an answer, and who had not accepted it."""
    ends = ticket.events.filter(kind__in=[events.CANCELLED, events.WITHDRAWN, events.NOT_A_REQUEST])
    last = ends.order_by("-id").first()
    if last is None:
        return
    for column in ("unaccepted_since", "requester_waiting_since"):
        was = last.changes.get(column, [None])[0]
        setattr(ticket, column, datetime.fromisoformat(was) if was else None)


class StaysMerged(Refused):
    code = "stays_merged"


def end(ticket: Ticket, reason: CancelReason, at: datetime) -> None:
    become(ticket, Status.CANCELLED, at)
    ticket.cancel_reason, ticket.closed_at = reason, at
    ticket.unaccepted_since = ticket.requester_waiting_since = ticket.proposal_since = None
