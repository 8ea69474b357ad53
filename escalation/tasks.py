"""Doorbells of escalation: ids in, one call; the beat schedule stands in settings."""

import time
from typing import Any

from celery import shared_task
from django.utils import timezone

from escalation.operations import availability, covering, inviting, ticking, vendors

TICK_SECONDS = 0.8
"""How long a tick works at most before the deadlines, which its worker fires too, have their turn again."""


@shared_task(ignore_result=True)
def time_tick(**_: Any) -> None:
    """Each five seconds, on the queue `timers`: end help, put back and hand on what is due while people and teams
    are not here, remind of silent vendors, fire due rules."""
    until = time.monotonic() + TICK_SECONDS
    inviting.end_due(at=timezone.now())
    availability.release_due_of_absent(at=timezone.now())
    covering.hand_on_due(at=timezone.now())
    vendors.remind_due(at=timezone.now())
    ticking.tick(at=timezone.now(), goes_on=lambda: time.monotonic() < until)
