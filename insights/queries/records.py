"""The records of many tickets, read in a fixed number of queries."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from insights.course import EventRow
from insights.record import ClockEventRow, ClockRow, TicketRecord
from sla.models import Metric
from tickets.models import LinkType


def records(ticket_ids: Iterable[int]) -> Iterator[TicketRecord]:
    """The record of each of these tickets that has a history, by id. Six queries, however many they are.

    All of it is held in memory at once: ask for some thousands at a time.
    """
    keys = sorted(set(ticket_ids))
    if not keys:
        return
    events = _events(keys)
    clocks = _clocks(keys)
    told = _resolution_events(keys)
    worked = _minutes(keys)
    follow_ups = _follow_ups(keys)
    words = {key: rest for key, *rest in _words(keys)}
    for key in keys:
        if key not in events or key not in words:
            continue
        location, device, is_restricted = words[key]
        yield TicketRecord(
            ticket_id=key,
            events=events[key],
            clocks=clocks.get(key, ()),
            resolution_events=told.get(key, ()),
            minutes=worked.get(key, {}),
            follow_ups=follow_ups.get(key, ()),
            location=location,
            device=device,
            is_restricted=is_restricted,
        )


_EVENTS = """
    SELECT ticket_id, id, kind, at, by_id, changes, data FROM tickets_event
    WHERE ticket_id = ANY(%s) AND NOT is_quiet ORDER BY ticket_id, id
"""
_CLOCKS = (
    f"SELECT ticket_id, {', '.join(ClockRow._fields)} FROM sla_clock WHERE ticket_id = ANY(%s) ORDER BY id"
)
_CLOCK_EVENTS = f"""
    SELECT {", ".join(ClockEventRow._fields)} FROM sla_clockevent
    WHERE ticket_id = ANY(%s) AND metric = '{Metric.RESOLUTION.value}' ORDER BY id
"""
_WORKED = """
    SELECT ticket_id, tier_level, sum(minutes)::int FROM tickets_worklog
    WHERE ticket_id = ANY(%s) GROUP BY ticket_id, tier_level
"""
_LATER = f"""
    SELECT link.other_id, later.created_at
    FROM tickets_link link JOIN tickets_ticket later ON later.id = link.ticket_id
    WHERE link.other_id = ANY(%s) AND link.type = '{LinkType.FOLLOW_UP.value}' ORDER BY link.id
"""
_WORDS = "SELECT id, location_plain, device_plain, is_restricted FROM tickets_ticket WHERE id = ANY(%s)"


def _ask(text: str, keys: Sequence[int]) -> list[tuple[Any, ...]]:
    """By plain SQL and tuples: there are millions of them."""
    with connection.cursor() as cursor:
        cursor.execute(text, [list(keys)])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _events(keys: Sequence[int]) -> dict[int, list[EventRow]]:
    """Without quiet ones: they change nothing that is a fact."""
    found: dict[int, list[EventRow]] = defaultdict(list)
    for ticket, key, kind, at, by, changes, data in _ask(_EVENTS, keys):
        found[ticket].append(EventRow(key, kind, at, by, json.loads(changes), json.loads(data)))
    return found


def _clocks(keys: Sequence[int]) -> dict[int, list[ClockRow]]:
    found: dict[int, list[ClockRow]] = defaultdict(list)
    for row in _ask(_CLOCKS, keys):
        found[row[0]].append(ClockRow._make(row[1:]))
    return found


def _resolution_events(keys: Sequence[int]) -> dict[int, list[ClockEventRow]]:
    found: dict[int, list[ClockEventRow]] = defaultdict(list)
    for *row, data in _ask(_CLOCK_EVENTS, keys):
        told = ClockEventRow._make((*row, json.loads(data)))
        found[told.ticket_id].append(told)
    return found


def _minutes(keys: Sequence[int]) -> dict[int, dict[int, int]]:
    """By ticket and level."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for ticket, level, minutes in _ask(_WORKED, keys):
        found[ticket][level] = minutes
    return found


def _follow_ups(keys: Sequence[int]) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = defaultdict(list)
    for ticket, opened in _ask(_LATER, keys):
        found[ticket].append(opened)
    return found


def _words(keys: Sequence[int]) -> list[tuple[Any, ...]]:
    return _ask(_WORDS, keys)
