"""The clocks of a bench ticket: the real engine reads the events that `bench.life` tells, as it would have live.

Tickets of the last year have them, and all that are open, as where promises began a year ago and an
administrator let those of the open ones begin with the tickets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, cast

from sla import reactions
from sla.book import rules_in_force
from sla.cycles import MICROSECOND, Cycle, Told
from sla.engine import Change, Judgement, react
from sla.operations.keeping import for_timelines, next_due
from sla.queries.hours import hours_of
from tickets.events import reacts
from tickets.models import OPEN_STATUSES
from tickets.state import COLUMNS, TIMES, State

SINCE = timedelta(days=365)
_BLANK: dict[str, Any] = dict.fromkeys(COLUMNS)

Row = tuple[Any, ...]


class View:
    """A ticket's state as the engine reads it: what it does not ask for is not there."""

    merged_into_id = None

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.__dict__.update(columns)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES  # type: ignore[attr-defined]


def judgement() -> Judgement:
    """By the default policy, with its calendars read, so that processes forked from this one ask nobody."""
    rules = rules_in_force()
    rule = next(rule for rule in rules.rules if rule.is_default)
    for calendar in rule.spec.calendars():
        hours_of(rules.versions[calendar])
    return rules.judgement(rule)


class Keeper:
    """Keeps the clocks of one ticket."""

    def __init__(self, ticket: int, judged_by: Judgement) -> None:
        self.ticket, self.judged_by = ticket, judged_by
        self.cycles: list[Cycle] = []
        self.told: list[tuple[Told, int | None]] = []
        self.columns: dict[str, Any] = {}
        self.state: State | None = None

    def see(
        self,
        key: int,
        kind: str,
        at: datetime,
        by: int | None,
        changes: Mapping[str, Any],
        data: Mapping[str, Any],
    ) -> None:
        """React to an event, with the key that it has in the history."""
        for name, (_before, after) in changes.items():
            self.columns[name] = datetime.fromisoformat(after) if after and name in TIMES else after
        before, self.state = self.state, cast(State, View({**_BLANK, **self.columns}))
        if not reacts(reactions.keep_clocks, kind):
            return
        change = Change(kind, at, by, before, self.state, data)
        for item in react(self.cycles, change, self.judged_by, hours_of):
            item.cycle.ticket_id = self.ticket
            self.told.append((item, key))

    def run_until(self, at: datetime) -> None:
        """What time alone has made of the open ones."""
        for cycle in self.cycles:
            if cycle.is_open:
                self.told += [(item, None) for item in cycle.pass_thresholds(at, hours_of)]

    @property
    def next_due(self) -> str:
        return next_due(self.cycles).isoformat()

    def clocks(self) -> Iterator[Row]:
        for cycle in self.cycles:
            yield tuple([_written(value) for value in _columns_of(cycle)])

    def events(self) -> Iterator[Row]:
        for item, cause in self.told:
            cycle = item.cycle
            yield (
                cycle.ticket_id,
                cycle.metric,
                cycle.scope,
                cycle.cycle,
                str(item.kind),
                item.at.isoformat(),
                cause,
                item.data,
            )

    def lines(self, first: int) -> Iterator[Row]:
        """For the ticket's own history, with keys from `first` on."""
        for key, row in enumerate(for_timelines([item for item, _cause in self.told]), first):
            data = {name: value for name, value in row.data.items() if value is not None}
            yield key, row.ticket_id, row.kind, row.at.isoformat(), None, None, {}, data, True


_columns_of = attrgetter(*(column.name for column in fields(Cycle)))


def _written(value: Any) -> Any:
    """As COPY takes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, timedelta):
        return f"{value // MICROSECOND} microseconds"
    return json.dumps(value) if isinstance(value, list) else value
