"""Pages by key: page 1,000 costs what page 1 costs, and rows that come or go shift nothing."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime

Row = TypeVar("Row", bound=Model)
Value = TypeVar("Value")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """`newer` and `older` are what the pager component calls the page before and the page after."""

    rows: list[Row]
    newer: str | None
    older: str | None


@dataclass(frozen=True)
class Order(Generic[Value]):
    """Rows by a column and then by id. A key is both as text; `read` answers None for what is no key."""

    column: str
    descending: bool
    write: Callable[[Value, int], str]
    read: Callable[[str], tuple[Value, int] | None]

    def rows(self, rows: QuerySet[Row], *, turned: bool = False) -> QuerySet[Row]:
        sign = "-" if self.descending != turned else ""
        return rows.order_by(f"{sign}{self.column}", f"{sign}id")

    def beyond(self, key: tuple[Value, int], *, turned: bool = False) -> Q:
        """Behind the key, or before it. The plain range on the column comes first: an index can use that."""
        (value, pk), side = key, "lt" if self.descending != turned else "gt"
        further = Q(**{f"{self.column}__{side}": value}) | Q(**{f"id__{side}": pk})
        return Q(**{f"{self.column}__{side}e": value}) & further

    def key_of(self, row: Model) -> str:
        return self.write(getattr(row, self.column), row.pk)


def page_in(
    order: Order[Value], rows: QuerySet[Row], *, after: str = "", before: str = "", size: int = 50
) -> Page[Row]:
    """The page after the key `after`, or before the key `before`, else the first. Nonsense is no key."""
    behind, ahead = order.read(after), order.read(before)
    if ahead and not behind:
        found = list(order.rows(rows.filter(order.beyond(ahead, turned=True)), turned=True)[: size + 1])
        shown, has_newer, has_older = found[:size][::-1], len(found) > size, True
    else:
        wanted = rows.filter(order.beyond(behind)) if behind else rows
        found = list(order.rows(wanted)[: size + 1])
        shown, has_newer, has_older = found[:size], behind is not None, len(found) > size
    if not shown:
        return Page([], None, None)
    newer, older = order.key_of(shown[0]), order.key_of(shown[-1])
    return Page(shown, newer if has_newer else None, older if has_older else None)


def page_by_name(rows: QuerySet[Row], *, after: str = "", before: str = "", size: int = 50) -> Page[Row]:
    return page_in(BY_NAME, rows, after=after, before=before, size=size)


def newest_by(column: str) -> "Order[datetime]":
    """By a time, the newest first."""
    return Order(column, descending=True, write=_write_time, read=_read_time)


def _write_time(at: datetime, pk: int) -> str:
    return f"{at.isoformat()}_{pk}"


def _read_time(key: str) -> tuple[datetime, int] | None:
    text, _, number = key.partition("_")
    try:
        at, pk = parse_datetime(text), int(number)
    except ValueError:
        return None
    usable = at is not None and at.tzinfo is not None and 1 < at.year < 9999 and 0 < pk < 2**63
    return (at.astimezone(UTC), pk) if at is not None and usable else None


def _write(name: str, pk: int) -> str:
    return urlsafe_b64encode(json.dumps([name, pk]).encode()).decode().rstrip("=")


def _read(key: str) -> tuple[str, int] | None:
    try:
        name, pk = json.loads(urlsafe_b64decode(key + "=" * (-len(key) % 4)))
        name.encode()  # half of a surrogate pair is no text
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    usable = isinstance(name, str) and "\x00" not in name and isinstance(pk, int) and 0 < pk < 2**63
    return (name, pk) if usable else None


BY_NAME = Order("name", descending=False, write=_write, read=_read)
