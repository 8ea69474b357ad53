"""Programs of the Procfile that a fault script starts and kills, on a database of its own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg2
from honcho.environ import parse_procfile

from helpdesk.local.places import BASE_DIR, LOCAL


class Programs:
    """Those that run now, by the name of their line; subclasses are the stages of faults.

    Args:
        prefix: of their keys in Redis; their logs lie in `.local/` under the same word.
        patience: seconds until it is told that what was waited for did not come.
        environment: beside what all have.
    """

    def __init__(self, url: str, *, prefix: str, patience: float, **environment: str) -> None:
        self.url, self.prefix, self.patience = url, prefix, patience
        self.environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            "DATABASE_URL": url,
            "REDIS_PREFIX": f"{prefix}:",
            "DEBUG": "1",
            "LOG_LEVEL": "INFO",
            "WORKER_CONCURRENCY": "1",
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
            **environment,
        }
        self.commands = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
        self.running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, *names: str) -> None:
        """Start these programs of the Procfile, and wait until the workers among them are ready."""
        started = []
        for name in names:
            log = self.log_of(name)
            with log.open("wb") as out:
                command = shlex.split(self.commands[name].replace("%h", f"faults{len(self.running)}"))
                program = subprocess.Popen(
                    command, env=self.environment, cwd=BASE_DIR, stdout=out, stderr=subprocess.STDOUT
                )
            self.running.append((name, program))
            started.append((name, log))
        for name, log in started:
            if name != "beat":
                self.wait_until(lambda log=log: b"ready." in log.read_bytes(), f"{name} was ready")  # type: ignore[misc]

    def kill(self, name: str) -> None:
        """kill -9, with all its children."""
        mine = [program for known, program in self.running if known == name]
        self.running = [pair for pair in self.running if pair[0] != name]
        for program in mine:
            family: list[psutil.Process] = []
            if psutil.pid_exists(program.pid):
                family = psutil.Process(program.pid).children(recursive=True)
            program.send_signal(signal.SIGKILL)
            for child in family:
                if child.is_running():
                    child.kill()
            program.wait()

    def kill_all(self) -> None:
        for name in {name for name, _program in self.running}:
            self.kill(name)

    def comes(self, true: Callable[[], bool], *, within: float) -> bool:
        """Whether it comes true in so many seconds. A program that ends by itself meanwhile ends all."""
        until = time.monotonic() + within
        while not true():
            ended = [name for name, program in self.running if program.poll() is not None]
            if ended:
                sys.exit(f"{ended[0]} ended by itself; {self.log_of(ended[0])} says why.")
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def wait_until(self, true: Callable[[], bool], what: str) -> None:
        """What has to come; else nothing that follows would say anything."""
        if not self.comes(true, within=self.patience):
            sys.exit(f"Waited {self.patience} s in vain until {what}; see {LOCAL}.")

    def connect(self) -> Any:
        database = psycopg2.connect(self.url)
        database.autocommit = True
        return database

    def log_of(self, name: str) -> Path:
        return LOCAL / f"{self.prefix}-{name}.log"
