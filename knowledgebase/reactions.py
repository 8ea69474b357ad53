"""What follows here from what happens to tickets. `helpdesk.wiring` says from which events."""

from knowledgebase.operations.ending import overtake
from tickets.models import Event, Ticket


def end_runs(ticket: Ticket, event: Event) -> None:
    """The ticket has ended: so have the scripts that ran in it."""
    overtake(ticket, at=event.at)
