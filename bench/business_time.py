"""`python -m bench.business_time [CALLS]`: how many due times a second, on a 5-day calendar with ten years of holidays.

A row of `make bench`. No database and no server takes part: `add_working_time` is plain Python.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django

from helpdesk.local import servers

servers.use()  # the settings want them; what is measured does not
django.setup()

from sla.business_time import WorkingTime
from sla.expansion import Hours, working_time
from sla.holiday_rows import public_holidays

CALLS, ROUNDS = 200_000, 3
FIRST, LAST = 2021, 2031


def calendar() -> WorkingTime:
    """Monday to Friday with a lunch break, in Berlin, with the public holidays there."""
    day = [(8 * 60, 12 * 60), (13 * 60, 17 * 60 + 30)]
    closed: dict[date, list[tuple[int, int]]] = {
        day: [] for day in public_holidays("DE", "BE", range(FIRST, LAST + 1))
    }
    return working_time(Hours("Europe/Berlin", [day] * 5 + [[], []], closed))


def measure(calls: int = CALLS) -> dict[str, Any]:
    """The best of three rounds; `expansion_ms` is what the first call pays for the years around it."""
    here, chance = calendar(), random.Random(11)
    begin = datetime(FIRST + 1, 1, 1, tzinfo=UTC)
    minutes = (LAST - FIRST - 2) * 365 * 24 * 60
    asked = [
        (
            begin + timedelta(minutes=chance.randrange(minutes)),
            timedelta(minutes=chance.choice((15, 60, 480, 2400))),
        )
        for _call in range(calls)
    ]
    started = time.perf_counter()
    here.working_time_between(begin, begin + timedelta(minutes=minutes))
    expansion = time.perf_counter() - started
    seconds = min(_round(here.add_working_time, asked) for _round_ in range(ROUNDS))
    return {
        "row": "business_time",
        "n": calls,
        "per_second": round(calls / seconds),
        "expansion_ms": round(expansion * 1000, 1),
    }


def _round(add: Callable[[datetime, timedelta], datetime], asked: list[tuple[datetime, timedelta]]) -> float:
    started = time.perf_counter()
    for at, span in asked:
        add(at, span)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
