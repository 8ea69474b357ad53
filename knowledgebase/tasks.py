"""Doorbells of knowledge: one call each; the beat schedule stands in settings."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from knowledgebase.operations import counting, reminding


@shared_task(ignore_result=True)
def remind_owners(**_: Any) -> None:
    """Once an hour: an owner hears of each article once when its date comes near, then once a month."""
    while reminding.remind_owners(at=timezone.now()):
        pass


@shared_task(ignore_result=True)
def fold_views(**_: Any) -> None:
    """Once an hour: the views of each article that was opened lately, from its days."""
    counting.fold_views(since=(timezone.now() - timedelta(days=2)).date())
