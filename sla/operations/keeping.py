"""A ticket's clocks, kept in the transaction of each change: the one place that reads, reacts and writes them.

An operation pays three statements at most: one locked SELECT, one that writes, one `set_due`. They are
written by hand where it counts: Django takes longer to write such a query than PostgreSQL to answer it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Subquery
from psycopg2.extras import Json, execute_values

from accounts.prepared import Prepared
from sla import events
from sla.book import LazyFacts, Rules, rules_in_force
from sla.cycles import Cycle, Told
from sla.engine import Change, Judgement, react
from sla.models import Book, Clock, ClockEvent, Metric, PolicyVersion
from sla.queries.hours import hours_of
from sla.spec import PolicySpec
from tickets import events as ticket_events
from tickets.events import Quiet
from tickets.models import FAR, Event, Ticket
from tickets.operations import set_due
from tickets.state import State, read_column, states
from tickets.vocabulary import Facts

COLUMNS = tuple(column.name for column in fields(Cycle))
REJUDGED = frozenset(
    {
        ticket_events.CHANGED,
        ticket_events.PRIORITY_OVERRIDDEN,
        ticket_events.TAGGED,
        ticket_events.UNTAGGED,
        ticket_events.REFERENCED,
        ticket_events.MERGED,
        ticket_events.RESTORED,
    }
)
"""Events after which another policy or target may hold."""

NOTHING_PROMISED = Judgement(0, PolicySpec(), {})
"""By what a ticket without clocks is judged when only a person has promised something."""

IN_TIMELINE = {
    ClockEvent.Kind.WARNED: events.WARNED,
    ClockEvent.Kind.BREACHED: events.BREACHED,
}


def keep_clocks(ticket: Ticket, event: Event) -> None:
    """React to a ticket's event: the ticket's row is locked by the operation that records it."""
    is_new = event.kind == ticket_events.OPENED
    cycles, stamp = ([], None) if is_new else locked_cycles(ticket.pk)
    change = change_of(ticket, event)
    judgement, rejudges = None, False
    if is_new or has_clocks(cycles) or _may_get_clocks(ticket):
        judgement, rejudges = judge(ticket, change, cycles, rules_in_force(stamp))
    elif cycles:
        judgement = NOTHING_PROMISED
    if judgement is None:
        return
    outdated = [cycle for cycle in cycles if cycle.revision != judgement.revision] if rejudges else []
    told = react(
        cycles,
        change,
        judgement,
        hours_of,
        rejudges=rejudges,
        others=lambda other: locked_cycles(other)[0],
        past=lambda: past_of(ticket.pk, before=event.pk),
    )
    for item in told:
        item.cycle.ticket_id = ticket.pk
    write(told, cause=event.pk, judged=[cycle for cycle in outdated if cycle.is_open])
    tell(told, written=event.at)
    set_due(ticket, next_due(cycles))


def has_clocks(cycles: Iterable[Cycle]) -> bool:
    """Whether any was begun by a policy: a person's own promise starts nothing else."""
    return any(cycle.metric != Metric.PROMISE for cycle in cycles)


def _may_get_clocks(ticket: Ticket) -> bool:
    """Whether a ticket without clocks was just promised nothing so far.

    One that was imported, or was there before there were policies, waits for an administrator to start them.
    """
    had_policies = PolicyVersion.objects.filter(at__lte=ticket.created_at).exists()
    return had_policies and not Event.objects.filter(ticket=ticket, data__imported=True).exists()


def past_of(ticket_id: int, *, before: int | None = None) -> list[tuple[datetime, State]]:
    """The states of a ticket, before an event or all of them, each with the time at which it began."""
    events = Event.objects.filter(ticket=ticket_id, is_quiet=False).order_by("pk")
    if before is not None:
        events = events.filter(pk__lt=before)
    return [(event.at, state) for event, state in states(events)]


def judge(
    ticket: Ticket, change: Change, cycles: Sequence[Cycle], rules: Rules
) -> tuple[Judgement | None, bool]:
    """By what its clocks are measured now, and whether the open ones have to be measured anew."""
    return judged_by(change, cycles, rules, LazyFacts.of(ticket))


def judged_by(
    change: Change, cycles: Sequence[Cycle], rules: Rules, facts: Facts
) -> tuple[Judgement | None, bool]:
    """The same from what stands around the ticket: `facts` are asked only where a policy has to be found."""
    judged = [cycle for cycle in cycles if cycle.is_open and cycle.metric != Metric.PROMISE]
    is_stale = any(cycle.revision != rules.revision for cycle in judged)
    rejudges = change.kind in REJUDGED or is_stale
    rule = rules.of_version(judged[0].policy_id) if judged and not rejudges else None
    if rule is None:
        rule = rules.match(change.after, facts, at=change.at)
    return (rules.judgement(rule) if rule else None), rejudges


def change_of(ticket: Ticket, event: Event) -> Change:
    """The event with the states around it."""
    after = State.of(ticket)
    if event.kind == ticket_events.OPENED:
        return Change(event.kind, event.at, event.by_id, None, after, event.data)
    was = {name: read_column(name, before) for name, (before, _after) in event.changes.items()}
    return Change(event.kind, event.at, event.by_id, replace(after, **was), after, event.data)


def next_due(cycles: Iterable[Cycle]) -> datetime:
    """When the first of the running clocks is due; far away where none runs."""
    return min((cycle.due_at for cycle in cycles if cycle.due_at is not None), default=FAR)


# --- reading and writing ---

