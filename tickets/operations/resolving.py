"""The end of the work: resolve, confirm, rate, reopen, close."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.prepared import Prepared
from tickets import events
from tickets.models import (
    Category,
    CloseReason,
    CustomField,
    LinkType,
    MessageKind,
    ResolutionCode,
    Status,
    Ticket,
)
from tickets.operations.bulk import each_alone
from tickets.operations.changing import KEEP, Kept, categorise
from tickets.operations.conversation import desk_spoke, reopen_columns, require_public_reply
from tickets.operations.guards import become, require, require_open, require_status, require_work
from tickets.operations.values import set_values
from tickets.operations.writing import add_work, write
from tickets.permissions import is_requester_side, leads, may_track
from tickets.refusals import Invalid, Refused

NOTHING_DONE = (ResolutionCode.NO_ANSWER, ResolutionCode.DUPLICATE)
"""Ends at which nobody can know what a required field asks."""


Guard = Callable[[Ticket], None]
_guards: list[Guard] = []


def add_guard(guard: Guard) -> None:
    """Let an app above have its say before a ticket is resolved: it raises `Refused`, or lets it pass.

    Called by `helpdesk.wiring`, for tickets cannot know what is above them. It is asked of the locked ticket.
    """
    if guard not in _guards:
        _guards.append(guard)


@transaction.atomic
def resolve(
    ticket: Ticket,
    *,
    code: str,
    summary: str,
    by: User | None,
    at: datetime,
    category: Category | None | Kept = KEEP,
    minutes: int = 0,
    billable: bool = False,
    fields: Mapping[str, Any] | None = None,
    attachments: Iterable[uuid.UUID | str] = (),
    seen: int | None = None,
    publish_fix: bool = False,
    worker: User | None = None,
) -> Ticket:
    """Say that it is done. `summary` is what the requester reads; the category is confirmed.

    `publish_fix` asks that the tiers below learn this fix; the event keeps it.

    Args:
        worker: who has proposed it, where somebody else tells the requester; `escalation` has seen that they may.

    Raises:
        ChildrenOpen: children that block it are open.
        Refused: what a guard of an app above says, such as a vendor's fix that nobody has confirmed.
        Invalid: no category, an unknown code, a field that is required at this moment.
    """
    ticket = events.lock(ticket, seen=seen)
    if worker is None:
        require_work(by, ticket)
        require_public_reply(by, ticket)
    prepare_end(ticket, code=code, category=category, fields=fields, by=by, at=at)
    message = write(
        ticket,
        text=summary,
        kind=MessageKind.RESOLUTION,
        by=by,
        at=at,
        attachments=attachments,
        field="summary",
    )
    desk_spoke(ticket, by, at)
    become(ticket, Status.RESOLVED, at)
    ticket.resolved_at, ticket.resolution_code, ticket.unaccepted_since = at, code, None
    ticket.assignee = ticket.assignee or worker or by
    add_work(ticket, minutes=minutes, billable=billable, by=by, at=at)
    events.record(
        ticket,
        events.RESOLVED,
        by=by,
        at=at,
        message=message,
        code=code,
        publish_fix=publish_fix or None,
    )
    return ticket


class ChildrenOpen(Refused):
    code = "children_open"


def prepare_end(
    ticket: Ticket,
    *,
    code: str,
    category: Category | None | Kept = KEEP,
    fields: Mapping[str, Any] | None = None,
    by: User | None,
    at: datetime,
) -> None:
    """All of a resolution but its words: a locked ticket gets the category and the fields of its end.

    Raises:
        ChildrenOpen, Invalid: as `resolve`.
    """
    require_open(ticket)
    if code not in ResolutionCode.values:
        raise Invalid(_("Choose how it was resolved."), field="code")
    for guard in _guards:
        guard(ticket)
    _require_children_done(ticket)
    # A rule that ends what nobody has answered cannot know what it was about.
    _confirm_category(ticket, category, needed=by is not None or code not in NOTHING_DONE)
    asked = code not in NOTHING_DONE
    set_values(ticket, fields or {}, by=by, at=at, required=CustomField.Required.RESOLVING, asked=asked)


@transaction.atomic
def confirm(
    ticket: Ticket, *, by: User, at: datetime, rating: int | None = None, comment: str = ""
) -> Ticket:
    """The requester says that it works: closed for good."""
    ticket = events.lock(ticket)
    require(is_requester_side(by, ticket), _("Only the requester can confirm."))
    require_status(ticket, Status.RESOLVED, to=Status.CLOSED)
    become(ticket, Status.CLOSED, at)
    ticket.closed_at, ticket.close_reason = at, CloseReason.CONFIRMED
    events.record(ticket, events.CONFIRMED, by=by, at=at)
    return rate(ticket, rating=rating, comment=comment, by=by, at=at) if rating else ticket


@transaction.atomic
def rate(ticket: Ticket, *, rating: int, by: User, at: datetime, comment: str = "") -> Ticket:
    """How well it went, 1 (badly) to 5 (very well), with a few words; it may be changed later."""
    ticket = events.lock(ticket)
    require(is_requester_side(by, ticket), _("Only the requester can rate this."))
    if ticket.status not in (Status.RESOLVED, Status.CLOSED):
        raise NotDoneYet(_("%(number)s is not done yet: rate it when it is.") % {"number": ticket.number})
    if rating not in range(1, 6):
        raise Invalid(_("Give 1 to 5."), field="rating")
    message = None
    if comment:
        message = write(ticket, text=comment, kind=MessageKind.COMMENT, by=by, at=at, field="comment")
    ticket.rating = rating
    events.record(ticket, events.RATED, by=by, at=at, message=message, rating=rating)
    return ticket


class NotDoneYet(Refused):
    code = "not_done_yet"


@transaction.atomic
def reopen(ticket: Ticket, *, text: str, by: User | None, at: datetime) -> Ticket:
    """Still broken: back to work. Only what is resolved; what is closed gets a follow-up."""
    ticket = events.lock(ticket)
    from_requester = by is not None and is_requester_side(by, ticket)
    require(from_requester or may_track(by, ticket), _("Only the requester and the desk can reopen this."))
    require_status(ticket, Status.RESOLVED, to=Status.OPEN)
    message = write(ticket, text=text, kind=MessageKind.REPLY, by=by, at=at)
    reopen_columns(ticket, at)
    if from_requester:
        ticket.requester_waiting_since = ticket.requester_waiting_since or at
    events.record(
        ticket,
        events.REOPENED,
        by=by,
        at=at,
        message=message,
        reopened=True,
        from_requester=from_requester,
    )
    return ticket


@transaction.atomic
def close(ticket: Ticket, *, by: User | None, at: datetime) -> Ticket:
    """A lead closes what is resolved, without waiting for the requester."""
    ticket = events.lock(ticket)
    require(leads(by, ticket), _("Only a lead closes for the requester."))
    return _close(ticket, CloseReason.LEAD, by=by, at=at)


def close_stale(*, at: datetime, days: int, limit: int = 500) -> int:
    """Close what was resolved `days` ago and nobody objected to. Returns how many."""
    with transaction.atomic():
        rows = Ticket.objects.filter(status=Status.RESOLVED, resolved_at__lte=at - timedelta(days=days))
        rows = rows.select_for_update(of=("self",), skip_locked=True).order_by("resolved_at")
        due = list(rows.values_list("pk", flat=True)[:limit])
        return each_alone(due, lambda key: _close(events.lock(key), CloseReason.TIMER, by=None, at=at))


def _close(ticket: Ticket, reason: CloseReason, *, by: User | None, at: datetime) -> Ticket:
    require_status(ticket, Status.RESOLVED, to=Status.CLOSED)
    become(ticket, Status.CLOSED, at)
    ticket.closed_at, ticket.close_reason = at, reason
    events.record(ticket, events.CLOSED, by=by, at=at, reason=str(reason))
    return ticket


def _confirm_category(ticket: Ticket, category: Category | None | Kept, *, needed: bool) -> None:
    if category is not KEEP:
        categorise(ticket, category)
    if needed and ticket.category_id is None and Category.objects.active().exists():
        raise Invalid(_("Choose the category that it was in the end."), field="category")
    ticket.category_confirmed = ticket.category_id is not None


def _require_children_done(ticket: Ticket) -> None:
    numbers = [Ticket(pk=key).number for (key,) in _open_children(parent=ticket.pk)]
    if numbers:
        raise ChildrenOpen(
            _("These have to be done first: %(numbers)s.") % {"numbers": ", ".join(numbers)},
            children=numbers,
        )


_open_children = Prepared(
    lambda parent: (
        Ticket.objects.open()
        .filter(links__other_id=parent, links__type=LinkType.CHILD, links__blocks=True)
        .order_by("pk")
        .values_list("pk")[:20]
    ),
    "parent",
)
