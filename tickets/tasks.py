"""Doorbells for the timers of tickets; the beat schedule stands in settings."""

import time
from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts.models import Desk
from accounts.operations import forget_tokens
from delivery import doorbell
from delivery.operations import are_calls_due
from tickets import operations
from tickets.operations import outgoing, publishing
from tickets.operations.ready import forget_uses
from tickets.operations.submitting import forget_drafts
from tickets.operations.uploading import drop_partial_uploads
from tickets.operations.writing import drop_unsent_uploads

BATCH = 50
TICK_SECONDS = 0.5
"""How long a tick works at most before the deadlines, which its worker fires too, have their turn again."""


@shared_task(ignore_result=True)
def timer_tick(**_: Any) -> None:
    """Send the replies whose time has come, bring back what was on hold, and close what nobody objected to."""
    until = time.monotonic() + TICK_SECONDS
    _repeat(lambda: outgoing.send_due(at=timezone.now(), limit=BATCH), until)
    _repeat(lambda: operations.end_holds(at=timezone.now(), limit=BATCH), until)
    days = Desk.load().days_until_closed
    if days:
        _repeat(lambda: operations.close_stale(at=timezone.now(), days=days, limit=BATCH), until)


@shared_task(ignore_result=True)
def tidy_up(**_: Any) -> None:
    """Keys of forms older than 24 hours, acts on many tickets of last week, files that were uploaded and never sent
    or never to the end, tokens that ended long ago."""
    at = timezone.now()
    operations.forget_submissions(at=at)
    forget_drafts(at=at)
    operations.forget_jobs(at=at)
    forget_tokens(at=at)
    drop_partial_uploads(at=at)
    drop_unsent_uploads(at=at)
    outgoing.forget_outgoing(at=at)
    forget_uses(at=at)


@shared_task(ignore_result=True)
def tell_webhooks(**_: Any) -> None:
    """Write down what webhooks are to be told; most of it a worker has found before, with its first delivery."""
    publishing.publish(timezone.now())
    if are_calls_due(timezone.now()):
        doorbell.publish(doorbell.CALL)


def _repeat(step: Callable[[], int], until: float) -> None:
    """At least once, so that one of the two cannot keep the other from its turn."""
    while step() == BATCH and time.monotonic() < until:
        pass
