"""One rule from end to end: it moves a ticket, says why, and fires once."""

from datetime import datetime
from typing import Any

from accounts.models import Team, User
from escalation.models import Firing, Rule, RuleBook, RuleVersion
from escalation.rules.engine import evaluate
from escalation.rules.spec import Action, RuleSpec, to_json
from tickets import operations
from tickets.models import Event, Ticket


def rule(name: str, spec: RuleSpec, at: datetime) -> Rule:
    RuleBook.objects.get_or_create(pk=1)
    row = Rule.objects.create(name=name, is_enabled=True)
    row.current = RuleVersion.objects.create(rule=row, number=1, spec=to_json(spec), at=at)
    row.save()
    return row


def test_a_rule_moves_a_ticket_and_says_why(
    ticket: Ticket, network: Team, mira: User, at: datetime, later: Any
) -> None:
    urgent = {"field": "priority", "op": "is", "value": ["1"]}
    rule(
        "P1 goes up",
        RuleSpec(
            events=("changed:priority",),
            when={"all": [urgent]},
            actions=(Action("move", {"tier": 2, "reason": "needs_expertise"}),),
        ),
        at,
    )
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
