"""`make demo` as a whole: long, for it starts real processes again and again."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from helpdesk.local import processes
from helpdesk.local.places import BASE_DIR
from tests.helpdesk.local.conftest import left_behind

pytestmark = pytest.mark.long


class Demo:
    def __init__(self, environment: dict[str, str], port: int) -> None:
        path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "helpdesk.local.demo"],
            env=environment | {"PORT": str(port), "PATH": path},
            cwd=BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []

    def wait_until_ready(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("ready: "):
                return line.split()[1]
        raise AssertionError("".join(self.said))

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        assert self.process.stdout is not None
        with self.process.stdout as rest:
            self.said += rest.readlines()
        return self.process.wait(30)


def test_the_demo_starts_stops_and_survives_a_kill(local: Path, environment: dict[str, str]) -> None:
    port = processes.free_port(8300)

    first = Demo(environment, port)
    url = first.wait_until_ready()
    assert url == f"http://127.0.0.1:{port}"
    with urllib.request.urlopen(f"{url}/readyz") as answer:
        assert b'"status": "ok"' in answer.read()

    second = Demo(environment, port)
    assert second.wait_until_ready() == f"http://127.0.0.1:{port + 2}"
    assert f"tierdesk: port {port} is taken, using {port + 2} instead\n" in second.said
    assert second.stop(signal.SIGTERM) == 0

    for process in left_behind(local):
        with contextlib.suppress(psutil.NoSuchProcess):  # one dies with the other
            process.kill()
    first.process.communicate(timeout=30)

    third = Demo(environment, port)
    assert third.wait_until_ready() == url
    assert third.stop(signal.SIGINT) == 0
    said = "".join(third.said)
    assert len(re.findall(r"ready: ", said)) == 1
    assert re.findall(r"^  (\w+)@demo\.example", said, flags=re.M) == [
        "requester", "l1", "l2", "l3", "vendor", "lead", "manager", "admin",
    ]  # fmt: skip
