"""Pages of the outbox and of deliveries, newest first."""

from django.db.models import QuerySet

from accounts.paging import Page, Row, newest_by, page_in

NEWEST_FIRST = newest_by("created_at")


def page_of(rows: QuerySet[Row], *, after: str, before: str, size: int = 50) -> Page[Row]:
    """The page older than the key `after`, or newer than the key `before`, else the newest."""
    return page_in(NEWEST_FIRST, rows, after=after, before=before, size=size)
