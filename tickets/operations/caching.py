"""Columns that are caches of what apps above keep: written without an event, not part of the fold."""

from datetime import datetime

from tickets.models import Ticket


def set_due(ticket: Ticket, due: datetime) -> None:
    """Say when the ticket is due next; `FAR` where nothing is. Called by sla alone, for a ticket that is locked."""
    if ticket.next_due_at != due:
        Ticket.objects.filter(pk=ticket.pk).update(next_due_at=due)
        ticket.next_due_at = due
