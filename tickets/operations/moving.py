"""Moving a ticket to another team. Called by `escalation` alone (an import contract): people hand over."""

from datetime import datetime
from typing import Any

from accounts.models import Team, User
from tickets import events
from tickets.models import Event, Message, Ticket
from tickets.operations.confiding import confide


def move(
    ticket: Ticket,
    *,
    team: Team,
    kind: str,
    by: User | None,
    at: datetime,
    message: Message | None = None,
    assignee: User | None = None,
    accepted: bool = False,
    is_bounce: bool = False,
    **data: Any,
) -> Event:
    """Put a locked ticket into another team's queue and record `kind`, the one event of the move.

    It is in exactly one team afterwards; until somebody there accepts it, `unaccepted_since` says so.
    """
    if team.tier_id != ticket.tier_id:
        ticket.tier_since = at
        ticket.path = [*ticket.path, team.tier_id]
    ticket.tier, ticket.team, ticket.assignee = team.tier, team, assignee
    ticket.unaccepted_since = None if accepted else at
    ticket.proposal_since = None  # what was proposed from there is overtaken
    ticket.vendor_id = team.organisation_id if team.tier_id == 4 else ticket.vendor_id
    confide(ticket, to=assignee or team)
    if is_bounce:
        ticket.bounce_count += 1
    else:
        ticket.handoff_count += 1
    return events.record(ticket, kind, by=by, at=at, message=message, **data)


def accepted(ticket: Ticket, *, kind: str, by: User | None, at: datetime, **data: Any) -> Event:
    """Mark a locked ticket as accepted by whoever has it now."""
    ticket.unaccepted_since = None
    return events.record(ticket, kind, by=by, at=at, **data)
