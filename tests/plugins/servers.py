"""Starts, or shares, the local servers before Django is set up.

Each run has databases of its own, so that several runs and the demo never meet.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

import psycopg2
import pytest
from psycopg2 import sql

from helpdesk.local import servers
from helpdesk.local.places import LOCAL

_kept_open: list[IO[str]] = []


def _prepare() -> None:
    os.environ.setdefault("DEBUG", "1")
    ours = not os.environ.get("DATABASE_URL")
    servers.use()
    if not _is_xdist_process():
        os.environ["TIERDESK_TEST_RUN"] = str(os.getpid())
        os.environ["TIERDESK_TEST_MEDIA"] = tempfile.mkdtemp(prefix="tierdesk-media-")
        if ours:
            os.environ["TIERDESK_TEST_COPIES"] = "1"
            _drop_databases_of_dead_runs()
    base, _, _demo = os.environ["REDIS_URL"].rpartition("/")
    number = _unused_redis_database()
    os.environ["REDIS_URL"] = f"{base}/{number}"
    os.environ["REDIS_PREFIX"] = f"test-{number}:"
    os.environ["MEDIA_ROOT"] = f"{os.environ['TIERDESK_TEST_MEDIA']}/{number}"


def _is_xdist_process() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def _unused_redis_database() -> int:
    """The demo has number 0. A claim is a locked file, which the kernel frees with the process."""
    claims = LOCAL / "test-redis"
    claims.mkdir(parents=True, exist_ok=True)
    for number in range(1, 16):
        claim = (claims / str(number)).open("w")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claim.close()
            continue
        _kept_open.append(claim)
        return number
    raise pytest.UsageError("All 15 Redis databases for tests are taken; wait for another test run to end.")


def _drop_databases_of_dead_runs() -> None:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT datname FROM pg_database WHERE datname ~ '^test_\d+_'")
        for (name,) in cursor.fetchall():
            if not Path(f"/proc/{name.split('_')[1]}").exists():
                cursor.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )
    connection.close()


def pytest_unconfigure() -> None:
    for claim in _kept_open:
        claim.close()
    if not _is_xdist_process():
        shutil.rmtree(os.environ["TIERDESK_TEST_MEDIA"], ignore_errors=True)


_prepare()
