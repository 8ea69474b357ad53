"""All facts and cells made anew from history, by as many processes as there are cores, while the old ones are read.

Tables of the same form with the prefix `new_` are filled by COPY, without indexes; these are built at the end. Then one
short transaction puts the new tables in the place of the old ones: a reader sees all of the old or all of the new. The
follower rests meanwhile, and afterwards goes on from where the feed stood before the first ticket was read. A rebuild
that is killed leaves the old facts as they are, and tables that the next one begins by dropping.

Each process has a connection of its own, made after the fork.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.db.utils import OperationalError

from delivery.horizon import horizon
from insights.models import FactState, HandFact, PromiseFact, TicketFact
from insights.operations import keeping
from insights.operations.processes import workers
from insights.queries.counting import COUNTED, Source, month_statements, months_of
from insights.queries.kept import HAND, PROMISE, TICKET, facts_of, rows_of
from tickets.models import Ticket
from tickets.operations.feeding import current_feed
from tickets.refusals import Refused

CHUNK = 1_000
"""Tickets that a process reads, works out and writes together."""
PREFIX = "new_"
FACTS = tuple(model._meta.db_table for model in (TicketFact, HandFact, PromiseFact))
CELLS = tuple(counted.table for counted in COUNTED)
LOCK_SECONDS = 15.0
SWAP_TRIES = 20
SWAP_PATIENCE = "2s"
"""How long new readers wait behind the swap at most, when somebody reads for long; then it is tried again."""
POLL_SECONDS = 0.2

Step = Callable[[str, int, int], object]
"""Told what is being done, how much of it there is, and how much was just done."""


class RebuildUnderWay(Refused):
    """Another process makes the facts anew, or follows the feed for longer than it should."""

    code = "rebuild_under_way"


@dataclass(frozen=True)
class Rebuilt:
    tickets: int
    failed: int
    """Tickets whose history cannot be read: they have no facts, the log says why."""


def rebuild(*, at: datetime, processes: int, progress: Step = lambda _what, _total, _done: None) -> Rebuilt:
    """Make all facts and cells anew from history.

    Args:
        processes: how many work at it; 0 does all in this process and on its connection.
        progress: called as work is done.

    Raises:
        RebuildUnderWay: somebody else is at the facts.
    """
    with workers(processes) as work, _alone():
        state = _begin(at)
        for table in (*FACTS, *CELLS):
            _create(table)
        failed, keys = 0, _all_keys()
        progress("tickets", len(keys), 0)
        for size, lost in work(
            _chunk, [(state, keys[start : start + CHUNK]) for start in range(0, len(keys), CHUNK)]
        ):
            failed += lost
            progress("tickets", len(keys), size)
        for _table in work(_index, FACTS):
            progress("indexes", len(FACTS), 1)
        months = months_of(_source())
        for _month in work(_count_month, months):
            progress("months", len(months), 1)
        for _table in work(_index, CELLS):
            progress("indexes of cells", len(CELLS), 1)
        state.version, state.rebuilt_at, state.walked_to = keeping.VERSION, at, None
        _swap(state)
    return Rebuilt(len(keys), failed)


# --- who does it ---


@contextmanager
def _alone() -> Iterator[None]:
    until = time.monotonic() + LOCK_SECONDS
    while not keeping.lock_for_long():
        if time.monotonic() > until:
            raise RebuildUnderWay("The facts are being rebuilt by somebody else already.")
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        keeping.unlock()


def _begin(at: datetime) -> FactState:
    feed = current_feed(at=at)
    state = FactState.objects.filter(pk=1).first() or FactState(pk=1)
    keeping.begin_walk(state, feed, horizon())
    return state


def _all_keys() -> list[int]:
    return list(Ticket.objects.order_by("pk").values_list("pk", flat=True))


def _source() -> Source:
    return Source(*(f"{PREFIX}{table}" for table in FACTS))


# --- filling ---


def _chunk(task: tuple[FactState, Sequence[int]]) -> tuple[int, int]:
    """Copy the facts of these tickets; how many they are, and of how many there are none."""
    state, keys = task
    facts, failed = facts_of(keys, state)
    rows = [rows_of(each) for each in facts.values()]
    with transaction.atomic():
        _copy(TicketFact, TICKET, (row[0] for row in rows))
        _copy(HandFact, HAND, (hand for row in rows for hand in row[1]))
        _copy(PromiseFact, PROMISE, (promise for row in rows for promise in row[2]))
    return len(keys), len(failed)


def _copy(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    text = "".join(["\t".join([_written(value) for value in row]) + "\n" for row in rows])
    if text:
        with connection.cursor() as cursor:
            cursor.cursor.copy_expert(
                f"COPY {PREFIX}{model._meta.db_table} ({', '.join(columns)}) FROM STDIN",
                io.StringIO(text),
                1 << 20,
            )


def _written(value: Any) -> str:
    """As COPY reads it."""
    kind = type(value)
    if kind is int:
        return str(value)
    if value is None:
        return r"\N"
    if kind is bool:
        return "t" if value else "f"
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _count_month(first: date) -> date:
    with transaction.atomic(), connection.cursor() as cursor:
        # A month is found by indexes and added up in memory. Left to itself the planner, which cannot know how few
        # cells that comes to, reads all promises for each month, and sorts what it could add up: twice the time.
        cursor.execute(
            "SET LOCAL work_mem = '256MB'; SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off"
        )
        for statement, params in month_statements(first, _source(), PREFIX):
            cursor.execute(statement, params)
    return first


# --- tables ---


def _create(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {PREFIX}{table}")
        cursor.execute(
            f"CREATE TABLE {PREFIX}{table} "
            f"(LIKE {table} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS INCLUDING STORAGE)"
        )


_INDEXES = """
    SELECT index.relname, pg_get_indexdef(known.indexrelid), given.contype
    FROM pg_index known JOIN pg_class index ON index.oid = known.indexrelid
    LEFT JOIN pg_constraint given ON given.conindid = known.indexrelid AND given.contype IN ('p', 'u')
    WHERE known.indrelid = %s::regclass ORDER BY index.relname
