"""What insights does when a ticket changes, in the transaction of the change."""

from insights.operations import answering
from tickets.models import Event, Ticket


def note_rating(ticket: Ticket, event: Event) -> None:
    """By the link of a mail or on the ticket's page: a rating is the answer to a survey."""
    answering.note_rating(ticket, event)


def note_reopening(ticket: Ticket, event: Event) -> None:
    """Also where an answer of the requester has reopened it."""
    if event.data.get("reopened"):
        answering.note_reopening(ticket, event)


def count_surveys_or_not(ticket: Ticket, event: Event) -> None:
    answering.count_or_not(ticket, event)
