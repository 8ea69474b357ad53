"""After a test that commits, the database is emptied by what the test left in it: a few tables of the many.

Django truncates every table and has every app begin anew, which costs half a second. Here the tables that have
rows lose them, and what an installation begins with is put back as it was.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django.test import TransactionTestCase

_by_django: Callable[[TransactionTestCase], None] = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Beginning:
    """The tables, and the rows that every test begins with, as text."""

    tables: list[str]
    rows: dict[str, str]


def remember() -> None:
    """What a new database holds; what a test leaves is compared with it.

    On servers where we may not pass over the triggers, Django does it in its way.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            return
        cursor.execute(
            "SELECT quote_ident(relname) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
        )
        tables = [name for (name,) in cursor.fetchall()]
        beginning = Beginning(tables, {name: _rows(name) for name in _with_rows(tables)})
    TransactionTestCase._fixture_teardown = lambda _test: _empty(beginning)  # type: ignore[attr-defined]


def _empty(beginning: Beginning) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # Whoever still writes is waited for.
        cursor.execute(f"LOCK TABLE {', '.join(beginning.tables)} IN SHARE ROW EXCLUSIVE MODE")
        # Of all tables nothing is left that another could point to, and some refuse to lose rows.
        cursor.execute("SET LOCAL session_replication_role = replica")
        filled = _with_rows(beginning.tables)
        for name in beginning.rows.keys() | filled:
            first = beginning.rows.get(name, "")
            if name in filled:
                if first and _rows(name) == first:
                    continue
                cursor.execute(f"DELETE FROM {name}")
            if first:
                cursor.cursor.copy_expert(f"COPY {name} ({_columns(name)}) FROM STDIN", io.StringIO(first))


def _with_rows(tables: list[str]) -> set[str]:
    asked = (f"SELECT {number} WHERE EXISTS (SELECT FROM {name})" for number, name in enumerate(tables))
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return {tables[number] for (number,) in cursor.fetchall()}


def _rows(table: str) -> str:
    text = io.StringIO()
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(f"COPY {table} ({_columns(table)}) TO STDOUT", text)
    return text.getvalue()


def _columns(table: str) -> str:
    """All but those that the database fills itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            [table],
        )
        return str(cursor.fetchone()[0])
