"""Help without a hand-over: a person or a team sees and writes for a time; owner and clocks stay as they are."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership, Organisation, Team, User
from escalation.events import INVITATION_ENDED, INVITED
from escalation.models import Invitation
from escalation.operations.handing_over import HandedOver, hand_over
from tickets import events
from tickets.models import Audience, MessageKind, Named, Ticket, Watch
from tickets.operations import guards
from tickets.operations.bulk import each_alone
from tickets.operations.writing import add_work, write
from tickets.permissions import is_desk, may_track
from tickets.refusals import Invalid, Refused

LONGEST = timedelta(days=30)
VENDOR_TIER = 4


@transaction.atomic
def invite(
    ticket: Ticket,
    *,
    until: datetime,
    question: str,
    by: User,
    at: datetime,
    user: User | None = None,
    team: Team | None = None,
) -> Ticket:
    """Ask a person or a team to help until a time. What is asked is a note; they see the ticket while they help.

    Raises:
        Invalid: nobody or both; of the team that has it, of a vendor, or asked already; the end has passed or
            lies more than 30 days ahead.
    """
    ticket = events.lock(ticket)
    guards.require_track(by, ticket)
    guards.require_open(ticket)
    helped_by = _require_helper(ticket, user, team, by=by)
    _require_until(until, at)
    _require_new(ticket, user, team)
    message = write(
        ticket,
        text=question,
        kind=MessageKind.NOTE,
        audience=Audience.INTERNAL,
        by=by,
        at=at,
        field="question",
    )
    invitation = Invitation(
        ticket=ticket,
        user=user,
        team=team,
        by=by,
        at=at,
        until=until,
        question=message,
        from_team_id=ticket.team_id,
        helped_by_id=helped_by,
    )
    _let_in(invitation)
    invitation.save(force_insert=True)
    events.record(
        ticket,
        INVITED,
        by=by,
        at=at,
        message=message,
        invitation=invitation,
        user=user,
        team=team,
        until=until,
    )
    return ticket


@transaction.atomic
def end_invitation(invitation: Invitation, *, by: User, at: datetime, minutes: int = 0) -> Ticket:
    """The help is done. Who was let in for it sees the ticket no longer.

    Args:
        minutes: that the help took; logged for the person who was asked, or for whoever of the team ends it.

    Raises:
        HelpIsOver: it was ended before.
    """
    ticket = events.lock(invitation.ticket_id)
    invitation = _locked(invitation)
    is_helper = by.pk == invitation.user_id or invitation.team_id in by.team_ids
    guards.require(
        is_helper or by.pk == invitation.by_id or may_track(by, ticket),
        _("Only who helps, who asked, and those who work on the ticket can end it."),
    )
    _close(invitation, Invitation.State.ENDED, by=by, at=at, minutes=minutes)
    worker, tier = invitation.user or by, invitation.helped_by.tier_id if invitation.helped_by else None
    add_work(ticket, minutes=minutes, billable=False, by=worker, at=at, tier=tier)
    _tell_end(ticket, invitation, by=by, at=at, minutes=minutes or None)
    return ticket


@transaction.atomic
def become_handover(
    invitation: Invitation, *, reason: str, summary: str, by: User, at: datetime, **facts: Any
) -> HandedOver:
    """Who helps takes it over: the ordinary hand-over to their team, by which the help ends.

    Raises:
        HelpIsOver: it was ended before.
        Refused: as `hand_over`.
    """
    ticket = events.lock(invitation.ticket_id)
    team = _locked(invitation).helped_by
    facts = {"as_asked": True, **facts}  # who helps is here
    handed = hand_over(ticket, team=team, reason=reason, summary=summary, by=by, at=at, **facts)
    settle(ticket.pk, team=handed.ticket.team_id, by=by, at=at)
    return handed


@transaction.atomic
def settle(ticket: int, *, team: int, by: User | None, at: datetime) -> None:
    """A ticket has moved to a team that helped with it: it is theirs now. Nothing to tell, the move says it."""
    moved = Invitation.objects.filter(ticket=ticket, state=Invitation.State.OPEN, helped_by=team, at__lte=at)
    if not moved.exists():
        return
    events.lock(ticket)
    for invitation in moved.select_for_update():
        _close(invitation, Invitation.State.HANDED_OVER, by=by, at=at)


def end_due(*, at: datetime, limit: int = 200) -> int:
    """End the help whose time is over. Any number of workers may run it at once. Returns on how many tickets."""
    with transaction.atomic():
        over = Invitation.objects.filter(state=Invitation.State.OPEN, until__lte=at)
        tickets = Ticket.objects.filter(pk__in=over.values("ticket_id")).order_by("pk")
        due = tickets.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:limit]
        return each_alone(list(due), lambda key: _end_of(key, at))


class HelpIsOver(Refused):
    code = "help_is_over"


def _require_helper(ticket: Ticket, user: User | None, team: Team | None, *, by: User) -> int:
    """The team from which the help comes; whoever is asked must be able to give it."""
    if (user is None) == (team is None):
        raise Invalid(_("Choose a person or a team, not both."), field="user")
    return _require_person(ticket, user, by) if user else _require_team(ticket, team)


def _require_person(ticket: Ticket, user: User, by: User) -> int:
    if user == by:
        raise Invalid(_("You are here already. Ask somebody else."), field="user")
    if user.is_vendor_guest:
        raise Invalid(_("Vendors are not asked for help: hand it over to them instead."), field="user")
    own = [seat for seat in user.seats if not seat.is_vendor]
    if not user.is_active or not own or not is_desk(user):
        raise Invalid(_("%(name)s does not work at the desk.") % {"name": user}, field="user")
    if ticket.team_id in user.team_ids:
        raise Invalid(
            _("%(name)s is in %(team)s: assign it instead.") % {"name": user, "team": ticket.team},
            field="user",
        )
    return own[0].team_id


def _require_team(ticket: Ticket, team: Team | None) -> int:
    if team is None:
        raise Invalid(_("Choose a person or a team."), field="team")
    vendor = team.organisation is not None and team.organisation.kind == Organisation.Kind.VENDOR
    if team.tier_id == VENDOR_TIER or vendor:
        raise Invalid(_("Vendors are not asked for help: hand it over to them instead."), field="team")
    if team.pk == ticket.team_id:
        raise Invalid(_("%(team)s has it: assign it instead.") % {"team": team}, field="team")
    if not team.is_active or not team.tier.is_enabled:
        raise Invalid(
            _("%(team)s helps nobody: it is inactive or its tier is not in use.") % {"team": team},
            field="team",
        )
    return team.pk


def _require_until(until: datetime, at: datetime) -> None:
    if until <= at:
        raise Invalid(_("This time has passed. Choose a later one."), field="until")
    if until > at + LONGEST:
        raise Invalid(
            _("This is more than 30 days ahead. Choose an earlier time, or hand it over."), field="until"
        )


def _require_new(ticket: Ticket, user: User | None, team: Team | None) -> None:
    if Invitation.objects.filter(ticket=ticket, user=user, team=team, state=Invitation.State.OPEN).exists():
        raise Invalid(
            _("%(name)s helps already. End that first.") % {"name": user or team},
            field="user" if user else "team",
        )


def _let_in(invitation: Invitation) -> None:
    """Let those see it who do not yet: named on a restricted ticket, and as watchers."""
    ticket = invitation.ticket
    if ticket.is_restricted:
        named, is_new = Named.objects.get_or_create(ticket=ticket, user=invitation.user, team=invitation.team)
        invitation.named = named.pk if is_new else None
    for person in _people(invitation):
        if not Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists():
            invitation.watches.append(Watch.objects.create(ticket=ticket, user=person).pk)


def _people(invitation: Invitation) -> Iterable[User]:
    if invitation.user is not None:
        return [invitation.user]
    members = Membership.objects.filter(team=invitation.team_id, user__is_active=True)
    return [member.user for member in members.select_related("user").order_by("user_id")]


def _locked(invitation: Invitation) -> Invitation:
    """The row, after the ticket's: always in this order, so that two who end it never wait for each other."""
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("user", "helped_by")
    row = rows.get(pk=invitation.pk)
    if row.state != Invitation.State.OPEN:
        raise HelpIsOver(_("This help has ended already."))
    return row


