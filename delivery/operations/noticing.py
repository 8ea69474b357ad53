"""Notices inside the product: written for people by the worker, read by them on their page."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import User
from delivery.models import Notice
from delivery.operations.pruning import delete_in_batches


def notify(people: Iterable[User], *, kind: str, ticket_number: int, event_id: int, at: datetime) -> None:
    """Put a line into each person's list. Telling the same event again changes nothing."""
    Notice.objects.bulk_create(
        [
            Notice(person=person, kind=kind, ticket_number=ticket_number, event_id=event_id, created_at=at)
            for person in people
        ],
        ignore_conflicts=True,
    )


def notify_again(
    people: Iterable[User], *, kind: str, ticket_number: int, event_id: int, at: datetime
) -> None:
    """The same line once more, unread and on top, also for those who have read it."""
    everybody = list(people)
    Notice.objects.filter(person__in=everybody, event_id=event_id).update(read_at=None, created_at=at)
    notify(everybody, kind=kind, ticket_number=ticket_number, event_id=event_id, at=at)


def mark_read(*, by: User, at: datetime, key: int | None = None, event_id: int | None = None) -> int:
    """One's own notices are read: the one with this key, that of this event, or all. Returns how many were not
    read before.
    """
    unread = Notice.objects.filter(person=by, read_at__isnull=True)
    if key is not None:
        unread = unread.filter(pk=key)
    if event_id is not None:
        unread = unread.filter(event_id=event_id)
    return unread.update(read_at=at)


def mark_ticket_read(*, by: User, ticket_number: int, at: datetime) -> int:
    """All that one was told of this ticket is read; returns how many were not read before."""
    unread = Notice.objects.filter(person=by, read_at__isnull=True, ticket_number=ticket_number)
    return unread.update(read_at=at)


def prune_notices(*, at: datetime) -> int:
    """Forget what is old, read or not: the ticket's own history keeps what happened."""
    before = at - timedelta(days=settings.NOTICE_RETENTION_DAYS)
    return delete_in_batches(Notice.objects.filter(created_at__lt=before))
