"""Who is told that a ticket goes back and forth, and where it stays: the leads of both teams, and its contact.

Reactions, carried out by the worker; each may run twice.
"""

from datetime import datetime

from accounts.models import User
from helpdesk.notices import leads_of, send, those
from tickets.models import Event


def tell_of_ping_pong(event: Event, at: datetime) -> None:
    """To the leads of both teams: they will have to say whose it is."""
    send(event, _leads_of_both(event), "ping_pong", at)


def tell_of_named_owner(event: Event, at: datetime) -> None:
    """To the leads of both teams and to the contact, who tracks it for the requester."""
    send(event, [*_leads_of_both(event), *those(event.ticket.contact)], "owner_named", at)


def _leads_of_both(event: Event) -> list[User]:
    return [person for team in event.data["teams"] for person in leads_of(team) if person.is_active]
