"""What escalation does when a ticket changes."""

from datetime import datetime

from escalation.models import Handoff
from escalation.rules.book import rules_in_force
from escalation.rules.engine import evaluate
from escalation.rules.triggers import triggers_of
from tickets.models import Event, Ticket

RULES = "rules"
"""The kind of the deliveries in which rules are asked; their order key keeps a ticket's events in order."""


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


def wants_rules(event: Event) -> bool:
    """Whether any rule in force is set off by this event: most acts write no delivery for rules."""
    return bool(rules_in_force().set_off_by(triggers_of(event.kind, event.changes, event.data)))


def evaluate_rules(event: Event, at: datetime) -> None:
    """Ask the rules that the event sets off; run by the worker, one ticket's events in their order."""
    evaluate(event, at=at)
