"""What a ticket says about itself: subject, kind, category, priority, place, device, custom fields."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from tickets import events
from tickets.indexing import reindex
from tickets.models import Audience, Category, Kind, MessageKind, Priority, Ticket
from tickets.operations.filing import matrix_priority
from tickets.operations.guards import line, require_desk, require_track
from tickets.operations.values import set_values
from tickets.operations.writing import write
from tickets.refusals import Invalid


class Keep(Enum):
    KEEP = "keep"


KEEP = Keep.KEEP
Kept = Literal[Keep.KEEP]


@transaction.atomic
def change(
    ticket: Ticket,
    *,
    by: User | None,
    at: datetime,
    seen: int | None = None,
    subject: str | Kept = KEEP,
    kind: str | Kept = KEEP,
    category: Category | None | Kept = KEEP,
    impact: int | Kept = KEEP,
    urgency: int | Kept = KEEP,
    location: str | Kept = KEEP,
    device: str | Kept = KEEP,
    handle_with_care: bool | Kept = KEEP,
    requester: User | Kept = KEEP,
    vendor_reference: str | Kept = KEEP,
    fields: Mapping[str, Any] | None = None,
) -> Ticket:
    """Correct what is known about a ticket; what is not given stays. One event, and none where nothing changed.

    Impact and urgency set the priority by the matrix, which also ends an override.
    """
    require_desk(by)
    ticket = events.lock(ticket, seen=seen)
    require_track(by, ticket)
    if kind is not KEEP:
        ticket.kind = _one_of(Kind.values, kind, "kind")
    if category is not KEEP:
        categorise(ticket, category)
    if impact is not KEEP or urgency is not KEEP:
        _prioritise(ticket, impact, urgency)
    for name, value, longest in (
        ("subject", subject, 250),
        ("location", location, 120),
        ("device", device, 80),
        ("vendor_reference", vendor_reference, 80),
    ):
        if value is not KEEP:
            setattr(ticket, name, line(value, name, longest=longest, needed=name == "subject"))
    if handle_with_care is not KEEP:
        ticket.handle_with_care = bool(handle_with_care)
    if requester is not KEEP:
        _change_requester(ticket, requester)
    set_values(ticket, fields or {}, by=by, at=at)
    return _record_if_changed(ticket, by=by, at=at)


def categorise(ticket: Ticket, category: Category | None) -> None:
    if category is not None and not category.is_active and category.pk != ticket.category_id:
        raise Invalid(_("%(name)s is no longer in use.") % {"name": category}, field="category")
    ticket.category, ticket.category_confirmed = category, category is not None


def _prioritise(ticket: Ticket, impact: int | Kept, urgency: int | Kept) -> None:
    new_impact = ticket.impact if impact is KEEP else int(impact)
    new_urgency = ticket.urgency if urgency is KEEP else int(urgency)
    if (new_impact, new_urgency) != (ticket.impact, ticket.urgency) or ticket.priority_overridden:
        ticket.priority, ticket.priority_overridden = matrix_priority(new_impact, new_urgency), False
    ticket.impact, ticket.urgency, ticket.priority_confirmed = new_impact, new_urgency, True


def _change_requester(ticket: Ticket, requester: User) -> None:
    if not requester.is_active:
        raise Invalid(
            _("%(name)s has left. Choose somebody who is here.") % {"name": requester}, field="requester"
        )
    ticket.requester, ticket.organisation_id = requester, requester.organisation_id


def _one_of(codes: list[str], code: str, field: str) -> str:
    if code not in codes:
        raise Invalid(_("Choose one of: %(codes)s.") % {"codes": ", ".join(codes)}, field=field)
    return code


def _record_if_changed(ticket: Ticket, *, by: User | None, at: datetime) -> Ticket:
    if not events.has_changed(ticket):
        return ticket
    reworded = ticket.subject != ticket.known["subject"]
    events.record(ticket, events.CHANGED, by=by, at=at)
    if reworded:
        reindex(ticket)
    return ticket


@transaction.atomic
def confirm_priority(ticket: Ticket, *, by: User | None, at: datetime) -> Ticket:
    """L1 agrees with the priority that the requester's two answers gave."""
    require_desk(by)
    ticket = events.lock(ticket)
    require_track(by, ticket)
    if not ticket.priority_confirmed:
        ticket.priority_confirmed = True
        events.record(ticket, events.PRIORITY_CONFIRMED, by=by, at=at)
    return ticket


@transaction.atomic
def override_priority(ticket: Ticket, *, priority: int, reason: str, by: User | None, at: datetime) -> Ticket:
    """Set a priority that the matrix does not give; the reason is kept as a note."""
    require_desk(by)
    ticket = events.lock(ticket)
    require_track(by, ticket)
    if priority not in Priority.values:
        raise Invalid(_("A priority is a number from 1 to 4."), field="priority")
    message = write(
        ticket,
        text=reason,
        kind=MessageKind.NOTE,
        audience=Audience.INTERNAL,
        by=by,
        at=at,
        field="reason",
    )
    ticket.priority, ticket.priority_overridden, ticket.priority_confirmed = priority, True, True
    events.record(ticket, events.PRIORITY_OVERRIDDEN, by=by, at=at, message=message)
    return ticket
