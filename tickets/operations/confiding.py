"""Keeping a restricted ticket restricted: who is brought in is named, and what comes of it is restricted too."""

from accounts.models import Team, User
from tickets.models import Named, Ticket


def confide(ticket: Ticket, *, to: User | Team | None) -> None:
    """Name whom a locked ticket is given to, so that they see it; nothing to do where everybody may."""
    if not ticket.is_restricted or to is None:
        return
    whom = {"team": to} if isinstance(to, Team) else {"user": to}
    Named.objects.get_or_create(ticket=ticket, **whom)


def confide_like(ticket: Ticket, origin: Ticket) -> None:
    """What was made of a restricted ticket shows to the same people."""
    rows = Named.objects.filter(ticket=origin) if ticket.is_restricted else ()
    Named.objects.bulk_create(Named(ticket=ticket, user_id=row.user_id, team_id=row.team_id) for row in rows)
