"""What follows from events of tickets for the mails that came in for them."""

from intake.operations.forgetting import forget_words
from tickets.models import Event, Ticket


def forget_mails(ticket: Ticket, event: Event) -> None:
    """What is redacted in a ticket lives on in no mail of it: later ones quote it, and their bytes hold its files."""
    forget_words(ticket, subject=event.data.get("redacted_column") == "subject")
