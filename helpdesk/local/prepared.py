"""Whether a database was prepared for the demo by the very files that lie here: the next start need not look again.

The database says it itself, in its comment, so a database that is made anew or restored is not mistaken for it. To find
out with Django that nothing is to be done takes two seconds, and a start should take eight.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import Any

import psycopg2

from helpdesk.local.places import BASE_DIR

MADE_BY = ("requirements.lock", "helpdesk/demo", "helpdesk/management/commands/load_demo.py", "*/migrations")


def is_prepared(url: str) -> bool:
    """Whether nothing has changed since; then old heartbeats are forgotten, as preparing would have done.

    False also where the database does not answer: preparing it says why.
    """
    try:
        with closing(psycopg2.connect(url)) as database, database, database.cursor() as cursor:
            cursor.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
            )
            if cursor.fetchone() != (_mark(cursor),):
                return False
            cursor.execute("DELETE FROM delivery_heartbeat")
            return True
    except psycopg2.Error:
        return False


def note_prepared(cursor: Any) -> None:
    """Say in the database that it is prepared. `cursor` is one of psycopg2 or of Django on it."""
    cursor.execute("SELECT quote_ident(current_database())")
    (name,) = cursor.fetchone()
    cursor.execute(f"COMMENT ON DATABASE {name} IS %s", [_mark(cursor)])


def _mark(cursor: Any) -> str:
    """The files, and how far the database was migrated: one that was migrated back is prepared anew."""
    cursor.execute("SELECT count(*), max(id) FROM django_migrations")
    return "tierdesk demo {} {} {}".format(_digest(), *cursor.fetchone())


def _digest() -> str:
    found = hashlib.sha256()
    for pattern in MADE_BY:
        for place in sorted(BASE_DIR.glob(pattern)):
            files = sorted(place.rglob("*")) if place.is_dir() else [place]
            for file in files:
                if file.is_file() and "__pycache__" not in file.parts:
                    found.update(str(file.relative_to(BASE_DIR)).encode() + file.read_bytes())
    return found.hexdigest()[:32]
