"""Writing tickets that another tool kept: rows, words, messages and their whole history, in bulk.

The one writer of tickets beside the operations proper. It records what was, also where the status
machine would refuse it. Nothing reacts and nothing leaves: no clock starts, no rule runs, no mail goes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from tickets.events import OPENED, plain
from tickets.indexing import index_many
from tickets.models import (
    PLAIN_COLUMNS,
    WORD_COLUMNS,
    Audience,
    Event,
    ExternalReference,
    Message,
    MessageKind,
    Revision,
    Ticket,
    folded_columns,
)
from tickets.words import fold_words

MOST_AT_ONCE = 1_000
"""Tickets in one transaction: a crash loses no more, and nothing else waits long."""

SLICE = 500


@dataclass(frozen=True)
class PlannedMessage:
    kind: MessageKind
    body: str
    audience: Audience = Audience.PUBLIC
    author_id: int | None = None
    from_desk: bool = False
    vendor_id: int | None = None
    """For what was shared with a vendor: with which. Without one no guest reads it."""


@dataclass(frozen=True)
class PlannedEvent:
    """One thing that happened. `changes` gives the new values of columns, by attribute name, words included."""

    kind: str
    at: datetime
    by_id: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    message: PlannedMessage | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedTicket:
    """A ticket by its history alone: the first event opens it, the row is what all of them add up to."""

    system: str
    key: str
    history: Sequence[PlannedEvent]
    url: str = ""


@dataclass(frozen=True)
class Imported:
    ticket_id: int
    key: str
    message_ids: list[int | None]
    """One for each event of the history; None where it has no message."""


@transaction.atomic
def import_tickets(plans: Sequence[PlannedTicket]) -> list[Imported]:
    """Write the planned tickets; answers where they went, in the same order.

    Raises:
        ValueError: a plan that does not begin with its opening, goes back in time, or is one too many.
        IntegrityError: one of the keys has been imported before.
    """
    _check(plans)
    batch = _Batch(plans)
    imported = [batch.add(plan) for plan in plans]
    batch.write()
    return imported


def reserve_ids(model: type[models.Model], number: int) -> Iterator[int]:
    """Keys from the table's own sequence, so that rows which name each other are written in one go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, number],
        )
        return iter([row[0] for row in cursor.fetchall()])


def _check(plans: Sequence[PlannedTicket]) -> None:
    if len(plans) > MOST_AT_ONCE:
        raise ValueError(f"At most {MOST_AT_ONCE} tickets at once, not {len(plans)}.")
    for plan in plans:
        times = [event.at for event in plan.history]
        if not plan.history or plan.history[0].kind != OPENED or times != sorted(times):
            raise ValueError(f"{plan.key}: a history begins with {OPENED} and runs forward.")


class _Batch:
    """The rows of several tickets on their way into the database."""

    def __init__(self, plans: Sequence[PlannedTicket]) -> None:
        events = [event for plan in plans for event in plan.history]
        self._ticket_ids = reserve_ids(Ticket, len(plans))
        self._message_ids = reserve_ids(Message, sum(event.message is not None for event in events))
        self._revision_ids = reserve_ids(
            Revision, sum(len(event.changes.keys() & set(WORD_COLUMNS)) for event in events)
        )
        self._columns = folded_columns()
        self.tickets: list[Ticket] = []
        self.messages: list[Message] = []
        self.revisions: list[Revision] = []
        self.events: list[Event] = []
        self.references: list[ExternalReference] = []
        self.texts: list[tuple[int, str, list[str], list[str]]] = []

    def add(self, plan: PlannedTicket) -> Imported:
        ticket = Ticket(pk=next(self._ticket_ids), version=len(plan.history))
        self.tickets.append(ticket)
        first_message = len(self.messages)
        message_ids = [self._tell(ticket, planned) for planned in plan.history]
        ticket.changed_at = plan.history[-1].at
        self.references.append(
            ExternalReference(ticket=ticket, system=plan.system, key=plan.key, url=plan.url)
        )
        self.texts.append(_words(ticket, self.messages[first_message:]))
        return Imported(ticket.pk, plan.key, message_ids)

    def _tell(self, ticket: Ticket, planned: PlannedEvent) -> int | None:
        """Bring the ticket one event further; the event tells what `tickets.events.record` would have."""
        opening = planned.kind == OPENED
        names = self._columns if opening else [name for name in planned.changes if name in self._columns]
        before = dict.fromkeys(names) if opening else {name: plain(getattr(ticket, name)) for name in names}
        words_before = ticket.words
        for name, value in planned.changes.items():
            if name in WORD_COLUMNS:
                self._revise(ticket, name, value, planned)
            elif name in self._columns:
                setattr(ticket, name, value)
            else:
                raise ValueError(f"{name} is not a column of tickets that history tells.")
        if not opening and ticket.words != words_before:
            names, before = [*names, "words"], before | {"words": dict(words_before)}
        after = {name: plain(getattr(ticket, name)) for name in names if name != "changed_at"}
        message = self._message(ticket, planned)
        self.events.append(
            Event(
                ticket=ticket,
                kind=planned.kind,
                at=planned.at,
                by_id=planned.by_id,
                message=message,
                changes={
                    name: [before[name], value] for name, value in after.items() if value != before[name]
                },
                data={key: plain(value) for key, value in planned.data.items() if value is not None},
            )
        )
        return message.pk if message else None

    def _revise(self, ticket: Ticket, column: str, text: str, planned: PlannedEvent) -> None:
        if getattr(ticket, column) == text:
            return
        setattr(ticket, column, text)
        if column in PLAIN_COLUMNS:
            setattr(ticket, PLAIN_COLUMNS[column], fold_words(text))
        revision = Revision(
            pk=next(self._revision_ids),
            ticket=ticket,
            column=column,
            text=text,
            at=planned.at,
            by_id=planned.by_id,
        )
        self.revisions.append(revision)
        ticket.words = ticket.words | {column: revision.pk}

    def _message(self, ticket: Ticket, planned: PlannedEvent) -> Message | None:
        if planned.message is None:
            return None
        message = Message(
            pk=next(self._message_ids),
            ticket=ticket,
            author_id=planned.message.author_id,
            kind=planned.message.kind,
            audience=planned.message.audience,
            vendor_id=planned.message.vendor_id,
            body=planned.message.body,
            at=planned.at,
            from_desk=planned.message.from_desk,
        )
        self.messages.append(message)
        return message

    def write(self) -> None:
        Ticket.objects.bulk_create(self.tickets, batch_size=SLICE)
        ExternalReference.objects.bulk_create(self.references, batch_size=SLICE)
        Revision.objects.bulk_create(self.revisions, batch_size=SLICE)
        Message.objects.bulk_create(self.messages, batch_size=SLICE)
        # Keys are given in the order of the histories: `id` orders a ticket's events as they happened.
        for event, key in zip(self.events, reserve_ids(Event, len(self.events)), strict=True):
            event.pk = key
        Event.objects.bulk_create(self.events, batch_size=SLICE)
        index_many(self.texts)


def _words(ticket: Ticket, messages: Iterable[Message]) -> tuple[int, str, list[str], list[str]]:
    public: list[str] = []
    internal: list[str] = []
    for message in messages:
        (public if message.audience == Audience.PUBLIC else internal).append(message.body)
    return ticket.pk, ticket.subject, public, internal
