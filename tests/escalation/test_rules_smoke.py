"""One rule from end to end: it moves a ticket, says why, and fires once."""

from datetime import datetime
from typing import Any

from accounts.models import Team, User
from escalation.models import Firing
from escalation.rules.engine import evaluate
from tests.escalation.rule_book import TO_L2, is_, rule
from tickets import operations
from tickets.models import Event, Ticket


def test_a_rule_moves_a_ticket_and_says_why(
    ticket: Ticket, network: Team, dario: User, mira: User, at: datetime, later: Any
) -> None:
    rule("P1 goes up", TO_L2, on=("changed:priority",), when=is_("priority", 1))
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=1))
    event = Event.objects.get(ticket=ticket, kind="ticket.changed")
    (firing,) = evaluate(event, at=later(minutes=1))
    ticket.refresh_from_db()
    assert ticket.team == network
    assert firing.state == Firing.State.DONE
    assert firing.why == [{"field": "priority", "op": "is", "value": ["1"], "found": 1, "held": True}]
    assert evaluate(event, at=later(minutes=2)) == []
    moved = Event.objects.get(ticket=ticket, kind="escalation.handed_over")
    assert (moved.data["firing"], moved.data["depth"], moved.data["root"]) == (firing.pk, 1, event.pk)
