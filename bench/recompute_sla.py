"""Every open clock judged anew after an edit of calendar and policy: `python -m bench.recompute_sla` on DATABASE_URL.

A row of `make bench` (`sla_recompute`): `n` clocks in `seconds`. While the job runs, a second process edits one
open ticket after the other; p50 and p95 are how long these took, which says whether the job stands in
anybody's way.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django

from helpdesk.local import servers

servers.use()
django.setup()

from django.utils import timezone

from sla.models import Calendar, CalendarVersion, Clock, Policy, PolicyVersion, Recompute
from sla.operations import recomputing
from sla.spec import LONGEST, PolicySpec, Target, from_json, to_json
from tickets import operations
from tickets.models import Ticket

EDITS_APART = 0.2
EDIT, READY = "edit", "ready"
LATER_MINUTES = 30
TIMES = 100


def measure() -> dict[str, Any]:
    """The job from its asking to its end, and the edits of a second process beside it."""
    clocks = Clock.objects.exclude(state=Clock.State.ENDED).count()
    with _edits() as milliseconds:
        job = _publish()
        began = time.monotonic()
        while recomputing.step(job.pk, at=timezone.now()):
            pass
        seconds = time.monotonic() - began
    job.refresh_from_db()
    return {
        "p50_ms": round(statistics.median(milliseconds), 1),
        "p95_ms": round(milliseconds[len(milliseconds) * 95 // 100], 1),
        "queries": 0,
        "bytes": 0,
        "n": clocks,
        "seconds": round(seconds, 1),
        "per_second": round(clocks / seconds, 1),
        "moved": job.moved,
        "breached": job.breached,
        "edits": len(milliseconds),
    }


@contextmanager
def _edits() -> Iterator[list[float]]:
    """While inside, another process edits tickets; afterwards the list holds how long each edit took, sorted."""
    milliseconds: list[float] = []
    editor = subprocess.Popen(
        [sys.executable, "-m", "bench.recompute_sla", EDIT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if editor.stdout is None or editor.stdout.readline().strip() != READY:
        raise SystemExit("The process that edits tickets did not start; its reason stands above.")
    yield milliseconds
    said, _ = editor.communicate("done\n")
    milliseconds += sorted(json.loads(said))


def _publish() -> Recompute:
    """The desk closes half an hour later and takes longer for all: the due time of every running clock moves."""
    calendar = Calendar.objects.select_related("current").get(name="Business hours")
    policy = Policy.objects.select_related("current").get(is_default=True)
    hours, promised = calendar.current, policy.current
    if hours is None or promised is None:
        raise SystemExit("The bench data has no business hours or no default policy.")
    weekly = [
        [[start, end + LATER_MINUTES * (place == len(day) - 1)] for place, (start, end) in enumerate(day)]
        for day in hours.weekly
    ]
    at = timezone.now()
    calendar.current = CalendarVersion.objects.create(
        calendar=calendar,
        number=CalendarVersion.objects.filter(calendar=calendar).count() + 1,
        zone=hours.zone,
        weekly=weekly,
        days_from=hours.days_from,
        days_until=hours.days_until,
        at=at,
    )
    calendar.save(update_fields=["current"])
    policy.current = PolicyVersion.objects.create(
        policy=policy, number=promised.number + 1, spec=to_json(_longer(from_json(promised.spec))), at=at
    )
    policy.save(update_fields=["current"])
    return recomputing.ask(reason="Bench", by=None, at=at)


def _longer(spec: PolicySpec) -> PolicySpec:
    def row(targets: Mapping[str, Target]) -> dict[str, Target]:
        return {
            metric: replace(target, minutes=min(target.minutes * TIMES, LONGEST))
            for metric, target in targets.items()
        }

    return replace(
        spec,
        targets={key: row(each) for key, each in spec.targets.items()},
        tiers={key: row(each) for key, each in spec.tiers.items()},
        vendors={key: row(each) for key, each in spec.vendors.items()},
    )


def edit() -> None:
    """Whole operations, each on another open ticket, until something stands on stdin; only the time inside counts."""
    done, times, chance = threading.Event(), list[float](), random.Random(7)
    keys = list(Ticket.objects.open().order_by("pk").values_list("pk", flat=True))
    threading.Thread(target=_wait_for_word, args=[done], daemon=True).start()
    print(READY, flush=True)
    while not done.is_set() or not times:
        ticket = Ticket.objects.get(pk=chance.choice(keys))
        began = time.monotonic()
        operations.tag(ticket, names=[f"bench {len(times)}"], by=None, at=timezone.now())
        times.append(round(1_000 * (time.monotonic() - began), 1))
        done.wait(EDITS_APART)
    print(json.dumps(times))


def _wait_for_word(done: threading.Event) -> None:
    sys.stdin.readline()
    done.set()


if __name__ == "__main__":
    if sys.argv[1:] == [EDIT]:
        edit()
    else:
        print(json.dumps(measure()))
