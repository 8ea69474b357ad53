"""Who is reminded: owners, of what somebody should look at again, and those who have not read what was announced."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.operations import enqueue
from knowledgebase import events
from knowledgebase.models import Announcement, Article, ArticleStatus
from knowledgebase.permissions import sees_readers
from knowledgebase.queries.announcing import who_has_not_read
from knowledgebase.refusals import NobodyToRemind, RemindedToday
from tickets.refusals import NotAllowed

KIND = "knowledge.look_again"
"""The delivery that tells one owner of all of theirs."""
READERS_KIND = "knowledge.read_it_still"
"""The delivery that tells those who have not read an announcement."""
AHEAD = timedelta(days=7)
AGAIN = timedelta(days=30)
AT_ONCE = 1_000

UNREAD_FOR = timedelta(days=7)
"""How long after an announcement, and after each reminder, those who have not read it are reminded."""
GIVEN_UP = timedelta(days=28)
"""So old an announcement reminds nobody by itself any more: three reminders are enough, the rest is talking."""
ONCE_IN = timedelta(days=1)


@transaction.atomic
def remind_owners(*, at: datetime) -> int:
    """Write a mail down for each owner who has something to look at: once when the date comes near, then once a
    month. Answers to how many.
    """
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


@transaction.atomic
def remind_due_readers(*, at: datetime) -> int:
    """Remind those who have not read what was announced a week ago, then each week until it is four weeks old.
    Answers of how many announcements.
    """
    due = (
        Announcement.objects.select_for_update(skip_locked=True, of=("self",))
        .current()
        .filter(at__lte=at - UNREAD_FOR, at__gt=at - GIVEN_UP, article__status=ArticleStatus.PUBLISHED)
        .filter(Q(reminded_at=None) | Q(reminded_at__lte=at - UNREAD_FOR))
        .select_related("article", "version")
        .order_by("at", "pk")
    )
    waiting = [row for row in due[:AT_ONCE] if who_has_not_read(row)]
    for row in waiting:
        _remind(row, by=None, at=at)
    return len(waiting)


@transaction.atomic
def remind_readers(announcement: Announcement, *, by: User, at: datetime) -> Announcement:
    """Remind them now: a mail, and the notice once more.

    Raises:
        NotAllowed: who does not see who has read it.
        NobodyToRemind: all have read it, or it asks nobody any more.
        RemindedToday: they were less than a day ago.
    """
    rows = Announcement.objects.select_for_update(of=("self",))
    row = rows.select_related("article__section", "version").get(pk=announcement.pk)
    if not sees_readers(by, row):
        raise NotAllowed(_("Only leads, reviewers, the owner and whoever announced it remind its readers."))
    if not who_has_not_read(row):
        raise NobodyToRemind
    if row.reminded_at is not None and at - row.reminded_at < ONCE_IN:
        raise RemindedToday
    return _remind(row, by=by, at=at)


def _remind(row: Announcement, *, by: User | None, at: datetime) -> Announcement:
    row.reminded_at = at
    row.save(update_fields=["reminded_at"])
    number = row.version.number
    events.record(row.article, events.READERS_REMINDED, by=by, at=at, version=number, announcement=row.pk)
    payload = {"announcement": row.pk, "day": at.date().isoformat()}
    enqueue(READERS_KIND, payload, dedupe_key=f"remind:{row.pk}:{at.isoformat()}", at=at)
    return row
