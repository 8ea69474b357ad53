"""The timeline: kinds of events, and `record`, the one function that writes a ticket's columns.

An operation locks a ticket, changes its attributes and calls `record`. What differs from the locked
row is saved, and the very same difference goes into the event, so history and row cannot part.
`on` connects kinds to reactions; only helpdesk/wiring.py calls it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Protocol

from django.db import connection, models
from django.db.transaction import TransactionManagementError
from psycopg2.extras import Json, execute_values

from accounts import prepared
from accounts.models import User
from accounts.prepared import Prepared
from delivery.operations import NewDelivery, enqueue_many
from tickets.models import PLAIN_COLUMNS, WORD_COLUMNS, Event, Message, Revision, Ticket, folded_columns
from tickets.refusals import Conflict
from tickets.words import fold_words

OPENED = "ticket.opened"
REPLIED = "ticket.replied"
REPLY_HELD = "ticket.reply_held"
NOTED = "ticket.noted"
SHARED = "ticket.shared_with_vendor"
VENDOR_REPLIED = "ticket.vendor_replied"
NEWS_ASKED = "ticket.news_asked"
THANKED = "ticket.only_thanks"
ASSIGNED = "ticket.assigned"
TAKEN = "ticket.taken"
RELEASED = "ticket.released"
SKIPPED = "ticket.skipped"
CHANGED = "ticket.changed"
PRIORITY_CONFIRMED = "ticket.priority_confirmed"
PRIORITY_OVERRIDDEN = "ticket.priority_overridden"
CONTACT_SET = "ticket.contact_set"
MOVED = "ticket.moved"
WAITS_REQUESTER = "ticket.waits_for_requester"
WAITS_VENDOR = "ticket.waits_for_vendor"
HELD = "ticket.held"
RESUMED = "ticket.resumed"
HOLD_ENDED = "ticket.hold_ended"
RESOLVED = "ticket.resolved"
REOPENED = "ticket.reopened"
CONFIRMED = "ticket.confirmed"
CLOSED = "ticket.closed"
RATED = "ticket.rated"
CANCELLED = "ticket.cancelled"
WITHDRAWN = "ticket.withdrawn"
NOT_A_REQUEST = "ticket.not_a_request"
RESTORED = "ticket.restored"
RESTRICTED = "ticket.restricted"
UNRESTRICTED = "ticket.unrestricted"
REDACTED = "ticket.redacted"
MERGED = "ticket.merged"
MERGED_INTO = "ticket.merged_into"
SPLIT = "ticket.split"
LINKED = "ticket.linked"
UNLINKED = "ticket.unlinked"
TAGGED = "ticket.tagged"
UNTAGGED = "ticket.untagged"
WATCHED = "ticket.watched"
UNWATCHED = "ticket.unwatched"
WORKED = "ticket.worked"
REFERENCED = "ticket.referenced"
IMPORTED = "ticket.imported"

Now = Callable[[Ticket, Event], None]
Later = Callable[[Event, datetime], None]
REACTION_KIND = "reaction"

_now: dict[str, list[Now]] = {}
_later: dict[str, list[str]] = {}
_reactions: dict[str, Later] = {}
_also: list["Also"] = []
_listeners: list["Listener"] = []
_quiet: ContextVar[bool] = ContextVar("tickets_quiet", default=False)
_kept_back: ContextVar[list[NewDelivery] | None] = ContextVar("tickets_kept_back", default=None)
_cause: ContextVar[Mapping[str, Any]] = ContextVar("tickets_cause", default=MappingProxyType({}))


NOTHING_YET: dict[str, Any] = dict.fromkeys(folded_columns()) | dict.fromkeys(WORD_COLUMNS, "")
"""What is known of a ticket that was just inserted: its first event tells every column."""


def on(*kinds: str, now: Iterable[Now] = (), later: Iterable[Later] = ()) -> None:
    """Connect kinds of events to reactions: `now` in the same transaction, `later` by a delivery."""
    for kind in kinds:
        _now.setdefault(kind, []).extend(now)
        for reaction in later:
            name = f"{reaction.__module__}.{reaction.__qualname__}"
            _reactions[name] = reaction
            _later.setdefault(kind, []).append(name)


def also_deliver(also: "Also") -> None:
    """Let `also` say of each event which further deliveries it needs: where its kind alone does not tell."""
    if also not in _also:
        _also.append(also)


def listen(listener: "Listener") -> None:
    """Let `listener` know of each event that is recorded: where pages are told that something has changed."""
    if listener not in _listeners:
        _listeners.append(listener)


def reaction(name: str) -> Later:
    return _reactions[name]


def reacts(react: Now, kind: str) -> bool:
    """Whether this reaction runs in the transaction of such an event: for who replays what it did."""
    return react in _now.get(kind, ())


@contextmanager
def without_deliveries() -> Iterator[None]:
    """Inside, events are recorded and nothing leaves: for imports and for building the demo's past."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


@contextmanager
def keeping_back() -> Iterator[list[NewDelivery]]:
    """Inside, what would leave is put into the list instead: who builds a past carries out what belongs to it."""
    kept: list[NewDelivery] = []
    token = _kept_back.set(kept)
    try:
        yield kept
    finally:
        _kept_back.reset(token)


