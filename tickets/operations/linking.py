"""Ties between tickets and to other systems: links, parents, tags, watchers, external references, minutes."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from tickets import events
from tickets.models import ExternalReference, Link, LinkType, Tag, Tagging, Ticket, Watch
from tickets.operations.guards import line, require, require_desk, require_track
from tickets.operations.writing import add_work
from tickets.permissions import is_desk, is_requester_side, may_see, may_track
from tickets.refusals import Invalid, Refused


@transaction.atomic
def link(
    ticket: Ticket,
    *,
    other: Ticket,
    type: str,  # noqa: A002
    by: User | None,
    at: datetime,
    blocks: bool = False,
) -> Ticket:
    """Say that this ticket is a child of, a duplicate of, caused by or related to the other.

    Whoever keeps either of the two in order may: an expert gathers incidents that lie with others.

    Raises:
        Invalid: itself, an unknown type, a second parent, or a circle of parents.
    """
    require_desk(by)
    rows = events.lock_all([ticket.pk, other.pk])
    ticket, other = rows[ticket.pk], rows[other.pk]
    if not may_track(by, other):
        require_track(by, ticket)
    require(may_see(by, ticket) and may_see(by, other), _("You cannot see that ticket."))
    if ticket.pk == other.pk:
        raise Invalid(_("A ticket cannot be linked to itself."), field="other")
    if type not in LinkType.values:
        raise Invalid(_("Choose how they belong together."), field="type")
    if type == LinkType.CHILD:
        _require_no_circle(ticket, other)
    row, is_new = Link.objects.get_or_create(
        ticket=ticket, other=other, type=type, defaults={"blocks": blocks and type == LinkType.CHILD}
    )
    if is_new:
        for one, its_other in ((ticket, other), (other, ticket)):
            events.record(one, events.LINKED, by=by, at=at, link=row.pk, type=str(type), other=its_other.pk)
    return ticket


@transaction.atomic
def unlink(ticket: Ticket, *, link: Link, by: User | None, at: datetime) -> Ticket:
    require_desk(by)
    rows = events.lock_all([link.ticket_id, link.other_id])
    require_track(by, rows[ticket.pk])
    type_ = link.type
    link.delete()
    for key, other in ((link.ticket_id, link.other_id), (link.other_id, link.ticket_id)):
        events.record(rows[key], events.UNLINKED, by=by, at=at, type=str(type_), other=other)
    return rows[ticket.pk]


def _require_no_circle(child: Ticket, parent: Ticket) -> None:
    if Link.objects.filter(ticket=child, type=LinkType.CHILD).exclude(other=parent).exists():
        raise Invalid(_("%(number)s has a parent already.") % {"number": child.number}, field="other")
    above: int = parent.pk
    for _step in range(50):
        next_above = (
            Link.objects.filter(ticket_id=above, type=LinkType.CHILD)
            .values_list("other_id", flat=True)
            .first()
        )
        if next_above is None:
            return
        above = next_above
        if above == child.pk:
            break
    raise Invalid(
        _("%(parent)s is below %(child)s already.") % {"parent": parent.number, "child": child.number},
        field="other",
    )


@transaction.atomic
def tag(ticket: Ticket, *, names: Iterable[str], by: User | None, at: datetime) -> Ticket:
    """Put tags on it; upper and lower case do not matter, new ones are made."""
    require_desk(by)
    ticket = events.lock(ticket)
    require_track(by, ticket)
    wanted = {line(name, "names", longest=40, needed=True).lower() for name in names}
    Tag.objects.bulk_create([Tag(name=name) for name in sorted(wanted)], ignore_conflicts=True)
    there = Tagging.objects.filter(ticket=ticket).values("tag_id")
    new = list(Tag.objects.filter(name__in=wanted).exclude(pk__in=there))
    if new:
        Tagging.objects.bulk_create(Tagging(ticket=ticket, tag=row) for row in new)
        events.record(ticket, events.TAGGED, by=by, at=at, tags=[row.pk for row in new])
    return ticket


@transaction.atomic
def untag(ticket: Ticket, *, name: str, by: User | None, at: datetime) -> Ticket:
    require_desk(by)
    ticket = events.lock(ticket)
    require_track(by, ticket)
    row = Tagging.objects.filter(ticket=ticket, tag__name__iexact=name).first()
    if row is not None:
        row.delete()
        events.record(ticket, events.UNTAGGED, by=by, at=at, tags=[row.tag_id])
    return ticket


@transaction.atomic
def watch(ticket: Ticket, *, user: User, by: User | None, at: datetime) -> Ticket:
    """Follow a ticket, or let somebody follow: the desk anybody, a requester colleagues."""
    ticket = events.lock(ticket)
    _require_may_share(ticket, user, by)
    if not user.is_active:
        raise Invalid(_("%(name)s has left.") % {"name": user}, field="user")
    _row, is_new = Watch.objects.get_or_create(ticket=ticket, user=user)
    if is_new:
        events.record(ticket, events.WATCHED, by=by, at=at, user=user)
    return ticket


@transaction.atomic
def unwatch(ticket: Ticket, *, user: User, by: User | None, at: datetime) -> Ticket:
    ticket = events.lock(ticket)
    require(
        is_desk(by) or by == user or (by is not None and is_requester_side(by, ticket)),
        _("Only the desk and the requester can take a watcher away."),
    )
    deleted, _by_model = Watch.objects.filter(ticket=ticket, user=user).delete()
    if deleted:
        events.record(ticket, events.UNWATCHED, by=by, at=at, user=user)
    return ticket


def _require_may_share(ticket: Ticket, user: User, by: User | None) -> None:
    if is_desk(by):
        require(may_see(by, ticket), _("You cannot see this ticket."))
        return
    colleague = user.organisation_id is not None and user.organisation_id == ticket.organisation_id
    require(
        by is not None and is_requester_side(by, ticket) and colleague,
        _("You can add colleagues of your organisation to your own requests."),
    )


@transaction.atomic
def refer(ticket: Ticket, *, system: str, key: str, by: User | None, at: datetime, url: str = "") -> Ticket:
    """Note the ticket's key in another system.

    Raises:
        KeyTaken: another ticket has that key.
    """
    require_desk(by)
    ticket = events.lock(ticket)
    require_track(by, ticket)
    system = line(system, "system", longest=60, needed=True)
    key = line(key, "key", longest=120, needed=True)
    try:
        if url:
            URLValidator(schemes=["http", "https"])(url)
        with transaction.atomic():
            row = ExternalReference.objects.create(ticket=ticket, system=system, key=key, url=url)
    except ValidationError:
        raise Invalid(_("Give a whole address that begins with https://."), field="url") from None
    except IntegrityError:
        raise KeyTaken(_("%(key)s is on another ticket already.") % {"key": key}, field="key") from None
    events.record(ticket, events.REFERENCED, by=by, at=at, reference=row.pk)
    return ticket


class KeyTaken(Refused):
    code = "key_taken"


@transaction.atomic
def log_work(ticket: Ticket, *, minutes: int, by: User, at: datetime, billable: bool = False) -> Ticket:
    """Minutes worked that belong to no reply or note."""
    require_desk(by)
    ticket = events.lock(ticket)
    if not minutes:
        raise Invalid(_("Minutes worked: between 1 and 1440."), field="minutes")
    work = add_work(ticket, minutes=minutes, billable=billable, by=by, at=at)
    events.record(ticket, events.WORKED, by=by, at=at, work=work, minutes=minutes)
    return ticket
