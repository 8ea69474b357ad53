"""Deadlines fire: clocks whose next threshold has passed are claimed in batches and told, each exactly once.

The row is the timer. Whoever holds its lock and finds `next_at` in the past fires it and moves `next_at` on
in the same transaction, so a second worker, a late message or a worker that died half way change nothing.
Nothing here waits for a lock: what an operation holds is left for the next tick.
"""

import json
import logging
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache
from time import perf_counter
from typing import Any

from django.db import connection, transaction
from psycopg2.extras import execute_values

from sla.book import rules_in_force
from sla.cycles import MICROSECOND, Cycle, Told
from sla.models import Clock, ClockEvent, Firing
from sla.operations.keeping import COLUMNS, tell, write_events
from sla.queries.hours import hours_of

logger = logging.getLogger(__name__)

BATCH = 500
BEHIND = timedelta(seconds=2)
KEPT_DAYS = 8
_MILLISECOND = 1000 * MICROSECOND
LONGEST_LAG = 2**31 - 1
"""Milliseconds that the column can hold: what waited longer than 24 days fires nevertheless."""
_SHARES = COLUMNS.index("shares")

# One statement locks clock and ticket and skips a pair of which either is taken: nobody waits, so the order of
# locks cannot matter, and tickets that an operation holds do not fill the batch. The ticket's lock keeps
# operations away until the commit; the foreign keys of others pass (NO KEY).
_CLAIM = """
    SELECT clock.id, {columns} FROM sla_clock clock JOIN tickets_ticket ticket ON ticket.id = clock.ticket_id
    WHERE clock.next_at < %s AND NOT clock.id = ANY(%s)
    ORDER BY clock.next_at, clock.id LIMIT %s
    FOR NO KEY UPDATE OF clock SKIP LOCKED FOR NO KEY UPDATE OF ticket SKIP LOCKED
""".format(columns=", ".join(f"clock.{name}" for name in COLUMNS))
_MOVE_ON = """
    UPDATE sla_clock SET next_at = moved.next_at, fired = moved.fired, breached_at = moved.breached_at
    FROM (VALUES %s) AS moved (id, next_at, fired, breached_at) WHERE sla_clock.id = moved.id
"""
_MOVED = "(%s, %s::timestamptz, %s, %s::timestamptz)"

Claimed = list[tuple[int, Cycle]]


def fire_due(*, at: datetime, limit: int = BATCH) -> int:
    """Fire up to `limit` clocks whose next threshold lies before `at`; any number of workers may run it at once.

    A clock that cannot be computed is logged and left where it is; it holds up no other.

    Returns: how many clocks fired; 0 when nothing is due that nobody else has.
    """
    broken: set[int] = set()
    while True:
        known = len(broken)
        fired = _fire_batch(at, limit, broken)
        if fired or len(broken) == known:
            return fired


def is_behind(*, at: datetime) -> bool:
    """Whether the oldest deadline that nobody has fired is so old that one worker does not keep up."""
    return Clock.objects.filter(next_at__lt=at - BEHIND).exists()


def forget_firings(*, at: datetime) -> int:
    """Drop what the operations page does not show any more."""
    return Firing.objects.filter(at__lt=at - timedelta(days=KEPT_DAYS)).delete()[0]


@transaction.atomic
def _fire_batch(at: datetime, limit: int, broken: set[int]) -> int:
    started = perf_counter()
    told: dict[int, list[Told]] = {}
    claimed = _claim(at, limit, broken)
    if claimed:
        rules_in_force()  # calendars that got further holidays meanwhile are read anew
    for key, cycle in claimed:
        due = cycle.next_at
        try:
            told[key] = cycle.pass_thresholds(at, hours_of)
        except Exception:  # one row that is wrong must not keep five hundred from firing
            logger.exception("clock %s of ticket %s cannot fire, due at %s", key, cycle.ticket_id, due)
            broken.add(key)
    fired = [(key, cycle) for key, cycle in claimed if key in told]
    if fired:
        _write(fired, told, at, started)
    return len(fired)


def _claim(at: datetime, limit: int, without: Collection[int]) -> Claimed:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [at, list(without), limit])
        return [(key, _cycle(columns)) for key, *columns in cursor.fetchall()]


def _cycle(columns: list[Any]) -> Cycle:
    columns[_SHARES] = list(_shares(columns[_SHARES]))
    return Cycle(*columns)


@lru_cache(maxsize=100)
def _shares(text: str) -> tuple[int, ...]:
    return tuple(json.loads(text))


def _write(fired: Claimed, told: dict[int, list[Told]], at: datetime, started: float) -> None:
    """Clocks, their events, the tickets' timelines with what is to be done about them, and how late it was."""
    rows = [(key, cycle.next_at, cycle.fired, cycle.breached_at) for key, cycle in fired]
    with connection.cursor() as cursor:
        execute_values(cursor, _MOVE_ON, rows, template=_MOVED, page_size=len(rows))
    every = [item for items in told.values() for item in items]
    write_events(every, cause=None)
    tell(every, written=at)
    kinds = Counter(items[-1].kind for items in told.values())
    took = timedelta(seconds=perf_counter() - started)
    Firing.objects.create(
        at=at,
        warned=kinds[ClockEvent.Kind.WARNED],
        breached=kinds[ClockEvent.Kind.BREACHED],
        lags=[min((at + took - items[0].at) // _MILLISECOND, LONGEST_LAG) for items in told.values()],
    )
