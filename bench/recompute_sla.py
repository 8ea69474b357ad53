"""Every open clock judged anew after an edit of calendar and policy: `python -m bench.recompute_sla` on DATABASE_URL.

A row of `make bench` (`sla_recompute`): `n` clocks in `seconds`. While the job runs, one edit of an open ticket
follows the other in a second thread; p50 and p95 are how long these took, which says whether the job stands in
anybody's way.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django

from helpdesk.local import servers

servers.use()
django.setup()

from django.db import connection
from django.utils import timezone

from sla.models import Calendar, CalendarVersion, Clock, Policy, PolicyVersion, Recompute
from sla.operations import recomputing
from sla.spec import LONGEST, PolicySpec, Target, from_json, to_json
from tickets import operations
from tickets.models import Ticket

EDITS_APART = 0.05
LATER_MINUTES = 30
TIMES = 100


def measure() -> dict[str, Any]:
    """The job from its asking to its end, in this one process, and the edits beside it."""
    clocks = Clock.objects.exclude(state=Clock.State.ENDED).count()
    times: list[float] = []
    done = threading.Event()
    editing = threading.Thread(target=_edit_until, args=[done, times])
    job = _publish()
    editing.start()
    began = time.monotonic()
    while recomputing.step(job.pk, at=timezone.now()):
        pass
    seconds = time.monotonic() - began
    done.set()
    editing.join()
    job.refresh_from_db()
    milliseconds = sorted(1_000 * each for each in times)
    return {
        "p50_ms": round(statistics.median(milliseconds), 1) if milliseconds else 0,
        "p95_ms": round(milliseconds[len(milliseconds) * 95 // 100], 1) if milliseconds else 0,
        "queries": 0,
        "bytes": 0,
        "n": clocks,
        "seconds": round(seconds, 1),
        "per_second": round(clocks / seconds, 1),
        "moved": job.moved,
        "breached": job.breached,
        "edits": len(milliseconds),
    }


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

    groups = {"targets": spec.targets, "tiers": spec.tiers, "vendors": spec.vendors}
    return replace(
        spec, **{name: {key: row(each) for key, each in group.items()} for name, group in groups.items()}
    )


def _edit_until(done: threading.Event, times: list[float]) -> None:
    """Whole operations, each on another open ticket; only the time inside of them counts."""
    chance = random.Random(7)
    keys = list(Ticket.objects.open().order_by("pk").values_list("pk", flat=True))
    while keys and not done.is_set():
        ticket = Ticket.objects.get(pk=chance.choice(keys))
        began = time.monotonic()
        operations.tag(ticket, names=[f"bench {len(times)}"], by=None, at=timezone.now())
        times.append(time.monotonic() - began)
        done.wait(EDITS_APART)
    connection.close()


if __name__ == "__main__":
    print(json.dumps(measure()))
