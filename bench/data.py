"""`make bench-data N=100000`: a database of its own, filled by COPY with realistic skew.

Few categories, teams and organisations have most of the tickets, a tenth is open, about five events a
ticket. The same N gives the same rows every time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from helpdesk.local import servers
from helpdesk.local.places import BASE_DIR

SMALLEST, LARGEST = 40, 5_000_000
MARK = "tierdesk bench data, with clocks"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="make bench-data N=", description=__doc__)
    arguments.add_argument("--tickets", type=size, default=100_000, metavar="N")
    arguments.add_argument("--force", action="store_true", help="make it anew")
    given = arguments.parse_args()
    servers.use()
    fill(given.tickets, force=given.force)


def size(text: str) -> int:
    """A number of tickets, as the command line takes it."""
    if not text.isdecimal() or not SMALLEST <= int(text) <= LARGEST:
        raise argparse.ArgumentTypeError(f"N is a number of tickets between {SMALLEST} and {LARGEST}")
    return int(text)


def database_url(tickets: int, name: str = "bench") -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}_{tickets}").geturl()


def fill(tickets: int, *, force: bool = False, name: str = "bench", template: str = "template1") -> str:
    """Make (once) the bench database of this size, of a template that may be migrated already; its address."""
    home, url = os.environ["DATABASE_URL"], database_url(tickets, name)
    database = urlsplit(url).path.strip("/")
    if not _create(home, database, force=force, template=template):
        _run(url, "manage.py", "migrate", "-v", "0")
        _add_what_is_beside(url, tickets)
        print(
            f"{database} is there already (make bench-data N={tickets} ARGS=--force makes it anew).",
            flush=True,
        )
        return url
    started = time.monotonic()
    _run(url, "-m", "bench.filling", str(tickets))
    _add_what_is_beside(url, tickets)
    _mark(home, database)
    print(f"{database}: {tickets} tickets in {time.monotonic() - started:.0f} s", flush=True)
    return url


def _add_what_is_beside(url: str, tickets: int) -> None:
    """Articles and which tickets they resolved, who reads figures, what these are counted from; each once."""
    _run(url, "-m", "bench.beside", str(tickets))


def own_database(name: str, *program: str) -> str:
    """The address of a database of this name, made anew and filled by a program of its own."""
    home = os.environ["DATABASE_URL"]
    url = urlsplit(home)._replace(path=f"/{name}").geturl()
    _create(home, name, force=True)
    _run(url, "manage.py", "migrate", "-v", "0")
    _run(url, *program)
    return url


def _run(url: str, *program: str) -> None:
    """In a process of its own: Django is set up for one database, and measuring needs several."""
    here = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    if subprocess.run(
        [sys.executable, *program], env=os.environ | here, cwd=BASE_DIR, check=False
    ).returncode:
        sys.exit(f"{urlsplit(url).path.strip('/')} could not be prepared; the reason stands above.")


def _create(home: str, database: str, *, force: bool, template: str = "template1") -> bool:
    """A finished database carries a comment, so that a half-filled one is made anew and no other is touched."""
    with closing(psycopg2.connect(home)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [database]
        )
        row = cursor.fetchone()
        if row and row[0] == MARK and not force:
            return False
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        cursor.execute(create.format(sql.Identifier(database), sql.Identifier(template)))
    return True


def _mark(home: str, database: str) -> None:
    with closing(psycopg2.connect(home)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), sql.Literal(MARK))
        )


if __name__ == "__main__":
    main()
