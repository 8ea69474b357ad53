"""One door to the local servers: whoever needs them holds them, and the last one out stops them.

A holder is a locked file under `.local/holders/`. The kernel drops the lock with the process,
even on a kill -9, so a count can never be wrong. The demo, the tests and
every `manage.py` command share one pair of servers.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from helpdesk.local.places import LOCAL
from helpdesk.local.postgres import Postgres
from helpdesk.local.redis import Redis

HOLDERS = LOCAL / "holders"

_held: IO[str] | None = None


def use() -> None:
    """Puts DATABASE_URL, REDIS_URL and what a developer's machine needs besides into the environment.

    Variables that are set already win. The local servers are held until this process ends.
    """
    needs_postgres = not os.environ.get("DATABASE_URL")
    needs_redis = not os.environ.get("REDIS_URL")
    if needs_postgres or needs_redis:
        hold(postgres=needs_postgres, redis=needs_redis)
    if needs_postgres:
        os.environ["DATABASE_URL"] = Postgres().url()
    if needs_redis:
        os.environ["REDIS_URL"] = Redis().url()
    if needs_postgres:
        os.environ.setdefault("DEBUG", "1")
    if os.environ.get("DEBUG") == "1":
        os.environ.setdefault("SECRET_KEY", _secret_key())


def hold(*, postgres: bool, redis: bool) -> None:
    global _held
    with _alone():
        if _held is None:
            HOLDERS.mkdir(parents=True, exist_ok=True)
            _held = (HOLDERS / f"{os.getpid()}-{secrets.token_hex(4)}").open("w")
            fcntl.flock(_held, fcntl.LOCK_EX)
            atexit.register(release)
        if postgres:
            Postgres().ensure_runs()
        if redis:
            Redis().ensure_runs()


def release() -> None:
    """Lets go; stops the servers when nobody else holds them."""
    global _held
    # A forked child inherits the lock and this hook, but is not the holder.
    if _held is None or not Path(_held.name).name.startswith(f"{os.getpid()}-"):
        return
    with _alone():
        Path(_held.name).unlink(missing_ok=True)
        _held.close()
        _held = None
        if not _others():
            Redis().stop()
            Postgres().stop()


def _others() -> list[Path]:
    """Holders that live; the files of dead ones are swept away."""
    living = []
    for path in HOLDERS.glob("*"):
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink(missing_ok=True)
            except BlockingIOError:
                living.append(path)
    return living


@contextmanager
def _alone() -> Iterator[None]:
    LOCAL.mkdir(parents=True, exist_ok=True)
    with (LOCAL / "servers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _secret_key() -> str:
    kept = LOCAL / "secret-key"
    if not kept.exists():
        LOCAL.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(50))
    return kept.read_text()
