"""The past of many tickets as a simulation reads it: histories in bulk, and what stood around a ticket at a moment.

What history does not keep (words, tags, people, organisations, custom fields) is read as it is now. The category's
place in the tree follows the category that the ticket had; clocks are replayed from their own events.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from django.db import connection

from escalation.vocabulary import RESOLUTION_DUE, RESOLUTION_SHARE, SAID, Said
from sla.cycles import Cycle, step
from sla.models import Clock, ClockEvent, Metric
from sla.operations.keeping import next_due
from sla.queries.hours import hours_of
from tickets.models import FAR, Category
from tickets.vocabulary import Facts, facts_of


class Row(NamedTuple):
    """One event of a ticket, as far as a simulation needs it."""

    id: int
    ticket_id: int
    kind: str
    at: datetime
    by_id: int | None
    is_quiet: bool
    changes: Mapping[str, Any]
    data: Mapping[str, Any]


class ClockRow(NamedTuple):
    """One event of a ticket's clock, as `sla.cycles.step` reads it."""

    ticket_id: int
    metric: str
    scope: int
    cycle: int
    kind: str
    at: datetime
    data: Mapping[str, Any]


# By hand: the history of a hundred thousand tickets is more than half a million rows.
_HISTORIES = """
    SELECT id, ticket_id, kind, at, by_id, is_quiet, changes::text, data::text
    FROM tickets_event WHERE ticket_id = ANY(%s) ORDER BY ticket_id, id
"""
NOTHING: Mapping[str, Any] = MappingProxyType({})


_decode = json.JSONDecoder().raw_decode


def _read(text: str) -> Mapping[str, Any]:
    """What the database wrote; it begins and ends without spaces."""
    return _decode(text)[0] if text != "{}" else NOTHING


class Pasts:
    """The pasts of a batch of tickets. Histories cost one query; facts, words and clocks one each, if anybody asks."""

    def __init__(self, keys: Collection[int]) -> None:
        self.keys = keys

    def histories(self) -> Iterator[tuple[int, list[Row]]]:
        """Ticket by ticket, each with all of its events in their order."""
        with connection.cursor() as cursor:
            cursor.execute(_HISTORIES, [list(self.keys)])
            rows = [Row._make((*row[:-2], _read(row[-2]), _read(row[-1]))) for row in cursor.fetchall()]
        for key, group in groupby(rows, key=lambda row: row.ticket_id):
            yield key, list(group)

    @cached_property
    def facts(self) -> dict[int, Facts]:
        return facts_of(self.keys)

    @cached_property
    def words(self) -> dict[int, Said]:
        return Said.of_many(self.keys)

    @cached_property
    def clock_events(self) -> dict[int, list[ClockRow]]:
        found: dict[int, list[ClockRow]] = defaultdict(list)
        rows = ClockEvent.objects.filter(ticket_id__in=self.keys).order_by("ticket_id", "id")
        for row in map(ClockRow._make, rows.values_list(*ClockRow._fields)):
            found[row.ticket_id].append(row)
        return found

    @cached_property
    def ancestry(self) -> dict[int, tuple[int, ...]]:
        """Each category with all above it."""
        return {key: tuple(above) for key, above in Category.objects.values_list("pk", "ancestry")}


class Clocks:
    """A ticket's clocks as they stood at one moment after the other."""

    def __init__(self, events: list[ClockRow]) -> None:
        self._left, self._cycles = iter(events), cast(dict[tuple[str, int, int], Cycle], {})
        self._next = next(self._left, None)

    def at(self, moment: datetime) -> list[Cycle]:
        """What has happened until then; moments only go forward."""
        while self._next is not None and self._next.at <= moment:
            step(self._cycles, self._next, hours_of)
            self._next = next(self._left, None)
        return list(self._cycles.values())


class FactsThen:
    """What stood around one ticket at a moment: `tickets.vocabulary.Facts`, read only when a condition asks.

    `category` and `at` are set by whoever folds the ticket.
    """

    def __init__(self, ticket: int, pasts: Pasts) -> None:
        self._ticket, self._pasts = ticket, pasts
        self.category: int | None = None
        self.at: datetime = FAR

    def __getattr__(self, name: str) -> Any:
        """All that has no past of its own: as it is now."""
        return getattr(self._pasts.facts[self._ticket], name)

    @property
    def facts(self) -> Facts:
        return cast(Facts, self)

    @property
    def categories(self) -> tuple[int, ...]:
        return self._pasts.ancestry.get(self.category, ()) if self.category is not None else ()

    @property
    def due_at(self) -> datetime | None:
        due = next_due(self._clocks.at(self.at))
        return due if due < FAR else None

    @property
    def more(self) -> "More":
        return More(self)

    @cached_property
    def _clocks(self) -> Clocks:
        return Clocks(self._pasts.clock_events.get(self._ticket, []))

    def known(self, name: str) -> Any:
        """A fact that an app above has added."""
        if name == SAID:
            return self._pasts.words[self._ticket]
        read = _OF_CLOCKS.get(name)
        if read is not None:
            return read(self._clocks.at(self.at))
        return self._pasts.facts[self._ticket].more.get(name)


class More:
    """As much of a mapping as fields ask of `Facts.more`."""

    def __init__(self, then: FactsThen) -> None:
        self._then = then

    def get(self, name: str, default: Any = None) -> Any:
        found = self._then.known(name)
        return default if found is None else found


# --- clocks, as sla.vocabulary and escalation.vocabulary ask for them in SQL ---


def _breached(cycles: list[Cycle]) -> bool:
    return any(cycle.breached_at is not None and cycle.outcome != Clock.Outcome.VOID for cycle in cycles)


def _breached_open(cycles: list[Cycle]) -> bool:
    return any(cycle.breached_at is not None and cycle.is_open for cycle in cycles)


def _paused(cycles: list[Cycle]) -> bool:
    return any(cycle.state == Clock.State.PAUSED for cycle in cycles if cycle.metric == Metric.RESOLUTION)


def _resolution(cycles: list[Cycle]) -> list[Cycle]:
    """The newest first."""
    rows = [cycle for cycle in cycles if cycle.metric == Metric.RESOLUTION and not cycle.scope]
    return sorted(rows, key=lambda cycle: -cycle.cycle)


def _due(cycles: list[Cycle]) -> datetime | None:
    return next((cycle.due_at for cycle in _resolution(cycles) if cycle.is_running), None)


def _share(cycles: list[Cycle]) -> int:
    passed = [cycle for cycle in _resolution(cycles) if cycle.fired and cycle.outcome != Clock.Outcome.VOID]
    return passed[0].shares[passed[0].fired - 1] if passed else 0


_OF_CLOCKS = {
    "breached": _breached,
    "breached_open": _breached_open,
    "clock_paused": _paused,
    RESOLUTION_DUE: _due,
    RESOLUTION_SHARE: _share,
}