def _close(invitation: Invitation, state: str, *, by: User | None, at: datetime, minutes: int = 0) -> None:
    """End the row, and take away what it let people see; what they had before or since stays."""
    invitation.state, invitation.ended_by, invitation.ended_at = state, by, at
    invitation.minutes = minutes
    invitation.save(update_fields=["state", "ended_by", "ended_at", "minutes"])
    Watch.objects.filter(pk__in=invitation.watches).delete()
    stays_named = state == Invitation.State.HANDED_OVER and invitation.team_id is not None
    if not stays_named:  # the team that has it now sees it by this row
        Named.objects.filter(pk__in=[invitation.named] if invitation.named else []).delete()


def _tell_end(ticket: Ticket, invitation: Invitation, *, by: User | None, at: datetime, **more: Any) -> None:
    events.record(
        ticket,
        INVITATION_ENDED,
        by=by,
        at=at,
        invitation=invitation,
        user=invitation.user_id,
        team=invitation.team_id,
        **more,
    )


def _end_of(key: int, at: datetime) -> None:
    ticket = events.lock(key)
    over = Invitation.objects.filter(ticket=key, state=Invitation.State.OPEN, until__lte=at).order_by("pk")
    for invitation in over.select_for_update():
        _close(invitation, Invitation.State.ENDED, by=None, at=at)
        _tell_end(ticket, invitation, by=None, at=at)
