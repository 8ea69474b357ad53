"""Ten rules tried on the history of 100,000 tickets: `python -m bench.simulate_rules` on DATABASE_URL.

A row of `make bench` (`rules_simulate`): `n` tickets in `seconds`, shared out among as many processes as there are
cores; p50 and p95 are the times between shares of 2,500. The rules ask what stands in the history, what stands
around tickets, and clocks; two wait for time to pass.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django

from helpdesk.local import servers

servers.use()
django.setup()

from django.db.models import Min
from django.utils import timezone

from escalation.rules.exchange import Draft, write
from escalation.rules.outcomes import FIRED, Outcome
from escalation.rules.spec import Action, RuleSpec, TimeTrigger
from escalation.rules.together import Trial, processes_at_hand, try_together
from sla.defaults import BUSINESS_HOURS
from sla.models import Calendar
from tickets.models import Ticket

MOST = 100_000
UP = Action("move", {"tier": 2, "reason": "needs_expertise"})
NOTE = Action("note", {"text": "Look at it."})


def measure() -> dict[str, Any]:
    now = timezone.now()
    first = Ticket.objects.aggregate(first=Min("created_at"))["first"]
    behind = Ticket.objects.order_by("pk").values_list("created_at", flat=True)[MOST : MOST + 1]
    trial = Trial(write(drafts()), first, min([now, *behind]), now)
    shares: list[float] = []
    began = last = time.monotonic()

    def tell(_outcome: Outcome) -> None:
        nonlocal last
        here = time.monotonic()
        shares.append((here - last) * 1000)
        last = here

    outcome = try_together(trial, processes=processes_at_hand(), tell=tell)
    seconds = time.monotonic() - began
    ordered = sorted(shares)
    return {
        "p50_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[-(-len(ordered) * 95 // 100) - 1], 1),
        "queries": 0,
        "bytes": 0,
        "n": outcome.tickets,
        "per_second": round(outcome.tickets / seconds, 1),
        "seconds": round(seconds, 1),
        "fired": sum(counts[FIRED] for counts in outcome.rules.values()),
    }


def drafts() -> list[Draft]:
    """What a desk might write: moves that set one another off, and rules that ask facts and clocks."""
    hours = Calendar.objects.filter(name=BUSINESS_HOURS).values_list("pk", flat=True).first()
    said = {
        "P1 goes up": RuleSpec(("created", "changed:priority"), when=_is("priority", "1"), actions=(UP,)),
        "A VIP is urgent": RuleSpec(("created",), when=_is("vip", "true"), actions=(_set("urgency", 1),)),
        "L2 looks for problems": RuleSpec(
            ("changed:tier_id",), when=_is("tier", "2"), actions=(_set("kind", "problem"),)
        ),
        "Problems wait": RuleSpec(
            ("changed:kind",), when=_is("kind", "problem"), actions=(_set("priority", 3),), stops=True
        ),
        "Problems again": RuleSpec(("changed:kind",), actions=(NOTE,)),
        "Bounced twice": RuleSpec(
            ("returned",),
            when=_is("bounces", "2", op="at_least"),
            actions=(Action("notify", {"who": "lead"}),),
        ),
        "Broken promises are looked at": RuleSpec(
            ("sla_breach", "reopened"), when=_is("breached_open", "true"), actions=(NOTE,)
        ),
        "Solved on the phone": RuleSpec(
            ("changed:status",),
            when={"all": [_of("status", "resolved"), _of("channel", "phone")]},
            actions=(Action("tag", {"name": "phone"}),),
        ),
        "Nobody has it": RuleSpec(
            time=TimeTrigger("unaccepted_since", 120, hours), actions=(Action("notify", {"who": "lead"}),)
        ),
        "New for a day": RuleSpec(
            time=TimeTrigger("status_since", 24 * 60), when=_is("status", "new"), actions=(UP,)
        ),
    }
    return [Draft(name, spec) for name, spec in said.items()]


def _of(field: str, value: str, op: str = "is") -> dict[str, Any]:
    return {"field": field, "op": op, "value": [value]}


def _is(field: str, value: str, op: str = "is") -> dict[str, Any]:
    return {"all": [_of(field, value, op)]}


def _set(field: str, value: Any) -> Action:
    return Action("set", {"field": field, "value": value})


if __name__ == "__main__":
    print(json.dumps(measure()))
