"""`make bench-data N=100000`: a database of its own, filled by COPY with realistic skew.

Few categories, teams and organisations have most of the tickets, a tenth is open, about five events a
ticket. The same N gives the same rows every time.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from helpdesk.local import servers

if TYPE_CHECKING:
    from bench.life import Rows, Writer

CHUNK = 5_000
MARK = "tierdesk bench data"


def database_url(tickets: int) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/bench_{tickets}").geturl()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tickets", type=int, default=100_000)
    arguments.add_argument("--force", action="store_true", help="make it anew")
    given = arguments.parse_args()
    if not 40 <= given.tickets <= 5_000_000:
        sys.exit("N is a number of tickets between 40 and 5000000.")
    servers.use()
    fill(given.tickets, force=given.force)


def fill(tickets: int, *, force: bool = False) -> str:
    """Make (once) the bench database of this size and return its address."""
    home = os.environ["DATABASE_URL"]
    url = database_url(tickets)
    if not _create(home, tickets, force=force):
        print(f"bench_{tickets} is there already (ARGS=--force makes it anew).")
        return url
    os.environ["DATABASE_URL"] = url
    started = time.monotonic()
    _write(url, tickets)
    print(f"bench_{tickets}: {tickets} tickets in {time.monotonic() - started:.0f} s")
    os.environ["DATABASE_URL"] = home
    return url


def _create(home: str, tickets: int, *, force: bool) -> bool:
    """A finished database carries a comment, so that a half-filled one is made anew and no other is touched."""
    name = f"bench_{tickets}"
    with closing(psycopg2.connect(home)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        )
        row = cursor.fetchone()
        if row and row[0] == MARK and not force:
            return False
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return True


def _write(url: str, tickets: int) -> None:
    import django
    from django.core.management import call_command
    from django.db import connection, connections

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    django.setup()
    call_command("migrate", verbosity=0)

    from accounts.models import Desk
    from bench.cast import make_cast
    from tickets.models import PriorityRule, Tag, folded_columns

    Desk.objects.update(is_set_up=True)
    cast = make_cast(tickets)
    Tag.objects.bulk_create(Tag(pk=number, name=f"tag {number}") for number in range(1, 21))
    matrix = {(row.impact, row.urgency): row.priority for row in PriorityRule.objects.all()}
    columns = [name for name in folded_columns() if name != "changed_at"]
    indexes = _drop_indexes(connection)
    connections.close_all()
    chunks = [(start, min(start + CHUNK, tickets)) for start in range(0, tickets, CHUNK)]
    with multiprocessing.get_context("fork").Pool(2, _begin, [url, cast, tickets, matrix, columns]) as pool:
        for done, _ in enumerate(pool.imap_unordered(_copy_chunk, chunks), 1):
            _progress("rows", done, len(chunks))
    _finish(connection, indexes, tickets)


_writer: Writer
_connection: Any


def _begin(url: str, *of_writer: Any) -> None:
    global _writer, _connection
    from bench.life import Writer

    _writer = Writer(*of_writer)
    _connection = psycopg2.connect(url)
    with _connection.cursor() as cursor:
        # Foreign keys are right by construction; checking a dozen a row would take most of the time.
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    _connection.commit()


def _copy_chunk(chunk: tuple[int, int]) -> int:
    lives = [_writer.rows(number) for number in range(*chunk)]
    with _connection.cursor() as cursor:
        for table, columns, rows in _tables(lives):
            buffer = io.StringIO()
            for row in rows:
                buffer.write("\t".join(map(_text, row)))
                buffer.write("\n")
            buffer.seek(0)
            cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", buffer)
    _connection.commit()
    return chunk[1]


def _tables(lives: list[Rows]) -> Iterator[tuple[str, list[str], Iterable[tuple[Any, ...]]]]:
    names = [name for name in lives[0].ticket if name != "words_of"]
    yield "tickets_ticket", names, [tuple(life.ticket[name] for name in names) for life in lives]
    yield (
        "tickets_event",
        ["id", "ticket_id", "kind", "at", "by_id", "message_id", "changes", "data"],
        (row for life in lives for row in life.events),
    )
    yield (
        "tickets_message",
        [
            "id",
            "ticket_id",
            "author_id",
            "kind",
            "audience",
            "body",
            "at",
            "from_desk",
            "min_tier",
            "redacted_why",
        ],
        ((*row, 0, "") for life in lives for row in life.messages),
    )
    yield (
        "tickets_revision",
        ["id", "ticket_id", '"column"', "text", "at", "by_id", "redacted_why"],
        ((*row, "") for life in lives for row in life.revisions),
    )
    yield "tickets_tickettext", ["ticket_id", "public", "internal"], (life.text for life in lives)
    yield (
        "escalation_handoff",
        [
            *("id", "ticket_id", "from_tier", "from_team_id", "from_assignee_id", "to_tier", "to_team_id"),
            *("summary_id", "by_id", "at", "state", "ended_at", "ended_by_id", "reason", "return_reason"),
        ],
        (
            (*(row if len(row) > 10 else (*row, "waiting", None, None)), "needs_expertise", "")
            for life in lives
            for row in life.handoffs
        ),
    )
    yield "tickets_watch", ["ticket_id", "user_id"], (row for life in lives for row in life.watches)
    yield "tickets_tagging", ["ticket_id", "tag_id"], (row for life in lives for row in life.taggings)


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return "{" + ",".join(map(str, value)) + "}"
    text = json.dumps(value) if isinstance(value, dict) else value
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _drop_indexes(connection: Any) -> list[str]:
    """Indexes that no constraint needs: building them at the end takes a fraction of keeping them up."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT indexname, indexdef FROM pg_indexes
            WHERE schemaname = 'public' AND tablename LIKE ANY (ARRAY['tickets_%', 'escalation_%'])
              AND indexname NOT IN (SELECT conname FROM pg_constraint)
              AND indexdef NOT LIKE 'CREATE UNIQUE%'
            """
        )
        found = cursor.fetchall()
        for name, _definition in found:
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [definition for _name, definition in found]


def _finish(connection: Any, indexes: list[str], tickets: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET maintenance_work_mem = '1GB'")
        cursor.execute("SET max_parallel_maintenance_workers = 2")
        for done, definition in enumerate(indexes, 1):
            cursor.execute(definition)
            _progress("indexes", done, len(indexes))
        for table in (
            "tickets_ticket",
            "tickets_event",
            "tickets_message",
            "tickets_revision",
            "escalation_handoff",
        ):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
            )
        for table in ("tickets_watch", "tickets_tagging", "tickets_tag"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
            )
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(f"bench_{tickets}"), sql.Literal(MARK)
            )
        )


def _progress(what: str, done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\r{what}: {done * 100 // total:3} %", end=end, flush=True)


if __name__ == "__main__":
    main()
