"""Facts on DATABASE_URL, as rows of `make bench`: `python -m bench.facts rebuild|follow REQUESTS` says what it came to.

`fill` is for `make bench-data` (bench.beside): it makes them where they are missing, or of other definitions.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django

from helpdesk.local import servers

servers.use()
django.setup()

from django.core.management import call_command
from django.utils import timezone

from insights.models import FactState
from insights.operations import keeping
from insights.operations.checking import catch_up
from insights.operations.rebuilding import rebuild
from tickets import operations
from tickets.events import without_deliveries
from tickets.models import Ticket

TICKETS_A_REQUEST = 5
"""Tickets of `follow` for each of the 200 requests that other rows make: 1,000, and twice as many events."""

Result = dict[str, Any]


def fill() -> None:
    """Make the facts where there are none of this desk and these definitions."""
    state = FactState.objects.filter(pk=1).first()
    if state is None or not state.is_whole or state.version != keeping.VERSION:
        call_command("rebuild_facts")


def measure_rebuild(_requests: int) -> Result:
    """All facts made anew, with as many processes as there are cores. p50 and p95: between two thousand tickets."""
    apart, began = list[float](), time.monotonic()
    last = began

    def step(what: str, total: int, done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if what == "tickets" and done:
            apart.append(1_000 * (now - last))
            print(f"\rfacts of {len(apart)} batches", end="", file=sys.stderr, flush=True)
        last = now

    done = rebuild(at=timezone.now(), processes=len(os.sched_getaffinity(0)), progress=step)
    seconds = time.monotonic() - began
    print(file=sys.stderr)
    return _result(apart, n=done.tickets, seconds=seconds)


def measure_follow(requests: int) -> Result:
    """Answers and resolutions of open tickets pile up; how many events a second the follower works off by itself."""
    catch_up(at=timezone.now())
    events = _pile_up(requests * TICKETS_A_REQUEST)
    took, began = list[float](), time.monotonic()
    while True:
        before = time.monotonic()
        step = keeping.follow(at=timezone.now())
        took.append(1_000 * (time.monotonic() - before))
        if not step.has_more:
            break
    return _result(took, n=events, seconds=time.monotonic() - began)


def _pile_up(number: int) -> int:
    chance, at = random.Random(7), timezone.now()
    keys = list(Ticket.objects.open().order_by("pk").values_list("pk", flat=True))
    drawn = chance.sample(keys, min(number, len(keys)))
    with without_deliveries():
        for key in drawn:
            ticket = operations.reply(Ticket.objects.get(pk=key), text="We are on it.", by=None, at=at)
            operations.resolve(ticket, code="no_answer", summary="Nobody has answered.", by=None, at=at)
    return 2 * len(drawn)


def _result(milliseconds: list[float], *, n: int, seconds: float) -> Result:
    ordered = sorted(milliseconds)
    return {
        "p50_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[len(ordered) * 95 // 100], 1),
        "queries": 0,
        "bytes": 0,
        "n": n,
        "seconds": round(seconds, 1),
        "per_second": round(n / seconds, 1),
    }


MEASURED: dict[str, Callable[[int], Result]] = {"rebuild": measure_rebuild, "follow": measure_follow}

if __name__ == "__main__":
    print(json.dumps(MEASURED[sys.argv[1]](int(sys.argv[2]))))
