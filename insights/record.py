"""The record of one ticket, and the facts that it amounts to. Plain reading: no query, no clock of its own.

What each fact means stands in docs/kpis.md, and each line of it is held by tests/insights/test_facts.py. Facts do not
depend on the time of day: what has not ended is not counted, so two readings of the same history are equal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from insights.models import HandFact, PromiseFact, TicketFact


class EventRow(NamedTuple):
    """One event of the ticket, as tickets.models.Event keeps it."""

    id: int
    kind: str
    at: datetime
    by_id: int | None
    changes: Mapping[str, Any]
    data: Mapping[str, Any]
    is_quiet: bool = False


class ClockRow(NamedTuple):
    """One cycle of one clock, as sla.models.Clock keeps it."""

    id: int
    metric: str
    scope: int
    cycle: int
    state: str
    outcome: str
    policy_id: int | None
    calendar_id: int | None
    priority: int
    target: timedelta
    used: timedelta
    breached_at: datetime | None
    ended_at: datetime | None


class ClockEventRow(NamedTuple):
    """One event of a resolution clock, as sla.models.ClockEvent keeps it."""

    id: int
    ticket_id: int
    metric: str
    scope: int
    cycle: int
    kind: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True)
class TicketRecord:
    """All that is known of one ticket. Rows are in order of id; quiet events may be left out."""

    ticket_id: int
    events: Sequence[EventRow]
    clocks: Sequence[ClockRow] = ()
    resolution_events: Sequence[ClockEventRow] = ()
    minutes_worked: int = 0
    follow_ups: Sequence[datetime] = ()
    """When tickets were opened that are follow-ups of this one."""
    location: str = ""
    device: str = ""
    """Both folded (tickets.words.fold_words)."""


@dataclass(frozen=True)
class Facts:
    """What a ticket's record amounts to: rows that are not saved yet."""

    ticket: TicketFact
    hands: list[HandFact] = field(default_factory=list)
    promises: list[PromiseFact] = field(default_factory=list)


def work_out(record: TicketRecord, *, zone: ZoneInfo, usual_calendar: int | None) -> Facts:
    """The facts of one ticket.

    Args:
        zone: the desk's, in which days are counted.
        usual_calendar: the version of the calendar in which business time is counted where no clock says otherwise;
            None is around the clock.

    Raises:
        ValueError: it has no event.
    """
    raise NotImplementedError
