"""Clocks against the replay of their events: what differs, and writing it anew.

The events are the truth, a clock's row and a ticket's due time are caches of their replay. `revision` is left
out: it says by which book a clock was last judged, not what happened to it.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection, transaction

from accounts.models import User
from sla.cycles import Cycle, replay
from sla.models import Clock, Repair
from sla.operations.keeping import COLUMNS, next_due, tell_keepers, write_cycles
from sla.queries.hours import hours_of
from tickets.models import FAR, Ticket, TicketQuerySet
from tickets.operations import set_due

BATCH = 1_000
COMPARED = tuple(
    name for name in COLUMNS if name not in {"ticket_id", "metric", "scope", "cycle", "revision"}
)
Key = tuple[str, int, int]
"""Metric, scope and number of a cycle."""


@dataclass(frozen=True)
class Difference:
    """Something on which the events of a ticket's clocks and what is stored do not agree."""

    ticket_id: int
    clock: str
    column: str
    by_events: Any
    stored: Any

    def __str__(self) -> str:
        return (
            f"{self.clock} {self.column}: {_said(self.by_events)} by its events, {_said(self.stored)} stored"
        )

    def to_json(self) -> list[str]:
        return [self.clock, self.column, _said(self.by_events), _said(self.stored)]


@dataclass
class Checked:
    """One ticket, looked at."""

    ticket_id: int
    clocks: int = 0
    """Cycles that were replayed."""
    differences: list[Difference] = field(default_factory=list)
    by_events: dict[Key, Cycle] = field(default_factory=dict)
    orphans: list[Key] = field(default_factory=list)
    """Rows of which no event tells."""
    can_be_replayed: bool = True


class _Event(NamedTuple):
    ticket_id: int
    metric: str
    scope: int
    cycle: int
    kind: str
    at: datetime
    data: dict[str, Any]


def check_all(
    tickets: TicketQuerySet, *, progress: Callable[[int], object] = lambda _tickets: None
) -> Iterator[Checked]:
    """Every ticket that has, or should have, clocks or a due time; in batches of three queries.

    What seems to differ is looked at once more under the ticket's lock: somebody may be at work on it.
    """
    last = 0
    while keys := list(tickets.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last = keys[-1]
        for found in _check(keys):
            yield check_one(found.ticket_id) if found.differences else found
        progress(len(keys))


@transaction.atomic
def check_one(ticket_id: int) -> Checked:
    """One ticket, while nobody can change it."""
    Ticket.objects.select_for_update(no_key=True).get(pk=ticket_id)
    return next(_check([ticket_id]))


@transaction.atomic
def repair(ticket_id: int, *, by: User | None, at: datetime) -> Repair | None:
    """Write a ticket's clocks and due time as its events say, and keep what was found wrong.

    Nothing is written, and None answered, where all agrees by now or the events cannot be replayed.
    """
    ticket = Ticket.objects.select_for_update(no_key=True).get(pk=ticket_id)
    list(Clock.objects.filter(ticket=ticket).select_for_update(no_key=True).order_by("pk"))
    found = next(_check([ticket_id]))
    if not found.differences or not found.can_be_replayed:
        return None
    revisions = _revisions(ticket_id)
    for key, cycle in found.by_events.items():
        cycle.revision = revisions.get(key, 0)
    for metric, scope, cycle_number in found.orphans:
        Clock.objects.filter(ticket=ticket, metric=metric, scope=scope, cycle=cycle_number).delete()
    # What is open by its row and ended by its events goes first: one open cycle a clock is a constraint.
    for is_open in (False, True):
        write_cycles([cycle for cycle in found.by_events.values() if cycle.is_open is is_open])
    set_due(ticket, next_due(found.by_events.values()))
    tell_keepers([ticket_id])
    return Repair.objects.create(
        ticket=ticket, at=at, by=by, differences=[row.to_json() for row in found.differences]
    )


def _revisions(ticket_id: int) -> dict[Key, int]:
    rows = Clock.objects.filter(ticket=ticket_id).values_list("metric", "scope", "cycle", "revision")
    return {(metric, scope, cycle): revision for metric, scope, cycle, revision in rows}


def _check(keys: Sequence[int]) -> Iterator[Checked]:
    events, stored = _events(keys), _stored(keys)
    dues = dict(Ticket.objects.filter(pk__in=keys).values_list("pk", "next_due_at"))
    for key in keys:
        if key in dues:
            yield _compare(key, events.get(key, []), stored.get(key, {}), dues[key])


def _compare(ticket_id: int, events: Sequence[_Event], stored: dict[Key, Cycle], due: datetime) -> Checked:
    found = Checked(ticket_id)
    try:
        found.by_events = replay(events, hours_of, ticket_id)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        found.can_be_replayed = False
        found.differences.append(
            Difference(ticket_id, "clocks", "events", f"cannot be replayed: {error}", "")
        )
        return found
    found.clocks = len(found.by_events)
    for key, cycle in found.by_events.items():
        found.differences += _differences(ticket_id, key, cycle, stored.get(key))
    found.orphans = [key for key in stored if key not in found.by_events]
    found.differences += [Difference(ticket_id, _name(key), "row", None, "there") for key in found.orphans]
    expected = next_due(found.by_events.values())
    if due != expected:
        found.differences.append(Difference(ticket_id, "ticket", "next_due_at", expected, due))
    return found


def _differences(ticket_id: int, key: Key, cycle: Cycle, row: Cycle | None) -> Iterator[Difference]:
    if row is None:
        yield Difference(ticket_id, _name(key), "row", "there", None)
        return
    for column in COMPARED:
        by_events, stored = getattr(cycle, column), getattr(row, column)
        if by_events != stored:
            yield Difference(ticket_id, _name(key), column, by_events, stored)


def _name(key: Key) -> str:
    metric, scope, cycle = key
    return f"{metric} {scope}/{cycle}" if scope else f"{metric} {cycle}"


def _said(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case datetime():
            return "never" if value == FAR else value.isoformat()
        case timedelta():
            return str(value)
    return str(value)


_EVENTS = """
    SELECT ticket_id, metric, scope, cycle, kind, at, data FROM sla_clockevent
    WHERE ticket_id = ANY(%s) ORDER BY ticket_id, id
"""


def _events(keys: Collection[int]) -> dict[int, list[_Event]]:
    """By plain SQL and tuples: there are millions of them."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [list(keys)])
        rows = [_Event._make((*row[:-1], json.loads(row[-1]))) for row in cursor.fetchall()]
    return {key: list(group) for key, group in groupby(rows, key=lambda row: row.ticket_id)}


def _stored(keys: Collection[int]) -> dict[int, dict[Key, Cycle]]:
    found: dict[int, dict[Key, Cycle]] = defaultdict(dict)
    for row in Clock.objects.filter(ticket_id__in=keys).order_by().values_list(*COLUMNS):
        cycle = Cycle(*row)
        found[cycle.ticket_id][cycle.metric, cycle.scope, cycle.cycle] = cycle
    return found
