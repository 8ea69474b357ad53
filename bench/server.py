"""The real programs of the Procfile, web and worker, on one bench database."""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis
from honcho.environ import parse_procfile

from bench.client import HOST, ORIGIN
from helpdesk.local import processes
from helpdesk.local.places import BASE_DIR, LOCAL

LOGS = LOCAL / "bench"
WORKERS = ("worker", "timers", "beat")


@dataclass(frozen=True)
class Server:
    port: int
    web: psutil.Process

    def memory(self) -> list[tuple[float, float]]:
        """RSS and PSS in MB of each web worker. PSS counts what is shared with its share."""
        return [_memory(child.pid) for child in self.web.children()]


@contextmanager
def running(url: str) -> Iterator[Server]:
    """Web and worker on the database at `url`, until the block ends."""
    port = processes.free_port(8700)
    with _programs(url, ("web", "worker"), port) as started:
        _wait(started, lambda: _answers(port) and b"ready." in _log("worker").read_bytes())
        yield Server(port, psutil.Process(started["web"].pid))


@contextmanager
def workers(url: str, **environment: str) -> Iterator[None]:
    """Beat, the timer worker and a delivery worker of one process: two processes that fire deadlines."""
    with _programs(url, WORKERS, 0, environment) as started:
        _wait(
            started, lambda: all(b"ready." in _log(name).read_bytes() for name in WORKERS if name != "beat")
        )
        yield


@contextmanager
def _programs(
    url: str, names: tuple[str, ...], port: int, more: Mapping[str, str] | None = None
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    LOGS.mkdir(parents=True, exist_ok=True)
    prefix = f"bench-{secrets.token_hex(4)}:"
    environment = os.environ | _environment(url, port, prefix) | dict(more or {})
    commands = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
    if "web" in names:
        _collect_static(environment)
    else:
        environment["WORKER_CONCURRENCY"] = "1"
    started = {name: _start(name, commands[name], environment) for name in names}
    try:
        yield started
    finally:
        _stop(list(started.values()))
        _forget(environment["REDIS_URL"], prefix)


def _environment(url: str, port: int, prefix: str) -> dict[str, str]:
    """As an installation behind a proxy sets it, with a secret of its own."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "DATABASE_URL": url,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "0",
        "ALLOWED_HOSTS": HOST,
        "BASE_URL": ORIGIN,
        "BEHIND_PROXY": "1",
        "REDIS_PREFIX": prefix,
        "MEDIA_ROOT": str(LOGS / "media"),
        "EMAIL_URL": "log:",
        "BIND": "127.0.0.1",
        "PORT": str(port),
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
    }


def _collect_static(environment: dict[str, str]) -> None:
    command = ["python", "manage.py", "collectstatic", "--noinput", "--clear", "-v", "0"]
    subprocess.run(command, env=environment, cwd=BASE_DIR, check=True)


def _start(name: str, command: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with _log(name).open("wb") as log:
        return subprocess.Popen(
            shlex.split(command.replace("%h", "bench")),
            env=environment,
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _log(name: str) -> Path:
    return LOGS / f"{name}.log"


def _wait(started: dict[str, subprocess.Popen[bytes]], is_up: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for name, program in started.items():
            if program.poll() is not None:
                raise SystemExit(f"The {name} ended at once; {_log(name)} says why.")
        if is_up():
            return
        time.sleep(0.2)
    raise SystemExit(f"{', '.join(started)} did not come up within a minute; see {LOGS}.")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _stop(programs: list[subprocess.Popen[bytes]]) -> None:
    family = [
        process
        for program in programs
        if psutil.pid_exists(program.pid)
        for process in [psutil.Process(program.pid), *psutil.Process(program.pid).children(recursive=True)]
    ]
    for program in programs:
        program.terminate()
    _, left = psutil.wait_procs(family, timeout=15)
    for process in left:
        process.kill()
    for program in programs:
        program.wait()


def _forget(url: str, prefix: str) -> None:
    """Sessions and counts of this run would otherwise stay in Redis for days."""
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(match=f"{prefix}*", count=1000):
            client.delete(key)


def _memory(pid: int) -> tuple[float, float]:
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return tuple(int(rows[name].split()[0]) / 1024 for name in ("Rss", "Pss"))  # type: ignore[return-value]
