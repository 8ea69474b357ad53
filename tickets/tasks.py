"""Doorbells for the timers of tickets; the beat schedule stands in settings."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts.models import Desk
from tickets import operations
from tickets.operations.writing import drop_unsent_uploads


@shared_task(ignore_result=True)
def timer_tick(**_: Any) -> None:
    """Bring back what was on hold until now, and close what nobody objected to."""
    at = timezone.now()
    operations.end_holds(at=at)
    days = Desk.load().days_until_closed
    if days:
        operations.close_stale(at=at, days=days)


@shared_task(ignore_result=True)
def tidy_up(**_: Any) -> None:
    """Once a day: keys of forms older than 24 hours, files that were uploaded and never sent."""
    at = timezone.now()
    operations.forget_submissions(at=at)
    drop_unsent_uploads(at=at)
