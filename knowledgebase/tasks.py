"""Doorbells of knowledge: one call each; the beat schedule stands in settings."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from knowledgebase.indexing import forget_unused_words
from knowledgebase.operations import counting, forgetting, reminding, searches, tuning


@shared_task(ignore_result=True)
def remind_owners(**_: Any) -> None:
    """Once an hour: an owner hears of each article once when its date comes near, then once a month."""
    while reminding.remind_owners(at=timezone.now()):
        pass


@shared_task(ignore_result=True)
def remind_readers(**_: Any) -> None:
    """Once an hour: who has not read what was announced hears of it a week later, and each week of the first four."""
    reminding.remind_due_readers(at=timezone.now())


@shared_task(ignore_result=True)
def fold_views(**_: Any) -> None:
    """Once an hour: the views of each article that was opened lately, from its days."""
    counting.fold_views(since=(timezone.now() - timedelta(days=2)).date())


@shared_task(ignore_result=True)
def tidy_up_searches(**_: Any) -> None:
    """Once an hour: searches are forgotten after 90 days, and words that no article has any more."""
    searches.prune_searches(at=timezone.now())
    forget_unused_words()


@shared_task(ignore_result=True)
def tidy_up_forms(**_: Any) -> None:
    """Once an hour: successes that were none are taken back, keys of marks and forms are forgotten after two weeks."""
    forgetting.tidy_forms(at=timezone.now())


@shared_task(ignore_result=True)
def count_lexemes(**_: Any) -> None:
    """Asked for once an hour and done once a day: how many tickets have each word."""
    tuning.count_lexemes(at=timezone.now())
