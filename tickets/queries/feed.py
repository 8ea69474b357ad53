"""The change feed: every event once, in the order in which transactions began to write.

A row may only be told when no transaction that could still write before it is under way. So rows are told up to the
oldest transaction that runs (`delivery.horizon`), ordered by transaction and then by id: whoever has read up to a place
has missed nothing before it, and meets nothing twice. A long transaction holds the feed back as long as it lasts.

Rows from before an epoch (a restore) have numbers of transactions of another life of the database. They come first,
by id: all of them were there when the epoch began.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from tickets.models import Event, Feed
from tickets.refusals import Invalid

LONGEST_CURSOR = 200
LAST_ID = 2**63 - 1
FURTHEST = 10_000
"""Rows that one page passes over at most where it looks for few kinds."""


@dataclass(frozen=True)
class Cursor:
    """Up to where somebody has read. `xid` 0: in what was there when the epoch began."""

    epoch: str
    xid: int = 0
    id: int = 0

    def __str__(self) -> str:
        parts = json.dumps([self.epoch, self.xid, self.id], separators=(",", ":"))
        return base64.urlsafe_b64encode(parts.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Place:
    """One row of the feed, before it is known whether its reader may see it."""

    xid: int
    id: int
    ticket: int
    kind: str
    message: int | None


@dataclass(frozen=True)
class Stretch:
    """Rows in order, where the next ones begin, and whether there are some already."""

    places: list[Place]
    end: Cursor
    has_more: bool


def read_cursor(text: str) -> Cursor:
    """What `str(cursor)` has written.

    Raises:
        Invalid: it is no cursor.
    """
    try:
        if len(text) > LONGEST_CURSOR:
            raise ValueError(text)
        padded = text + "=" * (-len(text) % 4)
        epoch, xid, key = json.loads(base64.b64decode(padded.encode("ascii"), b"-_", validate=True))
        if not isinstance(epoch, str) or type(xid) is not int or type(key) is not int:
            raise ValueError(text)
        if not 0 <= xid <= LAST_ID or not 0 <= key <= LAST_ID:
            raise ValueError(text)
    except (ValueError, TypeError, RecursionError):
        raise Invalid(
            _(
                "This is no cursor. Give `next` of the last page as it came, or none to begin with the oldest."
            ),
            field="after",
        ) from None
    return Cursor(epoch, xid, key)


def end_of(feed: Feed, before: int) -> Cursor:
    """Behind all that may be told now: who begins here gets what happens from now on."""
    return Cursor(feed.epoch, max(before - 1, 1), LAST_ID)


def stretch(
    feed: Feed,
    cursor: Cursor,
    *,
    before: int,
    size: int,
    kinds: Sequence[str] | None = None,
    ticket: int | None = None,
) -> Stretch:
    """The next rows behind a cursor of this epoch, `size` at most.

    Args:
        before: the transaction before which all have ended.
        kinds: only these.
        ticket: only of this one.
    """
    found: list[Place] = []
    if cursor.xid == 0 and cursor.id < feed.base:
        old = _old_rows(feed, cursor, size=size, kinds=kinds, ticket=ticket)
        if old.has_more:
            return old
        found, cursor = old.places, old.end
    new = _new_rows(feed, cursor, before=before, size=size - len(found), kinds=kinds, ticket=ticket)
    return replace(new, places=[*found, *new.places])


def events_at(places: Sequence[Place]) -> list[Event]:
    """The whole rows, in the same order."""
    rows = Event.objects.in_bulk([place.id for place in places])
    return [rows[place.id] for place in places if place.id in rows]


_COLUMNS = "xid::text::bigint AS number, id, ticket_id, kind, message_id"
"""Under another name: ORDER BY xid would else mean the number, which no index has."""


def _old_rows(
    feed: Feed, cursor: Cursor, *, size: int, kinds: Sequence[str] | None, ticket: int | None
) -> Stretch:
    last = feed.base if kinds is None else min(feed.base, cursor.id + FURTHEST)
    where, values = _only(kinds, ticket)
    rows = _ask(
        f"SELECT {_COLUMNS} FROM tickets_event WHERE id > %s AND id <= %s {where} ORDER BY id LIMIT %s",
        [cursor.id, last, *values, size],
    )
    if len(rows) == size:
        return Stretch(rows, Cursor(feed.epoch, 0, rows[-1].id), has_more=True)
    return Stretch(rows, Cursor(feed.epoch, 0, last), has_more=last < feed.base)


def _new_rows(
    feed: Feed, cursor: Cursor, *, before: int, size: int, kinds: Sequence[str] | None, ticket: int | None
) -> Stretch:
    last = None if kinds is None or ticket is not None else _far_behind(cursor, before)
    where, values = _only(kinds, ticket)
    if last is not None:
        where, values = f"AND (xid, id) <= (%s::xid8, %s) {where}", [str(last.xid), last.id, *values]
    # What is of one ticket is read as such: in the order of the feed one would pass over all the others.
    source = "tickets_event"
    if ticket is not None:
        source = "(SELECT * FROM tickets_event WHERE ticket_id = %s ORDER BY id OFFSET 0) AS mine"
    rows = _ask(
        f"""SELECT {_COLUMNS} FROM {source}
            WHERE (xid, id) > (%s::xid8, %s) AND xid < %s::xid8 AND id > %s {where}
            ORDER BY xid, id LIMIT %s""",
        [
            *([ticket] if ticket is not None else []),
            str(cursor.xid),
            cursor.id,
            str(before),
            feed.base,
            *values,
            size,
        ],
    )
    if len(rows) == size and rows:
        return Stretch(rows, Cursor(feed.epoch, rows[-1].xid, rows[-1].id), has_more=True)
    if last is not None:
        return Stretch(rows, Cursor(feed.epoch, last.xid, last.id), has_more=True)
    end = end_of(feed, before)
    is_behind = (end.xid, end.id) <= (cursor.xid, cursor.id)
    return Stretch(rows, cursor if is_behind or size == 0 else end, has_more=size == 0)


def _far_behind(cursor: Cursor, before: int) -> Place | None:
    """The row so far behind the cursor that a page ends there, whether it has found anything or not."""
    rows = _ask(
        f"""SELECT {_COLUMNS} FROM tickets_event WHERE (xid, id) > (%s::xid8, %s) AND xid < %s::xid8
            ORDER BY xid, id OFFSET %s LIMIT 1""",
        [str(cursor.xid), cursor.id, str(before), FURTHEST - 1],
    )
    return rows[0] if rows else None


def _only(kinds: Sequence[str] | None, ticket: int | None) -> tuple[str, list[Any]]:
    where = ""
    values: list[Any] = []
    if kinds is not None:
        where, values = "AND kind = ANY(%s)", [list(kinds)]
    if ticket is not None:
        where, values = f"{where} AND ticket_id = %s", [*values, ticket]
    return where, values


def _ask(text: str, values: list[Any]) -> list[Place]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return [Place(*row) for row in cursor.fetchall()]
