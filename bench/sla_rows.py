"""Deadlines through the real beat and workers: how long a pile of them takes, and how late they are day by day.

`n` and `per_second` count deadlines; p50, p95 and p99 are the time between a deadline and its writing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2

from bench import server

PILE_A_REQUEST = 500
"""Deadlines of `sla_drain` for each of the 200 requests that other rows make: 100,000."""
MINUTE = 200
"""So many requests are one minute of `sla_steady`, with 1,000 deadlines in it."""
PATIENCE = 300
SERIES = 1_000_000
"""Each row writes clocks with scopes of its own, so that two rows on one database do not meet."""
DRAIN, STEADY = 1, 2

_INSERT = """
    WITH judged AS (
        SELECT current_id AS policy FROM sla_policy WHERE is_default
    ), tickets AS (
        SELECT id, row_number() OVER (ORDER BY in_queue DESC, id) - 1 AS place FROM tickets_ticket
    ), due AS (
        SELECT tickets.id AS ticket_id, %(scope)s + number / %(tickets)s AS scope,
               now() + (%(wait)s + number * %(apart)s) * interval '1 second' AS at
        FROM generate_series(0, %(deadlines)s - 1) AS number
        JOIN tickets ON tickets.place = number %% %(tickets)s
    ), begun AS (
        INSERT INTO sla_clock (ticket_id, metric, scope, cycle, state, outcome, policy_id, calendar_id, priority,
            target, used, since, started_at, due_at, shares, fired, next_at, generation, revision)
        SELECT ticket_id, 'promise', scope, 1, 'running', '', policy, NULL, 3, interval '4 hours', interval '0',
               at - interval '4 hours', at - interval '4 hours', at, '[100]', 0, at, 1, 0
        FROM due, judged
        RETURNING ticket_id, scope, since, policy_id
    )
    INSERT INTO sla_clockevent (ticket_id, metric, scope, cycle, kind, at, data)
    SELECT ticket_id, 'promise', scope, 1, 'started', since,
           jsonb_build_object('policy', policy_id, 'calendar', NULL, 'priority', 3, 'target', 14400000000,
                              'used', 0, 'shares', '[100]'::jsonb)
    FROM begun
"""
_TOLD = """
    WITH clock_events AS (
        SELECT count(*) AS n FROM sla_clockevent
        WHERE metric = 'promise' AND kind = 'breached' AND scope / %(size)s = %(series)s
        GROUP BY ticket_id, scope
    ), in_history AS (
        SELECT id, ticket_id, data->>'scope' AS scope FROM tickets_event
        WHERE kind = 'sla.breached' AND data->>'metric' = 'promise'
          AND (data->>'scope')::bigint / %(size)s = %(series)s
    ), history AS (
        SELECT count(*) AS n FROM in_history GROUP BY ticket_id, scope
    ), deliveries AS (
        SELECT count(*) AS n FROM delivery_delivery d JOIN in_history e ON e.id = d.event_id
        WHERE d.kind = 'reaction' GROUP BY e.id
    )
    SELECT count(*), count(*) FILTER (WHERE n > 1) FROM clock_events
    UNION ALL SELECT count(*), count(*) FILTER (WHERE n > 1) FROM history
    UNION ALL SELECT count(*), count(*) FILTER (WHERE n > 1) FROM deliveries
"""
_LAGS = """
    SELECT percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY lag)
    FROM sla_firing, unnest(lags) AS lag
"""

HEAD_START = 0.5

Result = dict[str, Any]


@dataclass(frozen=True)
class Room:
    """What a row that asks no page works with: a bench database of its own, and how much is wanted."""

    url: str
    tickets: int
    requests: int


def sla_drain(room: Room) -> Result:
    """A pile of deadlines that come due at the same moment."""
    deadlines = room.requests * PILE_A_REQUEST
    with _at_work(room) as database:
        wait = 2 + deadlines / 5_000
        begun = time.monotonic()
        _begin(database, room, DRAIN, deadlines, wait=wait, apart=0)
        started = max(time.monotonic(), begun + wait)
        # They are due so long after the statement that wrote them: a look just before would find nothing due.
        time.sleep(started - time.monotonic() + HEAD_START)
        _until_nothing_is_due(database)
        return _result(database, DRAIN, deadlines, time.monotonic() - started)


def sla_steady(room: Room) -> Result:
    """A thousand deadlines a minute, one after the other."""
    deadlines = room.requests * 1_000 // MINUTE
    apart = 60 / 1_000
    with _at_work(room) as database:
        started = time.monotonic()
        _begin(database, room, STEADY, deadlines, wait=2, apart=apart)
        time.sleep(2 + deadlines * apart)
        _until_nothing_is_due(database)
        return _result(database, STEADY, deadlines, time.monotonic() - started)


def sla_recompute(room: Room) -> Result:
    """All open clocks of the bench's tickets judged anew, while people edit tickets."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.recompute_sla"],
        env=os.environ | {"DATABASE_URL": room.url},
        capture_output=True,
        text=True,
        check=True,
    )
    measured: Result = json.loads(done.stdout)
    return measured


def business_time(room: Room) -> Result:
    """Due times worked out in plain Python, a thousand for each request that other rows make."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.business_time", str(room.requests * 1_000)],
        capture_output=True,
        text=True,
        check=True,
    )
    measured: Result = json.loads(done.stdout)
    return measured


@contextmanager
def _at_work(room: Room) -> Iterator[Any]:
    """Beat and workers that have nothing left to do, and a connection to their database."""
    with server.workers(room.url), closing(psycopg2.connect(room.url)) as database:
        database.autocommit = True
        _until_nothing_is_due(database)
        yield database


def _begin(database: Any, room: Room, series: int, deadlines: int, *, wait: float, apart: float) -> None:
    """Write clocks that are due `wait` seconds from now on, each `apart` from the one before, in one transaction."""
    amounts = {"deadlines": deadlines, "tickets": room.tickets, "scope": series * SERIES}
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM sla_firing")
        cursor.execute(_INSERT, {**amounts, "wait": wait, "apart": apart})


def _until_nothing_is_due(database: Any) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with database.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM sla_clock WHERE next_at < now())")
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.1)
    raise SystemExit(f"Deadlines still wait after {PATIENCE} s; see {server.LOGS}.")


def _result(database: Any, series: int, deadlines: int, seconds: float) -> Result:
    with database.cursor() as cursor:
        cursor.execute(_TOLD, {"series": series, "size": SERIES})
        told = cursor.fetchall()
        cursor.execute(_LAGS)
        p50, p95, p99 = cursor.fetchone()[0]
    return {
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "queries": 0,
        "bytes": 0,
        "n": deadlines,
        "per_second": round(deadlines / seconds, 1),
        "seconds": round(seconds, 1),
        "missed": deadlines - min(once for once, _several in told),
        "twice": max(several for _once, several in told),
    }


WORK: dict[str, Callable[[Room], Result]] = {
    "sla_drain": sla_drain,
    "sla_steady": sla_steady,
    "sla_recompute": sla_recompute,
    "business_time": business_time,
}
