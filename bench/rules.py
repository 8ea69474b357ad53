"""Rules asked of an event, and rules that wait: `python -m bench.rules rules_event` (or rules_tick) on DATABASE_URL.

`rules_event`: 50 rules that the event sets off and whose conditions do not hold: n events, milliseconds each.
`fired_ms` is what it costs when the last of them holds and tags the ticket.

`rules_tick`: 50 rules that wait, over all open tickets: n ticks, five seconds apart by their own clock, milliseconds
each. `first_ms` is the first tick after all of them were written, which looks at everything for each of them.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django

from helpdesk.local import servers

servers.use()
django.setup()

from django.utils import timezone

from escalation.models import Rule, RuleBook, RuleVersion, TimePass
from escalation.operations.ticking import tick
from escalation.rules.book import rules_in_force
from escalation.rules.engine import evaluate
from escalation.rules.spec import SINCE_COLUMNS, Action, RuleSpec, TimeTrigger, to_json
from sla.defaults import BUSINESS_HOURS
from sla.models import Calendar
from tickets import operations
from tickets.models import Event, Ticket

RULES = 50
TICKS = 24
"""Two minutes: each rule has had its whole pass twice."""
SECONDS = 5


def measure_event(events: int) -> dict[str, Any]:
    """Ask 50 rules of as many events, on tickets spread over all that are open."""
    _write(_on_event(count) for count in range(RULES - 1))
    asked = _asked(events)
    computed = time.thread_time()
    quiet = [_timed(partial(evaluate, event, at=timezone.now())) for event in asked]
    computed = (time.thread_time() - computed) * 1000 / len(asked)
    _write([_on_event(RULES, when={"all": []})], keep=True)
    fired = [_timed(partial(evaluate, event, at=timezone.now())) for event in asked[: max(events // 4, 1)]]
    return _result(quiet) | {"cpu_ms": round(computed, 1), "fired_ms": round(statistics.median(fired), 1)}


def measure_tick(_requests: int) -> dict[str, Any]:
    """The timer's work while 50 rules wait, over two minutes of its own clock."""
    hours = Calendar.objects.filter(name=BUSINESS_HOURS).values_list("pk", flat=True).first()
    _write(_waiting(count, hours) for count in range(RULES))
    TimePass.objects.all().delete()
    at = timezone.now()
    first = _timed(lambda: tick(at=at))
    computed = time.thread_time()
    took = [_timed(partial(tick, at=at + timedelta(seconds=SECONDS * n))) for n in range(1, TICKS + 1)]
    computed = (time.thread_time() - computed) * 1000 / TICKS
    return _result(took) | {
        "cpu_ms": round(computed, 1),
        "first_ms": round(first, 1),
        "open": Ticket.objects.filter(in_queue=True).count(),
    }


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def _result(took: list[float]) -> dict[str, Any]:
    ordered = sorted(took)
    return {
        "p50_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[-(-len(ordered) * 95 // 100) - 1], 1),
        "queries": 0,
        "bytes": 0,
        "n": len(took),
        "per_second": round(1000 * len(took) / sum(took), 1),
    }


def _asked(events: int) -> list[Event]:
    """Changes of as many open tickets, made now; what else they would send is of no interest here."""
    keys = list(Ticket.objects.filter(in_queue=True).order_by("pk").values_list("pk", flat=True))
    step = max(len(keys) // events, 1)
    found = []
    for key in keys[::step][:events]:
        ticket = Ticket.objects.get(pk=key)
        operations.change(ticket, urgency=2 if ticket.urgency != 2 else 3, by=None, at=timezone.now())
        found.append(Event.objects.filter(ticket=key, kind="ticket.changed").order_by("-pk")[0])
    return found


def _write(specs: Any, *, keep: bool = False) -> None:
    """Put these rules into force as they stand, in place of all others."""
    if not keep:
        Rule.objects.update(is_enabled=False)
    for spec in list(specs):
        rule = Rule.objects.create(name=f"bench {uuid.uuid4().hex[:12]}", is_enabled=True, position=1_000)
        rule.current = RuleVersion.objects.create(rule=rule, number=1, spec=to_json(spec), at=timezone.now())
        rule.save(update_fields=["current"])
    RuleBook.objects.update(stamp=uuid.uuid4())
    rules_in_force()


def _on_event(number: int, when: Any = None) -> RuleSpec:
    return RuleSpec(
        events=("created", "changed", "requester_replied"),
        when=when
        or {"all": [*_conditions(number), {"field": "tag", "op": "is", "value": [f"bench {number}"]}]},
        actions=(Action("tag", {"name": "bench"}),),
    )


def _waiting(number: int, hours: int | None) -> RuleSpec:
    column = SINCE_COLUMNS[number % len(SINCE_COLUMNS)]
    time_ = TimeTrigger(column, 30 + 45 * number, hours if number % 2 else None)
    never: dict[str, Any] = {"field": "tag", "op": "is", "value": [f"bench {number}"]}
    if number % 5 == 0:  # comes true by time alone: asked of all open tickets once a minute
        never = {"all": [never, {"field": "created", "op": "older_than", "value": ["1d"]}]}
    return RuleSpec(
        time=time_, when={"all": [*_conditions(number), never]}, actions=(Action("tag", {"name": "bench"}),)
    )


def _conditions(number: int) -> Iterator[dict[str, Any]]:
    """Two or three things that rules ask, of the ticket and of what stands around it."""
    asked: list[dict[str, Any]] = [
        {"field": "priority", "op": "is", "value": [str(number % 4 + 1), str((number + 1) % 4 + 1)]},
        {"field": "tier", "op": "is", "value": [str(number % 3 + 1)]},
        {"any": [
            {"field": "bounces", "op": "at_least", "value": ["1"]},
            {"field": "handoffs", "op": "at_most", "value": ["3"]},
        ]},
        {"not": {"field": "status", "op": "is", "value": ["on_hold"]}},
        {"field": "vip", "op": "is", "value": ["false"]},
        {"field": "plan", "op": "is", "value": ["reactive", "proactive", "strategic"]},
    ]  # fmt: skip
    yield asked[number % len(asked)]
    yield asked[(number + 1) % len(asked)]
    if number % 3 == 0:
        yield asked[(number + 3) % len(asked)]


MEASURES = {"rules_event": measure_event, "rules_tick": measure_tick}

if __name__ == "__main__":
    print(json.dumps(MEASURES[sys.argv[1]](int(sys.argv[2]))))
