"""Rules: 50 of them asked of one event, and 50 that wait over all open tickets. `bench.rules` says what is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from bench.sla_rows import Room

Result = dict[str, Any]


def _measured(name: str) -> Callable[[Room], Result]:
    def row(room: Room) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "bench.rules", name, str(room.requests)],
            env=os.environ | {"DATABASE_URL": room.url},
            capture_output=True,
            text=True,
            check=True,
        )
        measured: Result = json.loads(done.stdout.splitlines()[-1])
        return measured

    return row


WORK: dict[str, Callable[[Room], Result]] = {name: _measured(name) for name in ("rules_event", "rules_tick")}
