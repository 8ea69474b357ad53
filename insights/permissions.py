"""Who reads which figures. A figure counts nothing that its reader's scope leaves out."""

from accounts.models import User
from insights.cuts import Scope
from insights.models import TicketFact
from tickets.models import Ticket
from tickets.permissions import is_desk, may_work


def scope_of(user: User) -> Scope | None:
    """What this person's figures count; None for who reads none.

    Managers and administrators: everything. Leads: the teams that they lead. Who sees the tickets of a whole
    organisation (its manager): that organisation.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    if user.is_manager or user.is_administrator:
        return Scope()
    if is_desk(user):
        return Scope(teams=frozenset(user.led_team_ids)) if user.is_lead else None
    if user.sees_organisation and user.organisation_id and not user.seats:
        return Scope(organisation=user.organisation_id)
    return None


def may_name_cause(user: User, ticket: Ticket) -> bool:
    """Say why it broke a promise: who works it, its leads, and who leads the team that resolved it."""
    if may_work(user, ticket):
        return True
    led = user.led_team_ids if is_desk(user) else []
    return bool(led) and TicketFact.objects.filter(ticket=ticket, team__in=led).exists()


def may_read_breach(user: User, ticket: Ticket) -> bool:
    """Open a broken promise of a ticket that they may open: who says why, and who agrees not to hold it against."""
    return may_agree_exceptions(user) or may_name_cause(user, ticket)


def may_agree_exceptions(user: User) -> bool:
    """Agree not to hold a breach against the desk, and publish months: managers, and administrators for them."""
    return user.is_active and (user.is_manager or user.is_administrator)