_locked = Prepared(
    lambda ticket: (
        Clock.objects.filter(ticket=ticket)
        .select_for_update(of=("self",))
        .order_by("metric", "scope", "cycle")
        .values_list(*COLUMNS, Subquery(Book.objects.filter(pk=1).values("stamp")))
    ),
    "ticket",
)


def locked_cycles(ticket_id: int) -> tuple[list[Cycle], Any]:
    """All cycles of a ticket, locked until the transaction ends, and the book's stamp (None without cycles)."""
    rows = _locked(ticket=ticket_id)
    return [Cycle(*row[:-1]) for row in rows], (rows[0][-1] if rows else None)


KEY = ("ticket_id", "metric", "scope", "cycle")
_UPSERT = "INSERT INTO sla_clock ({columns}) VALUES %s ON CONFLICT ({key}) DO UPDATE SET {sets}".format(
    columns=", ".join(COLUMNS),
    key=", ".join(KEY),
    sets=", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS if name not in KEY),
)
_INSERT = "INSERT INTO sla_clockevent (ticket_id, metric, scope, cycle, kind, at, cause_id, data) VALUES %s"


def write(told: Sequence[Told], *, cause: int | None = None, judged: Iterable[Cycle] = ()) -> None:
    """Store what happened and where it left the cycles, of one ticket or of many, in one statement.

    `judged` are cycles that the book in force leaves as they are: only its revision is noted on them. Without a
    `cause` no event of a ticket need tell of it, so those who keep something about clocks are told (`also_keep`).
    """
    if not told:
        write_cycles(judged)
        return
    cycles = _rows({id(cycle): cycle for cycle in (*judged, *(item.cycle for item in told))}.values())
    events = _event_rows(told, cause)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH told AS ({_INSERT % _places(events)}) {_UPSERT % _places(cycles)}",
            [value for row in (*events, *cycles) for value in row],
        )
    if cause is None:
        tell_keepers({item.cycle.ticket_id for item in told})


_keepers: list[Callable[[Collection[int]], None]] = []


def also_keep(keeper: Callable[[Collection[int]], None]) -> None:
    """Call `keeper` with the tickets whose clocks were written though nothing happened to them, in that transaction."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def tell_keepers(tickets: Collection[int]) -> None:
    for keeper in _keepers:
        keeper(tickets)


def _places(rows: Sequence[tuple[Any, ...]]) -> str:
    return ", ".join([f"({', '.join(['%s'] * len(rows[0]))})"] * len(rows))


def write_events(told: Iterable[Told], *, cause: int | None) -> None:
    rows = _event_rows(told, cause)
    if rows:
        with connection.cursor() as cursor:
            execute_values(cursor, _INSERT, rows, page_size=len(rows))


def _event_rows(told: Iterable[Told], cause: int | None) -> list[tuple[Any, ...]]:
    return [
        (
            item.cycle.ticket_id,
            item.cycle.metric,
            item.cycle.scope,
            item.cycle.cycle,
            str(item.kind),
            item.at,
            cause,
            Json(item.data),
        )
        for item in told
    ]


def write_cycles(cycles: Iterable[Cycle]) -> None:
    """Upsert rows."""
    rows = _rows(cycles)
    if rows:
        with connection.cursor() as cursor:
            execute_values(cursor, _UPSERT, rows, page_size=len(rows))


def _rows(cycles: Iterable[Cycle]) -> list[tuple[Any, ...]]:
    """Those that end come before those that begin: one open cycle a clock is a constraint."""
    return [_row(cycle) for cycle in sorted(cycles, key=lambda cycle: (cycle.ticket_id, cycle.cycle))]


_SHARES = COLUMNS.index("shares")


def _row(cycle: Cycle) -> tuple[Any, ...]:
    values = [getattr(cycle, name) for name in COLUMNS]
    values[_SHARES] = Json(values[_SHARES])
    return tuple(values)


def tell(told: Iterable[Told], *, written: datetime) -> None:
    """The part of it that belongs into the tickets' own timelines, with what is to be done about it."""
    quiet = for_timelines(told)
    if quiet:
        ticket_events.tell(quiet, written=written)


def for_timelines(told: Iterable[Told]) -> list[Quiet]:
    return [row for item in _loudest(told) if (row := _quiet(item)) is not None]


def _loudest(told: Iterable[Told]) -> Iterator[Told]:
    """Without the thresholds that the same clock passed only to pass a higher one at once.

    After a standstill nobody is warned of what is breached already.
    """
    last: Told | None = None
    for item in told:
        overtaken = last is not None and last.cycle is item.cycle and {last.kind, item.kind} <= _THRESHOLDS
        if last is not None and not overtaken:
            yield last
        last = item
    if last is not None:
        yield last


_THRESHOLDS = frozenset(IN_TIMELINE)


def _quiet(item: Told) -> Quiet | None:
    kind = IN_TIMELINE.get(ClockEvent.Kind(item.kind))
    moved = item.kind == ClockEvent.Kind.RETARGETED and item.data["due_was"] != item.data["due"]
    if kind is None and not moved:
        return None
    return Quiet(item.cycle.ticket_id, kind or events.RETARGETED, item.at, _timeline_data(item))


def _timeline_data(item: Told) -> dict[str, Any]:
    """Ids, codes, numbers and times, as `tickets.events` keeps them."""
    cycle = item.cycle
    said = {"metric": cycle.metric, "scope": cycle.scope, "cycle": cycle.cycle, "policy": cycle.policy_id}
    said |= {name: item.data.get(name) for name in ("share", "generation", "due", "due_was")}
    return said
