"""Waiting: for the requester (only together with a question), for a vendor, on hold with an end."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from tickets import events
from tickets.models import Audience, HoldReason, MessageKind, Status, Ticket
from tickets.operations.bulk import each_alone
from tickets.operations.conversation import desk_spoke, require_public_reply
from tickets.operations.guards import become, line, require_desk, require_open, require_track, require_work
from tickets.operations.writing import add_work, write
from tickets.refusals import Invalid

Files = Iterable[uuid.UUID | str]
LONGEST_REFERENCE = 80
LONGEST_HOLD = timedelta(days=2 * 366)


@transaction.atomic
def wait_for_requester(
    ticket: Ticket,
    *,
    question: str,
    by: User | None,
    at: datetime,
    attachments: Files = (),
    minutes: int = 0,
    billable: bool = False,
    seen: int | None = None,
    agreed: bool = False,
) -> Ticket:
    """Ask the requester something and wait for the answer. Without a question nobody waits.

    `agreed`: it was proposed, and `escalation` has seen that this person may send it.
    """
    ticket = events.lock(ticket, seen=seen)
    if not agreed:
        require_track(by, ticket)
        require_public_reply(by, ticket)
    require_open(ticket)
    message = write(
        ticket,
        text=question,
        kind=MessageKind.QUESTION,
        by=by,
        at=at,
        attachments=attachments,
        field="question",
    )
    if by is not None:
        desk_spoke(ticket, by, at)  # what a rule asks is no answer to what the requester asked
    become(ticket, Status.PENDING_REQUESTER, at)
    add_work(ticket, minutes=minutes, billable=billable, by=by, at=at)
    events.record(ticket, events.WAITS_REQUESTER, by=by, at=at, message=message)
    return ticket


@transaction.atomic
def wait_for_vendor(
    ticket: Ticket,
    *,
    vendor: Organisation,
    by: User | None,
    at: datetime,
    text: str = "",
    reference: str = "",
    attachments: Files = (),
) -> Ticket:
    """Wait for a vendor's answer while the ticket stays with its team. `text` is shared with the vendor."""
    ticket = events.lock(ticket)
    require_work(by, ticket)
    require_open(ticket)
    if vendor.kind != Organisation.Kind.VENDOR:
        raise Invalid(_("%(name)s is not a vendor.") % {"name": vendor}, field="vendor")
    message = None
    if text:
        message = write(
            ticket,
            text=text,
            kind=MessageKind.QUESTION,
            vendor=vendor.pk,
            by=by,
            at=at,
            attachments=attachments,
        )
    become(ticket, Status.PENDING_VENDOR, at)
    put_with_vendor(ticket, vendor.pk, reference=reference)
    events.record(ticket, events.WAITS_VENDOR, by=by, at=at, message=message, vendor=vendor)
    return ticket


def put_with_vendor(ticket: Ticket, vendor: int | None, *, reference: str = "") -> None:
    """Say on a locked ticket which vendor it is with. Another vendor's number is not this one's to know."""
    if ticket.vendor_id != vendor:
        ticket.vendor_id, ticket.vendor_reference = vendor, ""
    if reference:
        ticket.vendor_reference = line(reference, "reference", longest=LONGEST_REFERENCE)


@transaction.atomic
def hold(
    ticket: Ticket, *, reason: str, until: datetime, by: User | None, at: datetime, note: str = ""
) -> Ticket:
    """Set it aside for a reason from the list until a date; then it is back in its queue by itself."""
    require_desk(by)
    ticket = events.lock(ticket)
    require_work(by, ticket)
    require_open(ticket)
    if reason not in HoldReason.values:
        raise Invalid(_("Choose a reason from the list."), field="reason")
    if until <= at:
        raise Invalid(_("The end lies in the past. Choose a later time."), field="until")
    if until > at + LONGEST_HOLD:
        raise Invalid(_("The end lies more than two years ahead. Choose an earlier time."), field="until")
    message = None
    if note:
        message = write(
            ticket, text=note, kind=MessageKind.NOTE, audience=Audience.INTERNAL, by=by, at=at, field="note"
        )
    become(ticket, Status.ON_HOLD, at)
    ticket.hold_reason, ticket.hold_until = reason, until
    events.record(ticket, events.HELD, by=by, at=at, message=message)
    return ticket


@transaction.atomic
def resume(ticket: Ticket, *, by: User | None, at: datetime) -> Ticket:
    """Go on with what waits."""
    require_desk(by)
    ticket = events.lock(ticket)
    require_track(by, ticket)
    require_open(ticket)
    become(ticket, Status.OPEN, at)
    if events.has_changed(ticket):
        events.record(ticket, events.RESUMED, by=by, at=at)
    return ticket


def end_holds(*, at: datetime, limit: int = 500) -> int:
    """Bring back what was set aside until now. Any number of workers may run it at once.

    Returns: how many tickets came back.
    """
    with transaction.atomic():
        rows = Ticket.objects.hold_over(at).select_for_update(of=("self",), skip_locked=True)
        due = list(rows.order_by("id").values_list("pk", flat=True)[:limit])
        return each_alone(due, lambda key: _end_hold(key, at))


def _end_hold(key: int, at: datetime) -> None:
    ticket = events.lock(key)
    become(ticket, Status.OPEN, at)
    events.record(ticket, events.HOLD_ENDED, by=None, at=at)
