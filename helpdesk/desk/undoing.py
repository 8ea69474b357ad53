"""What takes back an act on many tickets: for each act the operation that leads back, from what its event has told.

It is an operation like any other, with an event of its own. Where a ticket has changed since in what the act was about,
it is refused. What cannot be taken back (a reply that was read, a merge) has no entry.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from tickets import events, operations
from tickets.models import BulkJob, Category, Event, Link, Status, Tag, Ticket
from tickets.naming import status_name
from tickets.refusals import Refused

WITHIN = timedelta(minutes=10)
"""How long after it an act can be taken back."""


class ChangedSince(Refused):
    """Taking it back would undo what somebody did afterwards."""

    code = "changed_since"

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(
            _("%(number)s has been changed since. Look at it before you change it back.")
            % {"number": ticket.number}
        )


class NoWayBack(Refused):
    """It was in a state that nobody can put it into again."""

    code = "no_way_back"


class TooLate(Refused):
    code = "too_late_to_undo"

    def __init__(self) -> None:
        super().__init__(_("This cannot be undone any more: it was done too long ago, or undone already."))


def can_be_undone(job: BulkJob, *, at: datetime) -> bool:
    """Once, and what undoes is not undone itself: the ways back lead from the act, not from the way back."""
    is_new = job.finished_at is not None and at - job.finished_at <= WITHIN
    is_act = job.undoes_id is None and job.act in BACK
    return is_new and is_act and bool(job.changed) and not hasattr(job, "undone_by")


@transaction.atomic
def undo(ticket: Ticket, *, of: str, changed: dict[str, int], by: User, at: datetime) -> Ticket:
    """Take back what the act `of` this name did to this ticket.

    Raises:
        ChangedSince: somebody has changed the same since.
        NoWayBack: nobody can put it where it was.
    """
    event = Event.objects.get(pk=changed[str(ticket.pk)], ticket=ticket)
    return BACK[of](events.lock(ticket), event, by=by, at=at)


def _same_as_after(ticket: Ticket, event: Event, *columns: str) -> None:
    """Refuse where one of these columns is not what the act had made of it."""
    for name in columns:
        if name in event.changes and events.plain(getattr(ticket, name)) != event.changes[name][1]:
            raise ChangedSince(ticket)


def _before(event: Event, column: str) -> Any:
    return event.changes[column][0]


def _person(key: int | None) -> User | None:
    return User.objects.filter(pk=key).first() if key else None


def _assignee(ticket: Ticket, event: Event, *, by: User, at: datetime) -> Ticket:
    """Whoever took it on as the first of the service desk became its contact, too."""
    _same_as_after(ticket, event, "assignee_id")
    if event.changes.get("contact_id", [0, 0])[1] == ticket.contact_id:
        ticket = operations.set_contact(ticket, to=_person(_before(event, "contact_id")), by=by, at=at)
    if "assignee_id" in event.changes:
        ticket = operations.assign(ticket, to=_person(_before(event, "assignee_id")), by=by, at=at)
    return ticket


def _contact(ticket: Ticket, event: Event, *, by: User, at: datetime) -> Ticket:
    _same_as_after(ticket, event, "contact_id")
    return operations.set_contact(ticket, to=_person(_before(event, "contact_id")), by=by, at=at)


def _fields(ticket: Ticket, event: Event, *, by: User, at: datetime) -> Ticket:
    """Kind, category, impact, urgency. Where the priority was set by hand before, only a hand can set it again."""
    _same_as_after(ticket, event, "kind", "category_id", "impact", "urgency", "priority")
    if event.changes.get("priority_overridden") == [True, False]:
        raise NoWayBack(
            _("The priority of %(number)s had been set by hand: set it again.") % {"number": ticket.number}
        )
    names = [name for name in ("kind", "impact", "urgency") if name in event.changes]
    before: dict[str, Any] = {name: _before(event, name) for name in names}
    if "category_id" in event.changes:
        before["category"] = Category.objects.filter(pk=_before(event, "category_id")).first()
    return operations.change(ticket, by=by, at=at, **before)


def _priority(ticket: Ticket, event: Event, *, by: User, at: datetime) -> Ticket:
    """Back to what the matrix says, or to the priority that was set by hand before."""
    _same_as_after(ticket, event, "priority", "priority_overridden")
    was_by_hand = "priority_overridden" not in event.changes
    if was_by_hand and "priority" in event.changes:
        before = _before(event, "priority")
        return operations.override_priority(ticket, priority=before, reason=_("Undone."), by=by, at=at)
    return operations.change(ticket, urgency=ticket.urgency, impact=ticket.impact, by=by, at=at)


def _tags(ticket: Ticket, event: Event, *, by: User, at: datetime) -> Ticket:
    for tag in Tag.objects.filter(pk__in=event.data["tags"], taggings__ticket=ticket):
        ticket = operations.untag(ticket, name=tag.name, by=by, at=at)
    return ticket


def _untagged(ticket: Ticket, event: Event, *, by: User, at: datetime) -> Ticket:
    names = Tag.objects.filter(pk__in=event.data["tags"]).values_list("name", flat=True)
    return operations.tag(ticket, names=list(names), by=by, at=at)


def _watched(ticket: Ticket, event: Event, *, by: User, at: datetime) -> Ticket:
    return operations.unwatch(ticket, user=User.objects.get(pk=event.data["user"]), by=by, at=at)


def _unwatched(ticket: Ticket, event: Event, *, by: User, at: datetime) -> Ticket:
    return operations.watch(ticket, user=User.objects.get(pk=event.data["user"]), by=by, at=at)


def _held(ticket: Ticket, event: Event, *, by: User, at: datetime) -> Ticket:
    _same_as_after(ticket, event, "status", "hold_until", "hold_reason")
    before = _before(event, "status") if "status" in event.changes else Status.ON_HOLD
    if before not in (Status.NEW, Status.OPEN):
        raise NoWayBack(
            _("%(number)s was %(status)s before: say again for whom it waits.")
            % {"number": ticket.number, "status": status_name(before)}
        )
    return operations.resume(ticket, by=by, at=at)


def _linked(ticket: Ticket, event: Event, *, by: User, at: datetime) -> Ticket:
    link = Link.objects.filter(pk=event.data["link"]).first()
    return operations.unlink(ticket, link=link, by=by, at=at) if link else ticket


BACK: dict[str, Callable[..., Ticket]] = {
    "take": _assignee,
    "assign": _assignee,
    "release": _assignee,
    "contact": _contact,
    "change": _fields,
    "override-priority": _priority,
    "tag": _tags,
    "untag": _untagged,
    "watch": _watched,
    "unwatch": _unwatched,
    "hold": _held,
    "parent": _linked,
}
"""By the name of an act what leads back from it."""
