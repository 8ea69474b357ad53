"""Starting a server that outlives its starter, and knowing which process is really ours."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

import psutil

from helpdesk.local.places import Owner

DEMO_MARK = "TIERDESK_DEMO"
"""In the environment of the demo's programs: their runner, so that the next start finds those a kill -9 left behind."""


class LocalServerTrouble(Exception):
    """A local server cannot be found, started or stopped; the message says what to do."""


class Credentials(TypedDict, total=False):
    """What `subprocess` is told so that a process runs as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


def run(
    command: Sequence[str | Path],
    *,
    owner: Owner | None = None,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> str:
    """Runs a short command as `owner`, returns what it said, raises with that when it fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            **_as(owner),
        )
    except OSError as trouble:
        raise LocalServerTrouble(f"{command[0]}: {trouble}") from trouble
    if done.returncode:
        raise LocalServerTrouble(f"{Path(command[0]).name} failed:\n{done.stdout.strip()}")
    return done.stdout


def start_detached(
    command: Sequence[str | Path], *, log: Path, cwd: Path, owner: Owner | None = None
) -> subprocess.Popen[bytes]:
    """Starts a server in a session of its own: neither Ctrl-C nor the starter's end reaches it."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            # A demo that ends takes along what bears its mark; the servers belong to whoever still holds them.
            env={name: value for name, value in os.environ.items() if name != DEMO_MARK},
            start_new_session=True,
            **_as(owner),
        )


def _as(owner: Owner | None) -> Credentials:
    if owner is None or owner.is_me:
        return {}
    return {"user": owner.uid, "group": owner.gid, "extra_groups": []}


def runs_in(folder: Path, name: str) -> list[psutil.Process]:
    """Processes called `name` whose working folder is `folder`, however their parent died."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if name in process.info["name"] and process.cwd() == str(folder):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def end(
    processes: Sequence[psutil.Process], *, with_signal: int = signal.SIGTERM, within: float = 10
) -> None:
    """Asks each to end, waits, and kills what is left."""
    for process in processes:
        try:
            process.send_signal(with_signal)
        except psutil.NoSuchProcess:
            continue
    _, left = psutil.wait_procs(processes, timeout=within)
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=5)


def free_port(start: int = 0, host: str = "127.0.0.1") -> int:
    """The first port from `start` that nobody listens on; with 0 any."""
    for port in range(start, min(start + 100, 65536)) if start else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LocalServerTrouble(f"No port is free from {start} on. Choose another: make demo PORT=9000")


def wait_until(true: Callable[[], bool], *, seconds: float, of: subprocess.Popen[bytes]) -> bool:
    """Polls `true()` until it holds; gives up when the process ends or time is out."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and of.poll() is None:
        if true():
            # It is to outlive us: nobody needs to wait for it, and Popen need not warn that nobody did.
            of.returncode = 0
            return True
        time.sleep(0.03)
    return False
