"""One whole life through the operations, and what each step leaves behind."""

from escalation import operations as escalation
from tickets import operations
from tickets.models import Event, Status


def test_a_request_climbs_comes_back_and_is_answered(ticket, ines, mira, dario, yuki, later):
    ticket = operations.take(ticket, by=mira, at=later(minutes=5))
    assert (ticket.status, ticket.assignee, ticket.contact) == (Status.OPEN, mira, mira)
    ticket = operations.reply(ticket, text="Looking at it.", by=mira, at=later(minutes=6))
    handed = escalation.hand_over(
        ticket, tier=2, reason="needs_expertise", summary="Profile is fine.", by=mira, at=later(minutes=10)
    )
    assert (handed.ticket.tier_id, handed.ticket.assignee, handed.ticket.path) == (2, None, [1, 2])
    ticket = escalation.return_(
        handed.ticket,
        reason="information_missing",
        text="Client log, please.",
        by=dario,
        at=later(minutes=30),
    )
    assert (ticket.tier_id, ticket.assignee, ticket.bounce_count, ticket.path) == (1, mira, 1, [1, 2, 1])
    ticket = escalation.hand_over(
        ticket, tier=2, reason="needs_expertise", summary="Log attached.", by=mira, at=later(minutes=40)
    ).ticket
    ticket = escalation.accept(ticket, by=dario, at=later(minutes=45))
    ticket = escalation.hand_over(
        ticket, tier=3, reason="needs_expertise", summary="Rekey bug.", by=dario, at=later(minutes=50)
    ).ticket
    ticket = escalation.accept(ticket, by=yuki, at=later(minutes=55))
    ticket = operations.resolve(
        ticket, code="fixed", summary="The gateway is patched.", by=yuki, at=later(hours=2)
    )
    ticket = operations.confirm(ticket, by=ines, at=later(hours=3), rating=5, comment="Thank you!")
    assert (ticket.status, ticket.rating, ticket.contact) == (Status.CLOSED, 5, mira)
    assert [event.kind for event in Event.objects.filter(ticket=ticket)] == [
        "ticket.opened",
        "ticket.taken",
        "ticket.replied",
        "escalation.handed_over",
        "escalation.returned",
        "escalation.handed_over",
        "escalation.ping_pong",
        "escalation.accepted",
        "escalation.handed_over",
        "escalation.accepted",
        "ticket.resolved",
        "ticket.confirmed",
        "ticket.rated",
    ]
