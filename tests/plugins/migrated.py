"""The test database is a copy of one that is migrated already: a second instead of a quarter of a minute.

Only on our own servers. The original is kept in `.local/` and named by all migrations, so that a change of any makes
another one. It holds no rows: what an installation begins with, each copy gets from the code as it is now.
"""

from __future__ import annotations

import fcntl
import hashlib
from contextlib import closing
from pathlib import Path

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from helpdesk.local.places import LOCAL

PREFIX = "tierdesk_tests_"
KEPT = 3
"""Originals: those of other branches are wanted again."""


def original() -> str:
    """Its name; it is made where it is missing. One process makes it, the others wait."""
    name = f"{PREFIX}{_digest()}"
    with (LOCAL / "migrated.lock").open("w") as lock, closing(lock):
        fcntl.flock(lock, fcntl.LOCK_EX)
        if name not in _originals():
            _make(name)
    return name


def _digest() -> str:
    found = hashlib.sha256(django.__version__.encode() + Path(__file__).read_bytes())
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for file in sorted((Path(app.path) / "migrations").glob("*.py")):
            found.update(f"{app.label}/{file.name}".encode() + file.read_bytes())
    return found.hexdigest()[:16]


def _originals() -> list[str]:
    """Newest first."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY oid DESC", [f"{PREFIX}%"]
        )
        return [name for (name,) in cursor.fetchall()]


def _make(name: str) -> None:
    unfinished = f"test_unfinished_{name}"
    _run(f'DROP DATABASE IF EXISTS "{unfinished}" WITH (FORCE)', f'CREATE DATABASE "{unfinished}"')
    ours = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = unfinished
    try:
        call_command("migrate", verbosity=0, interactive=False)
        # Where a migration has a sequence begin (tickets at 1001), it goes on from there.
        call_command(
            "flush", verbosity=0, interactive=False, inhibit_post_migrate=True, reset_sequences=False
        )
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours
    _run(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    _run(*(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)' for old in _originals()[KEPT:]))


def _run(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
