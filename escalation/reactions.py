"""What escalation does when a ticket changes."""

from escalation.models import Handoff
from tickets.models import Event, Ticket


def settle_handoff(ticket: Ticket, event: Event) -> None:
    """Taking, assigning or resolving what waits to be accepted is accepting it."""
    change = event.changes.get("unaccepted_since")
    if change and change[1] is None:
        Handoff.objects.waiting().filter(ticket=ticket).update(
            state=Handoff.State.ACCEPTED, ended_at=event.at, ended_by=event.by
        )


def overtake_handoff(ticket: Ticket, event: Event) -> None:
    """A ticket that ended otherwise is waited for by nobody."""
    Handoff.objects.waiting().filter(ticket=ticket).update(
        state=Handoff.State.OVERTAKEN, ended_at=event.at, ended_by=event.by
    )
