"""Filing a ticket: the row, its first message, where it lands. `opening` adds an answer in the same act."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership, Team, User
from accounts.prepared import Prepared, any_of
from tickets import events
from tickets.indexing import index_new
from tickets.models import (
    Category,
    Channel,
    CustomField,
    Impact,
    Kind,
    Link,
    LinkType,
    MessageKind,
    PriorityRule,
    Ticket,
    Urgency,
    Watch,
)
from tickets.operations.confiding import confide_like
from tickets.operations.guards import line, require
from tickets.operations.values import set_values
from tickets.operations.writing import write
from tickets.permissions import is_desk
from tickets.refusals import Invalid

Cover = Callable[[Team, datetime], tuple[Team, Mapping[str, Any]] | None]
_covers: list[Cover] = []

NO_RECEIPT = "no_receipt"
"""In what an opening tells: nobody is written to that it has arrived."""


def add_cover(cover: Cover) -> None:
    """Let an app above say who gets it when the team where it would land is out of hours, and what the event tells.

    Called by `helpdesk.wiring`, for tickets cannot know what is above them. What few may know of is not asked about.
    """
    if cover not in _covers:
        _covers.append(cover)


def file_ticket(
    *,
    requester: User,
    subject: str,
    description: str,
    by: User | None,
    at: datetime,
    kind: str = Kind.INCIDENT,
    category: Category | None = None,
    impact: int = Impact.PERSON,
    urgency: int = Urgency.HINDERED,
    channel: str = Channel.PORTAL,
    location: str = "",
    device: str = "",
    attachments: Iterable[uuid.UUID | str] = (),
    fields: Mapping[str, Any] | None = None,
    contact: User | None = None,
    tier: int | None = None,
    team: Team | None = None,
    watchers: Iterable[User] = (),
    origin: Ticket | None = None,
    receipt: bool = True,
) -> Ticket:
    """File a request. It lands with the category's team, else with the lowest tier that is staffed; outside of that
    team's hours with whoever covers it.

    Called by operations, inside their transaction.

    Args:
        origin: the ticket that it comes from. If that is restricted, so is this one, and it goes to the
            team that knows of it.
        receipt: whether the requester is written to that it has arrived; a machine is not.

    Raises:
        NotAllowed: `by` files for somebody whom they may not speak for.
        Invalid: a field cannot be used.
    """
    require(_may_file_for(by, requester), _("You can file only for colleagues of your organisation."))
    if not requester.is_active:
        raise Invalid(
            _("%(name)s has left. Choose somebody who is here.") % {"name": requester}, field="requester"
        )
    is_restricted = origin is not None and origin.is_restricted
    if is_restricted and origin and Team.objects.in_use().filter(pk=origin.team_id).exists():
        team = origin.team
    team, why_there = _covered(team or _landing_team(category, tier), at, is_restricted=is_restricted)
    speaks_for_desk = is_desk(by) and by != requester
    ticket = events.insert(
        Ticket(
            kind=kind,
            subject=line(subject, "subject", longest=250, needed=True),
            tier_id=team.tier_id,
            team=team,
            contact=contact or (by if speaks_for_desk and by and _is_first_line(by) else None),
            requester=requester,
            opened_by=by,
            organisation_id=requester.organisation_id,
            channel=channel,
            category=category,
            category_confirmed=bool(category and speaks_for_desk),
            impact=impact,
            urgency=urgency,
            priority=matrix_priority(impact, urgency),
            priority_confirmed=speaks_for_desk,
            location=line(location or requester.location, "location", longest=120),
            device=line(device, "device", longest=80),
            created_at=at,
            tier_since=at,
            status_since=at,
            requester_waiting_since=at,
            path=[team.tier_id],
            is_restricted=is_restricted,
        ),
        by=by,
        at=at,
    )
    if origin is not None:
        confide_like(ticket, origin)
    message = write(
        ticket,
        text=description,
        kind=MessageKind.DESCRIPTION,
        by=by,
        author=requester if speaks_for_desk else by,
        at=at,
        attachments=attachments,
        field="description",
        needed=False,
    )
    set_values(
        ticket, fields or {}, by=by, at=at, required=CustomField.Required.FILING, asked=not speaks_for_desk
    )
    Watch.objects.bulk_create([Watch(ticket=ticket, user=user) for user in {*watchers}])
    if not receipt:
        why_there = {**why_there, NO_RECEIPT: True}
    events.record(ticket, events.OPENED, by=by, at=at, message=message, **why_there)
    index_new(ticket, message)
    return ticket


@transaction.atomic
def follow_up(
    ticket: Ticket,
    *,
    text: str,
    by: User | None,
    at: datetime,
    attachments: Iterable[uuid.UUID | str] = (),
    channel: str = "",
) -> Ticket:
    """A reply to what is closed: a new ticket, linked to the old one, with the same contact.

    Args:
        channel: by which it came; without one, that of the old ticket.
    """
    if not channel:
        channel = ticket.channel if ticket.channel != Channel.IMPORT else Channel.PORTAL
    contact = ticket.contact if ticket.contact and ticket.contact.is_active else None
    new = file_ticket(
        requester=ticket.requester if ticket.requester.is_active or by is None else by,
        subject=ticket.subject or ticket.number,
        description=text,
        by=by,
        at=at,
        kind=ticket.kind,
        category=ticket.category,
        impact=ticket.impact,
        urgency=ticket.urgency,
        channel=channel,
        location=ticket.location,
        device=ticket.device,
        attachments=attachments,
        contact=contact,
        origin=ticket,
    )
    tie(new, ticket, LinkType.FOLLOW_UP, by=by, at=at)
    return new


def tie(ticket: Ticket, other: Ticket, type_: LinkType, *, by: User | None, at: datetime) -> None:
    """Link a ticket that was just made to the one that it came from; each tells it in its history."""
    link = Link.objects.create(ticket=ticket, other=other, type=type_)
    for one, its_other in ((ticket, other), (other, ticket)):
        events.record(
            events.lock(one), events.LINKED, by=by, at=at, link=link.pk, type=type_, other=its_other.pk
        )


def matrix_priority(impact: int, urgency: int) -> int:
    try:
        return {(row[0], row[1]): int(row[2]) for row in _matrix()}[impact, urgency]
    except KeyError:
        raise Invalid(_("Impact and urgency are each a number from 1 to 3."), field="impact") from None


_matrix: Prepared[tuple[int, int, int]] = Prepared(
    lambda: PriorityRule.objects.order_by().values_list("impact", "urgency", "priority")
)


def _may_file_for(by: User | None, requester: User) -> bool:
    return (
        by is None
        or by == requester
        or is_desk(by)
        or (by.organisation_id is not None and by.organisation_id == requester.organisation_id)
    )


def _is_first_line(user: User) -> bool:
    return any(seat.tier <= 1 for seat in user.seats)


def lands_with(category: Category | None) -> Team:
    """The team that gets what is filed under this category, within its hours."""
    return _landing_team(category, None)


def _landing_team(category: Category | None, tier: int | None) -> Team:
    if tier is None and category is not None:
        by_depth = sorted(
            _with_teams(ancestry=category.ancestry), key=lambda row: -category.ancestry.index(row.pk)
        )
        if by_depth and by_depth[0].team:
            return by_depth[0].team
    team = _default_team.first() if tier is None else _by_rank(_usable().filter(tier_id=tier)).first()
    if team is None:
        raise Invalid(
            _("No team can receive this: every team is inactive or on a tier that is off."), field="team"
        )
    return team


def _covered(team: Team, at: datetime, *, is_restricted: bool) -> tuple[Team, Mapping[str, Any]]:
    """Who has what lands with this team now, and why where that is another one."""
    for cover in () if is_restricted else _covers:
        found = cover(team, at)
        if found is not None:
            return found
    return team, {}


def _usable() -> QuerySet[Team]:
    return Team.objects.in_use().select_related("tier")


def _by_rank(teams: QuerySet[Team]) -> QuerySet[Team]:
    """Those of the house: with people in them first, then from the lowest tier up."""
    staffed = Exists(Membership.objects.filter(team=OuterRef("pk"), user__is_active=True))
    house = teams.filter(~Q(organisation__kind="vendor")).alias(staffed=staffed)
    return house.order_by("-staffed", "tier_id", "-is_default", "id")


_with_teams: Prepared[Category] = Prepared(
    lambda ancestry: (
        Category.objects.filter(any_of("pk", ancestry), team__is_active=True, team__tier__is_enabled=True)
        .select_related("team__tier")
        .order_by()
    ),
    "ancestry",
)
_default_team: Prepared[Team] = Prepared(lambda: _by_rank(_usable())[:1])
