"""Pages of the outbox and of deliveries, newest first."""

from datetime import UTC, datetime

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from accounts.paging import Order, Page, Row, page_in


def page_of(rows: QuerySet[Row], *, after: str, before: str, size: int = 50) -> Page[Row]:
    """The page older than the key `after`, or newer than the key `before`, else the newest."""
    return page_in(NEWEST_FIRST, rows, after=after, before=before, size=size)


def _write(at: datetime, pk: int) -> str:
    return f"{at.isoformat()}_{pk}"


def _read(key: str) -> tuple[datetime, int] | None:
    text, _, number = key.partition("_")
    try:
        at, pk = parse_datetime(text), int(number)
    except ValueError:
        return None
    usable = at is not None and at.tzinfo is not None and 1 < at.year < 9999 and 0 < pk < 2**63
    return (at.astimezone(UTC), pk) if at is not None and usable else None


NEWEST_FIRST = Order("created_at", descending=True, write=_write, read=_read)
