"""Keeping `TicketText` in step with what is written.

The vectors are written by us and not by PostgreSQL's parser, which takes "printer/driver" for a file name
and splits words by the server's locale: documents and queries are cut by the one function `tokens`.
"""

from collections.abc import Iterable, Sequence

from django.db import connection

from tickets.models import Audience, Message, Ticket
from tickets.words import tokens

SUBJECT, BODY = "A", "B"
LONGEST_WORD = 100
MOST_WORDS = 30_000
MOST_PLACES = 200
LAST_PLACE = 16_383
FULL = 400_000
"""Bytes (of its written form) at which a vector takes no more words. PostgreSQL refuses one of 1 MB."""


def index_new(ticket: Ticket, description: Message) -> None:
    """Begin the words of a ticket with its subject and description."""
    public = vector([(ticket.subject, SUBJECT), (description.body, BODY)])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_tickettext (ticket_id, public, internal) VALUES (%s, %s::tsvector, '')",
            [ticket.pk, public],
        )


def index_message(ticket: Ticket, message: Message) -> None:
    """Add a message's words. A note that is marked for a higher tier is not indexed at all."""
    if message.min_tier > 1 or not message.body:
        return
    column = "public" if message.audience == Audience.PUBLIC else "internal"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE tickets_tickettext SET {column} = {column} || %s::tsvector"
            f" WHERE ticket_id = %s AND octet_length({column}::text) < {FULL}",
            [vector([(message.body, BODY)]), ticket.pk],
        )


def reindex(ticket: Ticket) -> None:
    """Build the words of a ticket anew from its subject and messages, after a redaction, a merge, a new subject."""
    rows = Message.objects.filter(ticket=ticket, min_tier__lte=1).order_by("at", "id")
    public: list[tuple[str, str]] = [(ticket.subject, SUBJECT)]
    internal: list[tuple[str, str]] = []
    for audience, body in rows.values_list("audience", "body"):
        (public if audience == Audience.PUBLIC else internal).append((body, BODY))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_tickettext (ticket_id, public, internal)"
            " VALUES (%s, %s::tsvector, %s::tsvector)"
            " ON CONFLICT (ticket_id) DO UPDATE SET public = EXCLUDED.public, internal = EXCLUDED.internal",
            [ticket.pk, vector(public), vector(internal)],
        )


def index_many(rows: Sequence[tuple[int, str, Sequence[str], Sequence[str]]]) -> None:
    """Index new tickets in one statement; a row has the ticket's id, its subject, public and internal texts."""
    keys, public, internal = [], [], []
    for key, subject, read_by_all, read_by_desk in rows:
        keys.append(key)
        public.append(vector([(subject, SUBJECT), *((text, BODY) for text in read_by_all)]))
        internal.append(vector((text, BODY) for text in read_by_desk))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_tickettext (ticket_id, public, internal)"
            " SELECT key, public::tsvector, internal::tsvector"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS row (key, public, internal)",
            [keys, public, internal],
        )


def vector(texts: Iterable[tuple[str, str]]) -> str:
    """Texts with their weights as a tsvector is written: 'word':1A,5B. Never longer than PostgreSQL takes."""
    places: dict[str, list[str]] = {}
    size = place = 0
    for text, weight in texts:
        for word in tokens(text)[:MOST_WORDS]:
            place += 1
            known = places.setdefault(word[:LONGEST_WORD], [])
            if len(known) >= MOST_PLACES or size > FULL:
                continue
            known.append(f"{min(place, LAST_PLACE)}{weight}")
            size += 8 if len(known) > 1 else 8 + len(word.encode())
        place += 1  # a phrase does not reach from one text into the next
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items() if at)


def query_of(words: Sequence[str], *, weights: str = "", is_whole: bool = False) -> str:
    """A tsquery: these words one behind the other, the last by its beginning unless `is_whole`.

    Args:
        weights: `A` looks in subjects alone.
    """
    cut = [word[:LONGEST_WORD] for word in words]
    ends = ["" if is_whole else "*", weights]
    parts = [f"'{word}'" + (f":{weights}" if weights else "") for word in cut[:-1]]
    return " <-> ".join([*parts, f"'{cut[-1]}'" + (":" + "".join(ends) if any(ends) else "")])