@contextmanager
def because(**cause: Any) -> Iterator[None]:
    """Inside, every event that is recorded carries this data: which rule's firing caused it."""
    token = _cause.set({**_cause.get(), **cause})
    try:
        yield
    finally:
        _cause.reset(token)


def lock(ticket: Ticket | int, *, seen: int | None = None) -> Ticket:
    """Read the row anew, locked until the transaction ends, and remember it for `record`.

    Raises:
        Conflict: `seen` is given and somebody has changed the ticket since that version.
    """
    key = ticket if isinstance(ticket, int) else ticket.pk
    if not connection.in_atomic_block:
        raise TransactionManagementError("A ticket is locked until its transaction ends; there is none.")
    fresh = _locked.first(key=key)
    if fresh is None or _is_torn(fresh):
        fresh = _locked.first(key=key)
    if fresh is None:
        raise Ticket.DoesNotExist(f"There is no ticket {key}.")
    if seen is not None and seen != fresh.version:
        raise Conflict(fresh, seen)
    remember(fresh)
    return fresh


_BESIDE = ("tier", "team", "requester", "assignee", "contact", "category")


def _is_torn(ticket: Ticket) -> bool:
    """Whether a row beside it is not the one that it names.

    A statement that waits for a lock joins what it found before it waited to the row as it is afterwards: where
    somebody has moved or assigned the ticket meanwhile, the join finds nothing, or not even the ticket. Asked once
    more, with the lock in hand, it finds all.
    """
    cached = ticket._state.fields_cache  # noqa: SLF001  (what the query has found, without asking again)
    found = {name: cached[name] for name in _BESIDE if name in cached}
    return any((row.pk if row else None) != getattr(ticket, f"{name}_id") for name, row in found.items())


_locked: Prepared[Ticket] = Prepared(
    lambda key: (
        Ticket.objects.select_for_update(of=("self",)).select_related(*_BESIDE).filter(pk=key).order_by()
    ),
    "key",
)


def lock_all(keys: Iterable[int]) -> dict[int, Ticket]:
    """Lock several tickets, in id order so that two operations never wait for each other."""
    rows = Ticket.objects.select_for_update(of=("self",)).select_related(
        "tier", "team", "requester", "category"
    )
    wanted = set(keys)
    found = {ticket.pk: ticket for ticket in rows.filter(pk__in=wanted).order_by("pk")}
    if len(found) < len(wanted) or any(map(_is_torn, found.values())):
        found = {ticket.pk: ticket for ticket in rows.filter(pk__in=wanted).order_by("pk")}
    for ticket in found.values():
        remember(ticket)
    return found


def remember(ticket: Ticket) -> None:
    """Keep the row as it is now; `record` saves and tells what differs from it."""
    ticket.known = ticket.stored = _remembered(ticket)


def insert(ticket: Ticket, *, by: User | None, at: datetime) -> Ticket:
    """Give a new ticket its key, so that messages can hang on it. `record` must follow: it tells all columns, and
    writes the row.

    The row is written once, and last: a foreign key is checked at the commit. To write it and change it at once,
    as its first clocks do, costs as much as everything else of an opening together.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('tickets_ticket', 'id'))")
        (ticket.pk,) = cursor.fetchone()
    ticket.changed_at, ticket.version = at, 1
    worded = [name for name in WORD_COLUMNS if getattr(ticket, name)]
    _revise(ticket, worded, by=by, at=at)
    _plain_words(ticket, worded)
    ticket.known, ticket.stored = NOTHING_YET, _remembered(ticket)
    return ticket


def write_row(ticket: Ticket) -> None:
    """See to it that a ticket's row is there, for those who ask the database about it before `record` is done."""
    if ticket._state.adding:  # noqa: SLF001  (whether it was written: it has its key before)
        prepared.insert(ticket)


def has_changed(ticket: Ticket) -> bool:
    return _remembered(ticket) != ticket.known


def record(
    ticket: Ticket,
    kind: str,
    *,
    by: User | None,
    at: datetime,
    message: Message | None = None,
    **data: Any,
) -> Event:
    """Save what changed on a ticket that was locked or inserted, and append the one event that tells it.

    `data` holds ids, codes, numbers and times only. Reactions run before this returns; deliveries are
    written in the same transaction.
    """
    changes = _save_changes(ticket, by=by, at=at)
    event = Event(
        ticket=ticket,
        kind=kind,
        at=at,
        by=by,
        message=message,
        changes=changes,
        data=_plain({**data, **_cause.get()}),
    )
    prepared.insert(event)
    remember(ticket)
    for react in _now.get(kind, ()):
        react(ticket, event)
    write_row(ticket)
    _send(_deliveries(Written(event.pk, event.ticket_id, kind, changes, event.data)), at=at)
    if _is_heard():
        for listener in _listeners:
            listener.recorded(ticket, event)
    return event


@dataclass(frozen=True)
class Written:
    """An event that was just written, as those see it who decide what follows from it."""

    event: int
    ticket: int
    kind: str
    changes: Mapping[str, Any]
    data: Mapping[str, Any]


