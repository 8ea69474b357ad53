"""Owners are reminded of what somebody should look at again: once when the date comes near, then once a month."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from delivery.operations import enqueue
from knowledgebase.models import Article, ArticleStatus

KIND = "knowledge.look_again"
"""The delivery that tells one owner of all of theirs."""
AHEAD = timedelta(days=7)
AGAIN = timedelta(days=30)
AT_ONCE = 1_000


@transaction.atomic
def remind_owners(*, at: datetime) -> int:
    """Write a mail down for each owner who has something to look at; answers to how many."""
    today = at.date()
    rows = (
        Article.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(status=ArticleStatus.PUBLISHED, review_by__lte=today + AHEAD, owner__is_active=True)
        .filter(Q(reminded_on=None) | Q(reminded_on__lte=today - AGAIN))
        .order_by("review_by", "pk")
    )
    by_owner: dict[int, list[int]] = {}
    for key, owner in rows.values_list("pk", "owner_id")[:AT_ONCE]:
        by_owner.setdefault(owner or 0, []).append(key)
    for owner, keys in by_owner.items():
        enqueue(KIND, {"owner": owner, "articles": keys, "day": today.isoformat()}, dedupe_key=None, at=at)
        Article.objects.filter(pk__in=keys).update(reminded_on=today)
    return len(by_owner)
