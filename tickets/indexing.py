"""Keeping `TicketText` in step with what is written. Each function is one statement."""

import unicodedata

from django.db import connection

from tickets.models import Audience, Message, Ticket

LONGEST = 200_000
"""Characters of a text that are indexed: a tsvector holds at most 1 MB."""

WORDS = """
    setweight(to_tsvector('simple', %s), 'A') || setweight(to_tsvector('simple', %s), 'B')
"""


def fold_words(text: str) -> str:
    """Text as it is searched and compared: no case, no accents, compatibility forms resolved."""
    decomposed = unicodedata.normalize("NFKD", text[:LONGEST].casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def index_new(ticket: Ticket, description: Message) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO tickets_tickettext (ticket_id, public, internal) VALUES (%s, {WORDS}, '')",
            [ticket.pk, fold_words(ticket.subject), fold_words(description.body)],
        )


def index_message(ticket: Ticket, message: Message) -> None:
    """Add a message's words. A note that is marked for a higher tier is not indexed at all."""
    if message.min_tier > 1 or not message.body:
        return
    column = "public" if message.audience == Audience.PUBLIC else "internal"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE tickets_tickettext SET {column} = {column} || setweight(to_tsvector('simple', %s), 'B')"
            " WHERE ticket_id = %s",
            [fold_words(message.body), ticket.pk],
        )


def reindex(ticket: Ticket) -> None:
    """Build the words of a ticket anew from its subject and messages."""
    rows = Message.objects.filter(ticket=ticket, min_tier__lte=1).values_list("audience", "body")
    public = "\n".join(body for audience, body in rows if audience == Audience.PUBLIC)
    internal = "\n".join(body for audience, body in rows if audience != Audience.PUBLIC)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO tickets_tickettext (ticket_id, public, internal)"
            f" VALUES (%s, {WORDS}, setweight(to_tsvector('simple', %s), 'B'))"
            " ON CONFLICT (ticket_id) DO UPDATE SET public = EXCLUDED.public, internal = EXCLUDED.internal",
            [ticket.pk, fold_words(ticket.subject), fold_words(public), fold_words(internal)],
        )
