"""Rules: 50 of them asked of one event, 50 that wait over all open tickets, ten tried on the history of 100,000.

`bench.rules` and `bench.simulate_rules` say what is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from bench.sla_rows import Room

Result = dict[str, Any]


def measured_by(*arguments: str) -> Callable[[Room], Result]:
    """What this module of `bench`, told how many requests other rows make, says at its end."""

    def row(room: Room) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", *arguments, str(room.requests)],
            env=os.environ | {"DATABASE_URL": room.url},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        measured: Result = json.loads(done.stdout.splitlines()[-1])
        return measured

    return row


WORK: dict[str, Callable[[Room], Result]] = {
    **{name: measured_by("bench.rules", name) for name in ("rules_event", "rules_tick")},
    "rules_simulate": measured_by("bench.simulate_rules"),
}
