"""Fills an empty database with tickets: the people by the ORM, the rest by COPY from several processes.

`bench.data` runs it with DATABASE_URL set: `python -m bench.filling 100000`.
"""

from __future__ import annotations

import gc
import io
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

import django
import psycopg2
from psycopg2 import sql

django.setup()

from django.core.management import call_command
from django.db import connection, connections

from accounts.models import Desk
from bench.cast import make_cast
from bench.clocks import judgement
from bench.life import Writer
from sla.cycles import Cycle
from tickets.models import PriorityRule, Tag, folded_columns

CHUNK = 5_000

EVENT = "id ticket_id kind at by_id message_id changes data is_quiet"
COLUMNS = {
    "events": ("tickets_event", EVENT),
    "quiet": ("tickets_event", EVENT),
    "messages": (
        "tickets_message",
        "id ticket_id author_id kind audience vendor_id body at from_desk min_tier redacted_why",
    ),
    "revisions": ("tickets_revision", 'id ticket_id "column" text at by_id redacted_why'),
    "handoffs": (
        "escalation_handoff",
        "id ticket_id from_tier from_team_id from_assignee_id to_tier to_team_id summary_id by_id at"
        " reason return_reason state ended_at ended_by_id",
    ),
    "watches": ("tickets_watch", "ticket_id user_id"),
    "taggings": ("tickets_tagging", "ticket_id tag_id"),
    "named": ("tickets_named", "ticket_id user_id team_id"),
    "references": ("tickets_externalreference", "id ticket_id system key url"),
    "links": ("tickets_link", "ticket_id other_id type blocks"),
    "work": ("tickets_worklog", "ticket_id by_id at tier_level minutes is_billable"),
    "values": ("tickets_fieldvalue", "ticket_id field_id value normal revision_id"),
    "clocks": ("sla_clock", " ".join(column.name for column in fields(Cycle))),
    "clock_events": ("sla_clockevent", "ticket_id metric scope cycle kind at cause_id data"),
}
"""By attribute of `bench.life.Rows` the table and its columns."""

WITH_OWN_KEYS = [table for table, columns in COLUMNS.values() if columns.startswith("id ")] + [
    "tickets_ticket"
]


def main(tickets: int) -> None:
    call_command("migrate", verbosity=0)
    Desk.objects.update(is_set_up=True)
    cast = make_cast(tickets)
    Tag.objects.bulk_create(Tag(name=f"tag {number}") for number in range(1, 21))
    matrix = {(row.impact, row.urgency): row.priority for row in PriorityRule.objects.all()}
    columns = [name for name in folded_columns() if name != "changed_at"]
    judged_by = judgement()
    indexes = _drop_indexes()
    connections.close_all()
    chunks = [(start, min(start + CHUNK, tickets)) for start in range(0, tickets, CHUNK)]
    progress = _Progress("rows", len(chunks))
    workers = min(len(os.sched_getaffinity(0)), 4)
    forking = multiprocessing.get_context("fork")
    with forking.Pool(workers, _begin, [cast, tickets, matrix, columns, judged_by]) as pool:
        for _ in pool.imap_unordered(_copy_chunk, chunks):
            progress.step()
    _finish(indexes)


_writer: Writer
_connection: Any


def _begin(*of_writer: Any) -> None:
    global _writer, _connection  # noqa: PLW0603  (of the pool's process)

    gc.disable()  # rows know no cycles, and there are hundreds of thousands at a time
    _writer = Writer(*of_writer)
    _connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with _connection.cursor() as cursor:
        # Foreign keys are right by construction; checking a dozen a row would take most of the time.
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    _connection.commit()


def _copy_chunk(chunk: tuple[int, int]) -> None:
    lives = [_writer.rows(number) for number in range(*chunk)]
    names = list(lives[0].ticket)
    _copy("tickets_ticket", names, (life.ticket.values() for life in lives))
    _copy("tickets_tickettext", ["ticket_id", "public", "internal"], (life.text for life in lives))
    for attribute, (table, columns) in COLUMNS.items():
        _copy(table, columns.split(), (row for life in lives for row in getattr(life, attribute)))
    _connection.commit()


def _copy(table: str, columns: list[str], rows: Iterable[Iterable[Any]]) -> None:
    lines = "".join(["\t".join([_TEXT[type(value)](value) for value in row]) + "\n" for row in rows])
    if lines:
        with _connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO(lines), 1 << 20)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


_TEXT: dict[type, Callable[[Any], str]] = {
    type(None): lambda _value: r"\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    str: _escaped,
    list: lambda value: "{" + ",".join(map(str, value)) + "}",
    dict: lambda value: _escaped(json.dumps(value)),
}


def _drop_indexes() -> list[str]:
    """Indexes that no constraint needs: building them at the end takes a fraction of keeping them up."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT indexname, indexdef FROM pg_indexes
            WHERE schemaname = 'public' AND tablename LIKE ANY (ARRAY['tickets_%', 'escalation_%', 'sla_%'])
              AND indexname NOT IN (SELECT conname FROM pg_constraint)
              AND indexdef NOT LIKE 'CREATE UNIQUE%'
            """
        )
        found = cursor.fetchall()
        for name, _definition in found:
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [definition for _name, definition in found]


def _finish(indexes: list[str]) -> None:
    progress = _Progress("indexes", len(indexes))
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute("SET max_parallel_maintenance_workers = 2")
        for definition in indexes:
            cursor.execute(definition)
            progress.step()
        for table in WITH_OWN_KEYS:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1)) FROM {table}"
            )
        cursor.execute("VACUUM (ANALYZE, PARALLEL 2)")


class _Progress:
    """One line that counts up; where nobody watches, a line a tenth."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done, self.shown = what, total, 0, -1
        self.watched = sys.stdout.isatty()

    def step(self) -> None:
        self.done += 1
        percent = self.done * 100 // self.total
        if not self.watched:
            percent -= percent % 10
        if percent == self.shown:
            return
        self.shown = percent
        end = "\n" if not self.watched or self.done == self.total else ""
        print(f"{chr(13) if self.watched else ''}{self.what}: {percent:3} %", end=end, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
