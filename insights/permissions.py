"""Who reads which figures. A figure counts nothing that its reader's scope leaves out."""

from accounts.models import User
from insights.cuts import Scope
from tickets.permissions import is_desk


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