"""


def _index(table: str) -> None:
    """The indexes and keys that the table in use has, for the new one, and what the planner needs to know."""
    new = f"{PREFIX}{table}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute(_INDEXES, [table])
        for name, definition, constraint in cursor.fetchall():
            schema_and_table = definition.split(" ON ", 1)[1].split(" USING ", 1)[0]
            told = definition.replace(
                f" INDEX {name} ON {schema_and_table} ", f" INDEX {PREFIX}{name} ON {new} ", 1
            )
            cursor.execute(told)
            if constraint:
                what = "PRIMARY KEY" if constraint == "p" else "UNIQUE"
                cursor.execute(
                    f"ALTER TABLE {new} ADD CONSTRAINT {PREFIX}{name} {what} USING INDEX {PREFIX}{name}"
                )
        cursor.execute(f"ANALYZE {new}")


def _swap(state: FactState) -> None:
    """Put the new tables in the place of the old ones, and say where the feed goes on, in one transaction.

    It needs every table for itself for a moment. Who reads for long is not waited for long: others would queue up.
    """
    for attempt in range(SWAP_TRIES):
        try:
            _swap_now(state)
        except OperationalError:
            if attempt == SWAP_TRIES - 1:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return


@transaction.atomic
def _swap_now(state: FactState) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{SWAP_PATIENCE}'")
        for table in (*FACTS, *CELLS):
            cursor.execute(_INDEXES, [table])
            names = [name for name, _definition, _constraint in cursor.fetchall()]
            cursor.execute(f"DROP TABLE {table}")
            cursor.execute(f"ALTER TABLE {PREFIX}{table} RENAME TO {table}")
            for name in names:
                cursor.execute(f"ALTER INDEX {PREFIX}{name} RENAME TO {name}")
            cursor.execute("SELECT to_regclass(%s)", [f"{PREFIX}{table}_id_seq"])
            if cursor.fetchone()[0] is not None:
                cursor.execute(f"ALTER SEQUENCE {PREFIX}{table}_id_seq RENAME TO {table}_id_seq")
        cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    state.save()
