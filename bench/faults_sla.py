"""What has to hold whatever breaks: every deadline that was due has fired exactly once, none early, at its due time.

`python -m bench.faults_sla --deadlines 2000 --json out.json` runs the real beat and workers on a PostgreSQL and
a Redis of its own, breaks one thing after the other while deadlines come due, and prints a table. It ends with 1
when anything was missed, told twice, told early, or told with a wrong time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
# Servers of its own, which it may stop and empty; known before anything asks where the local ones are.
os.environ["TIERDESK_LOCAL"] = str(Path(os.environ.get("TIERDESK_LOCAL") or BASE_DIR / ".local") / "faults")
for _name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(_name, None)

import redis

from bench import data
from bench.programs import Programs
from helpdesk.local import servers
from helpdesk.local.postgres import Postgres
from helpdesk.local.redis import Redis

TARGET = 20
"""Seconds that a clock has. It warns at 75 percent of them and is breached at the end: two deadlines a clock."""
FIRST = 3
"""Seconds from the writing of the clocks to their first warning."""
SPREAD = 8
"""Seconds over which they come due."""
PATIENCE = 180
KILLS = 3
PROGRAMS = ("worker", "timers", "beat")
PREFIX = "faults"
FACTS = ("deadlines", "fired", "twice", "missed", "early", "wrong_time", "worst_lag_s")

_INSERT = """
    WITH clocks AS (
        SELECT id AS ticket_id, (%(first)s + (row_number() OVER (ORDER BY in_queue DESC, id) - 1)
                                 * %(spread)s / %(clocks)s) * interval '1 second' AS offset_
        FROM tickets_ticket ORDER BY in_queue DESC, id LIMIT %(clocks)s
    ), begun AS (
        INSERT INTO sla_clock (ticket_id, metric, scope, cycle, state, outcome, policy_id, calendar_id, priority,
            target, used, since, started_at, due_at, shares, fired, next_at, generation, revision)
        SELECT ticket_id, 'promise', %(scope)s, 1, 'running', '', NULL, NULL, 3, %(target)s, interval '0',
               at, at, at + %(target)s, '[75, 100]', 0, at + %(target)s * 0.75, 1, 0
        FROM (SELECT ticket_id, now() + offset_ - %(target)s * 0.75 AS at FROM clocks) AS due
        RETURNING ticket_id, since
    )
    INSERT INTO sla_clockevent (ticket_id, metric, scope, cycle, kind, at, data)
    SELECT ticket_id, 'promise', %(scope)s, 1, 'started', since,
           jsonb_build_object('policy', NULL, 'calendar', NULL, 'priority', 3, 'used', 0,
               'target', (extract(epoch FROM %(target)s) * 1000000)::bigint, 'shares', '[75, 100]'::jsonb)
    FROM begun;
    UPDATE tickets_ticket SET next_due_at = due_at FROM sla_clock clock
    WHERE clock.ticket_id = tickets_ticket.id AND metric = 'promise' AND scope = %(scope)s AND next_due_at > due_at
"""
_FIRED = "metric = 'promise' AND scope = %(scope)s AND kind IN ('warned', 'breached')"
_COUNT = f"""
    WITH fired AS (
        SELECT ticket_id, kind, count(*) AS n FROM sla_clockevent WHERE {_FIRED} GROUP BY ticket_id, kind
    ), told AS (
        SELECT e.id, e.ticket_id, e.kind, e.at, min(d.created_at) AS written, count(*) AS deliveries
        FROM tickets_event e JOIN delivery_delivery d ON d.event_id = e.id AND d.kind = 'reaction'
        WHERE e.kind IN ('sla.warned', 'sla.breached') AND e.data->>'metric' = 'promise'
          AND (e.data->>'scope')::bigint = %(scope)s
        GROUP BY e.id
    ), per_clock AS (
        SELECT ticket_id, count(*) FILTER (WHERE kind = 'sla.breached') AS breaches,
               count(*) FILTER (WHERE kind = 'sla.warned') AS warnings, max(deliveries) AS deliveries
        FROM told GROUP BY ticket_id
    )
    SELECT (SELECT count(*) FROM fired),
           (SELECT count(*) FROM fired WHERE n > 1)
             + (SELECT count(*) FROM per_clock WHERE greatest(breaches, warnings, deliveries) > 1),
           (SELECT count(*) FROM sla_clock c LEFT JOIN per_clock USING (ticket_id)
             WHERE metric = 'promise' AND scope = %(scope)s AND coalesce(breaches, 0) = 0),
           (SELECT count(*) FROM told WHERE written < at),
           (SELECT count(*) FROM sla_clock WHERE metric = 'promise' AND scope = %(scope)s
             AND breached_at IS DISTINCT FROM started_at + target)
             + (SELECT count(*) FROM sla_clockevent v JOIN sla_clock c USING (ticket_id, metric, scope, cycle)
                 WHERE v.metric = 'promise' AND v.scope = %(scope)s AND v.kind IN ('warned', 'breached')
                   AND v.at <> c.started_at + c.target * (v.data->>'share')::int / 100),
           (SELECT coalesce(max(extract(epoch FROM written - at)), 0) FROM told)
