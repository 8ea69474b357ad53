"""A ticket as it stood: read from its row, or folded from its history up to any event."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from tickets.models import OPEN_STATUSES, WORD_COLUMNS, Event, Revision, Ticket


@dataclass(frozen=True)
class State:
    """Every column that history yields (tickets.models.folded_columns), at one moment."""

    kind: str
    status: str
    tier_id: int
    team_id: int
    assignee_id: int | None
    contact_id: int | None
    requester_id: int
    opened_by_id: int | None
    organisation_id: int | None
    channel: str
    category_id: int | None
    category_confirmed: bool
    impact: int
    urgency: int
    priority: int
    priority_confirmed: bool
    priority_overridden: bool
    handle_with_care: bool
    is_restricted: bool
    hold_reason: str
    hold_until: datetime | None
    vendor_id: int | None
    resolution_code: str
    close_reason: str
    cancel_reason: str
    merged_into_id: int | None
    rating: int | None
    created_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    tier_since: datetime
    status_since: datetime
    unaccepted_since: datetime | None
    requester_waiting_since: datetime | None
    last_public_reply_at: datetime | None
    proposal_since: datetime | None
    reopen_count: int
    handoff_count: int
    bounce_count: int
    news_asked_count: int
    path: tuple[int, ...]
    words: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, ticket: Ticket) -> "State":
        values = {column: getattr(ticket, column) for column in COLUMNS}
        return cls(**values | {"path": tuple(ticket.path), "words": dict(ticket.words)})

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def reply_waits(self) -> bool:
        return self.requester_waiting_since is not None and self.last_public_reply_at is not None


COLUMNS = tuple(column.name for column in fields(State))
TIMES = frozenset(column.name for column in fields(State) if "datetime" in str(column.type))


@dataclass(frozen=True)
class Difference:
    """Something that a ticket's history and its row do not agree on."""

    column: str
    history: Any
    row: Any

    def __str__(self) -> str:
        return f"{self.column}: {self.history!r} by its history, {self.row!r} in its row"


def fold(events: Iterable[Event], until: int | None = None) -> State:
    """The state after these events (of one ticket, by id), or after the one with the id `until`.

    Raises:
        ValueError: there is no event.
    """
    values: dict[str, Any] = {}
    for event in events:
        if until is not None and event.pk > until:
            break
        values |= {column: read_column(column, after) for column, (_before, after) in event.changes.items()}
        if not event.is_quiet:
            values["changed_at"] = event.at
    if not values:
        raise ValueError("A ticket without an event has no history to fold.")
    known: dict[str, Any] = dict.fromkeys(COLUMNS) | {"path": (), "words": {}} | values
    return State(**{column: known[column] for column in COLUMNS})


def states(events: Iterable[Event]) -> Iterator[tuple[Event, State]]:
    """Each event of a ticket (by id) with the state that it left; quiet ones leave the one before.

    Nothing is told before the event that opens it.
    """
    values: dict[str, Any] = dict.fromkeys(COLUMNS) | {"path": (), "words": {}}
    for event in events:
        values |= {column: read_column(column, after) for column, (_before, after) in event.changes.items()}
        if not event.is_quiet:
            values["changed_at"] = event.at
        if values["created_at"] is not None:
            yield event, State(**{column: values[column] for column in COLUMNS})


def check(
    ticket: Ticket, events: list[Event] | None = None, texts: dict[int, str] | None = None
) -> list[Difference]:
    """Where history and row differ; nothing, if all is well.

    Args:
        events, texts: its events and the texts of its revisions by id, where the caller has read them.
    """
    if events is None:
        events = list(Event.objects.filter(ticket=ticket).order_by("id"))
    if texts is None:
        texts = dict(Revision.objects.filter(pk__in=revision_ids(ticket)).values_list("pk", "text"))
    if not events:
        return [Difference("events", 0, ticket.version)]
    return [*_columns(ticket, events), *_links(events), *_words(ticket, texts), *_version(ticket, events)]


def revision_ids(ticket: Ticket) -> list[int]:
    """The revisions that hold the words of its columns now."""
    return [ticket.words[column] for column in WORD_COLUMNS if column in ticket.words]


def _columns(ticket: Ticket, events: list[Event]) -> list[Difference]:
    folded, row = asdict(fold(events)), asdict(State.of(ticket))
    return [Difference(name, folded[name], row[name]) for name in COLUMNS if folded[name] != row[name]]


def _links(events: list[Event]) -> list[Difference]:
    """Each event begins where the one before it ended."""
    found: list[Difference] = []
    last: dict[str, Any] = {}
    for event in events:
        for column, (before, after) in event.changes.items():
            if column in last and last[column] != before:
                found.append(Difference(f"{column} before event {event.pk}", last[column], before))
            last[column] = after
    return found


def _words(ticket: Ticket, texts: dict[int, str]) -> list[Difference]:
    held = {name: texts.get(ticket.words[name]) if name in ticket.words else "" for name in WORD_COLUMNS}
    return [
        Difference(name, text, getattr(ticket, name))
        for name, text in held.items()
        if text != getattr(ticket, name)
    ]


def _version(ticket: Ticket, events: list[Event]) -> list[Difference]:
    changing = sum(not event.is_quiet for event in events)
    return [] if ticket.version == changing else [Difference("version", changing, ticket.version)]


def read_column(column: str, value: Any) -> Any:
    """A column's value as history keeps it, as `State` holds it."""
    if column in TIMES and value is not None:
        return datetime.fromisoformat(value)
    return tuple(value) if column == "path" else value
