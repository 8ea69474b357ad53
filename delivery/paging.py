"""Pages by key, newest first: page 1,000 costs what page 1 costs, and rows that arrive shift nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    newer: str | None
    older: str | None


def page_of(rows: QuerySet[Row], *, after: str, before: str, size: int = 50) -> Page[Row]:
    """The page older than the key `after`, or newer than the key `before`, else the newest.

    A key that makes no sense is as good as none.
    """
    older_than, newer_than = _read(after), _read(before)
    if newer_than and not older_than:
        found = list(rows.filter(_beyond("gt", newer_than)).order_by("created_at", "id")[: size + 1])
        shown, more_newer, more_older = found[:size][::-1], len(found) > size, True
    else:
        wanted = rows.filter(_beyond("lt", older_than)) if older_than else rows
        found = list(wanted.order_by("-created_at", "-id")[: size + 1])
        shown, more_newer, more_older = found[:size], older_than is not None, len(found) > size
    if not shown:
        return Page([], None, None)
    return Page(shown, _key(shown[0]) if more_newer else None, _key(shown[-1]) if more_older else None)


def _beyond(side: str, key: tuple[datetime, int]) -> Q:
    """(created_at, id) < key. The plain range on created_at comes first: that is what the index can use."""
    at, pk = key
    return Q(**{f"created_at__{side}e": at}) & (Q(**{f"created_at__{side}": at}) | Q(**{f"id__{side}": pk}))


def _key(row: Model) -> str:
    return f"{row.created_at.isoformat()}_{row.pk}"  # type: ignore[attr-defined]


def _read(key: str) -> tuple[datetime, int] | None:
    text, _, number = key.partition("_")
    try:
        at, pk = parse_datetime(text), int(number)
    except ValueError:
        return None
    usable = at is not None and at.tzinfo is not None and 1 < at.year < 9999 and 0 < pk < 2**63
    return (at.astimezone(UTC), pk) if at is not None and usable else None
