"""People who go on editing tickets while their clocks come due: a process of its own for `bench.faults_sla`.

`python -m bench.faults_edits SCOPE SECONDS` edits the open tickets that have an own promise of that scope.
"""

from __future__ import annotations

import random
import sys
import time

import django

django.setup()

from django.utils import timezone

from sla.models import Clock, Metric
from tickets import operations
from tickets.models import Ticket


def main(scope: int, seconds: float) -> None:
    clocks = Clock.objects.filter(metric=Metric.PROMISE, scope=scope, ticket__in_queue=True)
    tickets = list(Ticket.objects.filter(pk__in=clocks.values("ticket_id")))
    if not tickets:
        sys.exit("There is no open ticket to edit.")
    until, chance = time.monotonic() + seconds, random.Random(5)
    while time.monotonic() < until:
        at, impact = timezone.now(), chance.randint(1, 3)
        operations.change(chance.choice(tickets), impact=impact, by=None, at=at)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