Also = Callable[[Written], Iterable[NewDelivery]]


class Listener(Protocol):
    """Hears of events in the transaction that writes them, and changes nothing."""

    def recorded(self, ticket: Ticket, event: Event) -> None:
        """One that tells a change of its ticket."""

    def told(self, tickets: list[int]) -> None:
        """Quiet ones, by the numbers of their tickets."""


def _is_heard() -> bool:
    """An import and a past that is built are nobody's news."""
    return not _quiet.get() and _kept_back.get() is None


@dataclass(frozen=True)
class Quiet:
    """Something to tell about a ticket that does not change it."""

    ticket_id: int
    kind: str
    at: datetime
    data: Mapping[str, Any]
    by_id: int | None = None
    """Whose act it was; nobody's where a clock or a rule tells."""


def tell(told: Iterable[Quiet], *, written: datetime) -> None:
    """Append quiet events, of one ticket or of many, with their deliveries: two statements at most.

    `written` is now, for the deliveries; an event's own `at` is when it happened and may lie before.
    """
    events = list(told)
    if not events:
        return
    rows = [(one.ticket_id, one.kind, one.at, one.by_id, Json(_plain(dict(one.data)))) for one in events]
    with connection.cursor() as cursor:
        keys = execute_values(cursor, _TELL, rows, template=_TOLD, page_size=len(rows), fetch=True)
    deliveries = [
        delivery
        for (key,), one in zip(keys, events, strict=True)
        for delivery in _deliveries(Written(key, one.ticket_id, one.kind, {}, one.data))
    ]
    _send(deliveries, at=written)
    if _is_heard():
        for listener in _listeners:
            listener.told([one.ticket_id for one in events])


# By hand: a hundred thousand deadlines may come due in the same minute.
_TELL = (
    "INSERT INTO tickets_event (ticket_id, kind, at, by_id, data, changes, is_quiet) VALUES %s RETURNING id"
)
_TOLD = "(%s, %s, %s, %s, %s, '{}', true)"


def _deliveries(written: Written) -> list[NewDelivery]:
    """One for each reaction that this kind has later, and what else the event needs."""
    if _quiet.get():
        return []
    reactions = [
        NewDelivery(
            kind=REACTION_KIND,
            payload={"event": written.event, "reaction": name},
            event_id=written.event,
            ticket_number=written.ticket,
        )
        for name in _later.get(written.kind, ())
    ]
    return [*reactions, *(delivery for also in _also for delivery in also(written))]


def _send(deliveries: list[NewDelivery], *, at: datetime) -> None:
    kept = _kept_back.get()
    if kept is None:
        enqueue_many(deliveries, at=at)
    else:
        kept.extend(deliveries)


def _save_changes(ticket: Ticket, *, by: User | None, at: datetime) -> dict[str, list[Any]]:
    """Write what differs from the row; answers what differs from what the history knows."""
    known, stored = ticket.known, ticket.stored
    reworded = [name for name in WORD_COLUMNS if getattr(ticket, name) != stored[name]]
    _revise(ticket, reworded, by=by, at=at)
    ticket.changed_at = at
    after = _columns(ticket)
    written = [name for name, value in after.items() if value != stored[name]]
    written += [*reworded, *_plain_words(ticket, reworded)]
    if known is not NOTHING_YET:
        ticket.version += 1
        written = [*dict.fromkeys([*written, "changed_at", "version"])]
    if written and not ticket._state.adding:  # noqa: SLF001  (a new row is written whole, when all is known)
        prepared.update(ticket, written)
    changes = {name: [known[name], value] for name, value in after.items() if value != known[name]}
    changes.pop("changed_at", None)
    return changes


def _revise(ticket: Ticket, columns: list[str], *, by: User | None, at: datetime) -> None:
    """Keep each new text as a revision, and name it in `words`, which the fold carries."""
    if not columns:
        return
    rows = [
        Revision(ticket_id=ticket.pk, column=name, text=getattr(ticket, name), by=by, at=at)
        for name in columns
    ]
    prepared.insert(*rows)
    ticket.words = ticket.words | {row.column: row.pk for row in rows}


def _plain_words(ticket: Ticket, reworded: list[str]) -> list[str]:
    """Fold the words that filters compare; answers the columns that were written."""
    names = [name for name in reworded if name in PLAIN_COLUMNS]
    for name in names:
        setattr(ticket, PLAIN_COLUMNS[name], fold_words(getattr(ticket, name)))
    return [PLAIN_COLUMNS[name] for name in names]


def _remembered(ticket: Ticket) -> dict[str, Any]:
    return _columns(ticket) | {name: getattr(ticket, name) for name in WORD_COLUMNS}


def _columns(ticket: Ticket) -> dict[str, Any]:
    return {name: plain(getattr(ticket, name)) for name in folded_columns()}


def plain(value: Any) -> Any:
    """A column's value as JSON keeps it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, list):
        return list(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool) or value is None:
        return value
    return int(value)


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {
        key: plain(value) if not isinstance(value, models.Model) else value.pk
        for key, value in data.items()
        if value is not None
    }