"""
_IN_THE_MIDDLE = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                   AND query LIKE '%INSERT INTO sla_clockevent%')
"""

Result = dict[str, Any]


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.faults_sla", description=__doc__)
    arguments.add_argument("--deadlines", type=_even, default=2000, metavar="N")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write the table there too")
    arguments.add_argument("--faults", type=_faults, default=list(FAULTS), metavar="two_beats,redis_down")
    given = arguments.parse_args()
    servers.use()
    url = data.fill(max(data.SMALLEST, given.deadlines), force=True, name="faults")
    results = _break(url, given.faults, given.deadlines)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")
    agree = [_agrees(url, command) for command in ("check_clocks", "check_history")]
    if not all(agree) or any(_is_wrong(result) for result in results.values()):
        sys.exit(1)


def _even(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= 100_000 or int(text) % 2:
        raise argparse.ArgumentTypeError("N is an even number of deadlines between 2 and 100000")
    return int(text)


def _faults(text: str) -> list[str]:
    unknown = [name for name in text.split(",") if name not in FAULTS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no fault {', '.join(unknown)}. The faults are: {', '.join(FAULTS)}"
        )
    return text.split(",")


def _break(url: str, faults: list[str], deadlines: int) -> dict[str, Result]:
    results: dict[str, Result] = {}
    print(f"{'fault':<20}" + "".join(f"{fact:>13}" for fact in FACTS), flush=True)
    for scope, name in enumerate(faults, 1):
        with Stage.opened(url, scope, deadlines) as stage:
            FAULTS[name](stage)
            results[name] = stage.result()
        print(f"{name:<20}" + "".join(f"{results[name][fact]:>13}" for fact in FACTS), flush=True)
    return results


def _is_wrong(result: Result) -> bool:
    return any(result[fact] for fact in ("twice", "missed", "early", "wrong_time"))


def _agrees(url: str, command: str) -> bool:
    """Whether clocks and histories are what their events add up to, after all that."""
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        env=os.environ | {"DATABASE_URL": url},
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    print(f"{command}: {(done.stdout.strip() or done.stderr.strip()).splitlines()[-1]}", flush=True)
    return done.returncode == 0


# --- the faults ---


def worker_killed(stage: Stage) -> None:
    """kill -9 in the middle of a batch: after the clocks have moved on, before their events are written."""
    stage.start("timers", "beat")
    stage.write_clocks()
    for _ in range(KILLS):
        with closing(stage.connect()) as other:
            other.autocommit = False
            cursor = other.cursor()
            cursor.execute("LOCK TABLE sla_clockevent IN SHARE MODE")
            stage.wait_until(lambda: bool(stage.ask(_IN_THE_MIDDLE)), "a batch was in its middle")
            stage.kill("timers")
            other.rollback()
        stage.start("timers")
    stage.start("worker")


def two_beats(stage: Stage) -> None:
    stage.start(*PROGRAMS)
    stage.start("beat")
    stage.write_clocks()


def beat_down(stage: Stage) -> None:
    """For ten minutes, in which all comes due; the minutes are simulated by clocks that began so long ago."""
    stage.start("worker", "timers")
    stage.write_clocks(ago=600, spread=600 - TARGET)
    time.sleep(2)
    stage.start("beat")


def redis_emptied(stage: Stage) -> None:
    """Again and again while deadlines come due."""
    stage.start(*PROGRAMS)
    stage.write_clocks()
    until = time.monotonic() + FIRST + TARGET / 4 + SPREAD
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        while time.monotonic() < until:
            client.flushall()
            stage.look()
            time.sleep(0.3)


def redis_down(stage: Stage) -> None:
    """While deadlines come due, and while people go on editing the very tickets."""
    stage.start(*PROGRAMS)
    stage.write_clocks()
    with Redis().away():
        editing = subprocess.Popen(
            [sys.executable, "-m", "bench.faults_edits", str(stage.scope), str(FIRST + SPREAD)],
            env=stage.environment,
            cwd=BASE_DIR,
        )
        until = time.monotonic() + FIRST + TARGET / 4 + SPREAD / 2
        while time.monotonic() < until or editing.poll() is None:
            stage.look()
            time.sleep(0.3)
    if editing.returncode:
        sys.exit("Tickets could not be edited while Redis was down; the reason stands above.")


def postgres_restarted(stage: Stage) -> None:
    """Twice while deadlines come due."""
    stage.start(*PROGRAMS)
    stage.write_clocks()
    time.sleep(FIRST + SPREAD / 4)
    for _ in range(2):
        stage.hang_up()
        Postgres().restart()
        time.sleep(SPREAD / 2)


FAULTS: dict[str, Callable[[Stage], None]] = {
    "worker_killed": worker_killed,
    "two_beats": two_beats,
    "beat_down": beat_down,
    "redis_emptied": redis_emptied,
    "redis_down": redis_down,
    "postgres_restarted": postgres_restarted,
}


# --- the stage ---


class Stage(Programs):
    """One fault: its programs, its clocks, and what is found in the database."""

    def __init__(self, url: str, scope: int, deadlines: int) -> None:
        super().__init__(url, prefix=PREFIX, patience=PATIENCE, EMAIL_URL="log:")
        self.scope, self.deadlines = scope, deadlines
        self.early = 0
        self._database: Any = None

    @classmethod
    @contextmanager
    def opened(cls, url: str, scope: int, deadlines: int) -> Iterator[Stage]:
        stage = cls(url, scope, deadlines)
        try:
            yield stage
        finally:
            stage.hang_up()
            stage.kill_all()

    def write_clocks(self, *, ago: float = 0, spread: float = SPREAD) -> None:
        """Clocks whose first warning is due soon, or was due `ago` seconds back, and the others after it."""
        amounts = {
            "clocks": self.deadlines // 2,
            "scope": self.scope,
            "first": FIRST - ago,
            "spread": float(spread),
            "target": f"{TARGET} seconds",
        }
        query = _INSERT.replace("%(target)s", "%(target)s::interval")
        with self._session().cursor() as cursor:
            cursor.execute(query, amounts)

    def result(self) -> Result:
        self.comes(lambda: not self._waits(), within=PATIENCE)
        # Whoever would fire a second time has had every chance now.
        until = time.monotonic() + 3
        while time.monotonic() < until:
            self.look()
            time.sleep(0.2)
        with self._session().cursor() as cursor:
            cursor.execute(_COUNT, {"scope": self.scope})
            fired, twice, untold, early, wrong, worst = cursor.fetchone()
        return {
            "deadlines": self.deadlines,
            "fired": fired,
            "twice": twice,
            "missed": max(self.deadlines - fired, untold),
            "early": max(early, self.early),
            "wrong_time": wrong,
            "worst_lag_s": round(float(worst), 1),
        }

    def look(self) -> None:
        """Whether anything stands there that is due later: by the database's own clock, whatever workers think."""
        found = self.ask(f"SELECT count(*) FROM sla_clockevent WHERE {_FIRED} AND at > clock_timestamp()")
        self.early = max(self.early, found)

    def ask(self, query: str) -> Any:
        with self._session().cursor() as cursor:
            cursor.execute(query, {"scope": self.scope} if "%(" in query else None)
            return cursor.fetchone()[0]

    def hang_up(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _session(self) -> Any:
        if self._database is None:
            self._database = self.connect()
        return self._database

    def _waits(self) -> bool:
        self.look()
        query = "SELECT EXISTS (SELECT FROM sla_clock WHERE metric = 'promise' AND scope = %(scope)s"
        return bool(self.ask(f"{query} AND next_at < '9000-01-01')"))


if __name__ == "__main__":
    main()
