"""Who keeps in touch with the requester: the contact, or the L1 team where there is none or nobody is there."""

from datetime import datetime

from accounts.models import Team, User
from escalation.models import Handoff
from escalation.queries import first_team
from escalation.queries.presence import presence_of
from tickets.models import Ticket

DESK_TIER = 1


def is_here(user: User | None, *, at: datetime) -> bool:
    """Whether this is somebody who can be asked now: active, not away, and within their working hours."""
    return user is not None and presence_of(user, at=at).is_present


def contact_team(ticket: Ticket) -> Team | None:
    """The L1 team that stands in for the contact: where it came from, else the contact's own, else L1's first."""
    before = (
        Handoff.objects.filter(ticket=ticket, from_tier=DESK_TIER, from_team__is_active=True)
        .select_related("from_team")
        .order_by("-id")
        .first()
    )
    if before is not None:
        return before.from_team
    seats = ticket.contact.seats if ticket.contact and ticket.contact.is_active else []
    own = next((seat.team_id for seat in seats if seat.tier == DESK_TIER), None)
    return Team.objects.get(pk=own) if own else first_team(DESK_TIER)
