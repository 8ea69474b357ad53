"""A ticket as programs read it: plain functions by field, so that a page of fifty costs little.

Who is of the desk reads all; a requester what the portal shows; a vendor's guest what was handed to the vendor.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from helpdesk.api.rendering import stamp
from helpdesk.api.versions import etag
from tickets.models import FAR, Message, MessageKind, Ticket
from tickets.permissions import is_desk, readable_messages, reads_as_vendor
from tickets.refusals import Conflict

DESK, REQUESTER, GUEST = "desk", "requester", "guest"
Read = Callable[[Ticket], Any]


@dataclass(frozen=True)
class Shown:
    read: Read
    sides: Collection[str] = (DESK,)


EVERYBODY = (DESK, REQUESTER, GUEST)
BOTH = (DESK, REQUESTER)


def person(row: User | None) -> dict[str, Any] | None:
    return None if row is None else {"id": row.pk, "name": row.name}


def named(row: Any) -> dict[str, Any] | None:
    return None if row is None else {"id": row.pk, "name": row.name}


def _tier(ticket: Ticket) -> dict[str, Any]:
    tier = ticket.tier
    return {"level": tier.level, "code": tier.code, "name": tier.name}


def _category(ticket: Ticket) -> dict[str, Any] | None:
    row = ticket.category
    return None if row is None else {"id": row.pk, "name": row.full_name}


def _hold(ticket: Ticket) -> dict[str, Any] | None:
    if not ticket.hold_until:
        return None
    return {"reason": ticket.hold_reason, "until": stamp(ticket.hold_until)}


def _column(name: str) -> Read:
    return lambda ticket: getattr(ticket, name)


def _moment(name: str) -> Read:
    return lambda ticket: stamp(getattr(ticket, name))


FIELDS: dict[str, Shown] = {
    "number": Shown(lambda ticket: ticket.number, EVERYBODY),
    "id": Shown(lambda ticket: ticket.pk, EVERYBODY),
    "url": Shown(lambda ticket: url_of(ticket.pk), EVERYBODY),
    "version": Shown(_column("version"), EVERYBODY),
    "subject": Shown(_column("subject"), EVERYBODY),
    "kind": Shown(lambda ticket: str(ticket.kind), EVERYBODY),
    "status": Shown(lambda ticket: str(ticket.status), EVERYBODY),
    "is_open": Shown(lambda ticket: ticket.is_open, EVERYBODY),
    "priority": Shown(_column("priority"), (DESK, GUEST)),
    "impact": Shown(_column("impact"), BOTH),
    "urgency": Shown(_column("urgency"), BOTH),
    "priority_confirmed": Shown(_column("priority_confirmed")),
    "priority_overridden": Shown(_column("priority_overridden")),
    "tier": Shown(_tier),
    "team": Shown(lambda ticket: named(ticket.team)),
    "assignee": Shown(lambda ticket: person(ticket.assignee)),
    "contact": Shown(lambda ticket: person(ticket.contact)),
    "requester": Shown(lambda ticket: person(ticket.requester), BOTH),
    "opened_by": Shown(lambda ticket: person(ticket.opened_by), BOTH),
    "organisation": Shown(lambda ticket: named(ticket.organisation), BOTH),
    "channel": Shown(lambda ticket: str(ticket.channel), BOTH),
    "category": Shown(_category, EVERYBODY),
    "category_confirmed": Shown(_column("category_confirmed")),
    "location": Shown(_column("location"), BOTH),
    "device": Shown(_column("device"), EVERYBODY),
    "handle_with_care": Shown(_column("handle_with_care")),
    "is_restricted": Shown(_column("is_restricted")),
    "hold": Shown(_hold),
    "vendor": Shown(lambda ticket: named(ticket.vendor)),
    "vendor_reference": Shown(_column("vendor_reference"), (DESK, GUEST)),
    "resolution_code": Shown(lambda ticket: str(ticket.resolution_code), BOTH),
    "close_reason": Shown(lambda ticket: str(ticket.close_reason), BOTH),
    "cancel_reason": Shown(lambda ticket: str(ticket.cancel_reason), BOTH),
    "merged_into": Shown(
        lambda ticket: None if ticket.merged_into_id is None else f"TD-{ticket.merged_into_id}", BOTH
    ),
    "rating": Shown(_column("rating"), BOTH),
    "created_at": Shown(_moment("created_at"), EVERYBODY),
    "changed_at": Shown(_moment("changed_at"), EVERYBODY),
    "resolved_at": Shown(_moment("resolved_at"), BOTH),
    "closed_at": Shown(_moment("closed_at"), BOTH),
    "due_at": Shown(lambda ticket: stamp(ticket.next_due_at) if ticket.next_due_at < FAR else None),
    "tier_since": Shown(_moment("tier_since")),
    "status_since": Shown(_moment("status_since")),
    "unaccepted_since": Shown(_moment("unaccepted_since"), (DESK, GUEST)),
    "requester_waiting_since": Shown(_moment("requester_waiting_since")),
    "last_public_reply_at": Shown(_moment("last_public_reply_at"), BOTH),
    "proposal_since": Shown(_moment("proposal_since")),
    "reopen_count": Shown(_column("reopen_count"), BOTH),
    "handoff_count": Shown(_column("handoff_count")),
    "bounce_count": Shown(_column("bounce_count")),
    "news_asked_count": Shown(_column("news_asked_count"), BOTH),
    "path": Shown(lambda ticket: list(ticket.path)),
}
NAMES = {side: tuple(name for name, shown in FIELDS.items() if side in shown.sides) for side in EVERYBODY}


def side_of(user: User, ticket: Ticket) -> str:
    """As whom this person reads this ticket."""
    if is_desk(user):
        return DESK
    return GUEST if reads_as_vendor(user, ticket) else REQUESTER


def url_of(key: int) -> str:
    return f"/api/v1/tickets/TD-{key}/"


def shown(ticket: Ticket, user: User, fields: Collection[str] | None = None) -> dict[str, Any]:
    """The ticket's own facts, all of them or the chosen ones; what the reader's side is not told is left out."""
    names: Iterable[str] = NAMES[side_of(user, ticket)]
    if fields is not None:
        names = [name for name in names if name in fields]
    return {name: FIELDS[name].read(ticket) for name in names}


def described_as(ticket: Ticket, user: User) -> str:
    """The words that it was filed with; a vendor's guest reads only what was shared with the vendor."""
    rows = Message.objects.filter(ticket=ticket, kind=MessageKind.DESCRIPTION)
    if not is_desk(user):
        rows = rows.filter(readable_messages(user, ticket))
    return rows.order_by("id").values_list("body", flat=True).first() or ""


def as_it_is_now(conflict: Conflict, request: Any) -> Mapping[str, Any]:
    """For a 412: the ticket as somebody has left it meanwhile."""
    ticket = conflict.ticket
    return {**shown(ticket, request.user), "etag": etag(ticket.version)}
