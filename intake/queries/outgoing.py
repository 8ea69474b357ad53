"""What the outbox asks of incoming mail: which ids belong to a ticket, and whose address speaks for it."""

from delivery.threading import Sender
from intake.models import Mailbox, MailMessage, State
from tickets.models import Audience, Ticket

MOST_IDS = 20


def message_ids(ticket_number: int) -> list[str]:
    """The Message-IDs of what came in for a ticket and was public, the oldest first; of many the last ones."""
    rows = MailMessage.objects.filter(
        ticket=ticket_number, state=State.FILED, written__audience=Audience.PUBLIC
    ).exclude(message_id="")
    return list(rows.order_by("-received_at", "-pk").values_list("message_id", flat=True)[:MOST_IDS])[::-1]


def sender_of(ticket_number: int | None) -> Sender | None:
    """The mailbox of the ticket's team, else the one that speaks for all; None: there is none."""
    rows = list(Mailbox.objects.filter(is_enabled=True).order_by("-is_default", "pk"))
    if not rows:
        return None
    team = None
    if ticket_number is not None and any(row.team_id for row in rows):
        team = Ticket.objects.filter(pk=ticket_number).values_list("team_id", flat=True).first()
    theirs = next((row for row in rows if team is not None and row.team_id == team), None)
    speaks = theirs or next((row for row in rows if row.is_default), None)
    if speaks is None:
        return None
    return Sender(address=speaks.address, name=speaks.sender_name, takes_plus=speaks.takes_plus)
