"""What of the history somebody is told, and in which words programs read it.

The change feed and webhooks tell the same: of each event that its reader may know about, an envelope of ids, codes,
numbers and times. Words of people are not in it; who may read them gets them by the links.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.horizon import horizon
from delivery.subscribing import ALL
from tickets.models import Event, Message, Ticket
from tickets.operations.feeding import current_feed
from tickets.permissions import is_desk, readable_messages, reads_as_vendor
from tickets.queries.feed import Cursor, Place, end_of, events_at, read_cursor, stretch
from tickets.refusals import Invalid, Refused
from tickets.sentences import desk, portal, vendor

NOW = "now"
"""As a cursor: behind all that has happened."""
MOST = 500
USUAL = 100
LOOKED_AT = 1_000
"""Rows that are read for one page where its reader does not see every ticket."""

OPEN_TO_ALL = frozenset(
    {
        "kind",
        "status",
        "channel",
        "category_id",
        "requester_id",
        "organisation_id",
        "merged_into_id",
        "rating",
        "reopen_count",
        "created_at",
        "resolved_at",
        "closed_at",
        "status_since",
        "words",
    }
)
"""Columns whose changes are told to those who do not work for the desk."""


class CursorGone(Refused):
    """The database was restored since: nobody can say what the holder of the cursor has seen."""

    code = "cursor_gone"
    http_status = 410


@dataclass(frozen=True)
class Page:
    """A page of the feed. `next` is where to go on, also where nothing was found."""

    events: list[dict[str, Any]]
    next: str
    has_more: bool


def known_kinds() -> list[str]:
    """Every kind of event: each has a sentence for the desk."""
    return sorted(desk.SENTENCES)


def page(
    reader: User,
    *,
    after: str = "",
    limit: int = USUAL,
    kinds: Iterable[str] = (),
    ticket: int | None = None,
    at: datetime,
    before: int | None = None,
) -> Page:
    """The events behind a cursor that the reader may be told of, `limit` at most.

    Args:
        after: `next` of the page before; none begins with the oldest event, "now" behind the last one.
        kinds: only these, or groups of them (`ticket.*`).
        ticket: only of the ticket with this key.
        before: the transaction before which all is told; by default those before which all have ended.

    Raises:
        Invalid: the cursor is none, or there is no such kind.
        CursorGone: the cursor is from before a restore.
    """
    wanted = _kinds(kinds)
    feed = current_feed(at=at)
    if before is None:
        before = horizon()
    if after == NOW:
        return Page([], str(end_of(feed, before)), has_more=False)
    cursor = read_cursor(after) if after else Cursor(feed.epoch)
    if cursor.epoch != feed.epoch:
        raise CursorGone(
            _(
                "The database was restored since this cursor was given, and what it stood for is not certain any more. "
                "Read the tickets anew, then go on from “after=now”."
            ),
            field="after",
        )
    limit = max(1, min(limit, MOST))
    sees_all = reader.is_administrator or reader.is_manager
    found = stretch(
        feed,
        cursor,
        before=before,
        size=limit + 1 if sees_all else LOOKED_AT,
        kinds=wanted,
        ticket=ticket,
    )
    told = told_to(reader, found.places)
    end, has_more = found.end, found.has_more
    if len(told) > limit:
        told, has_more = told[:limit], True
        end = _behind(feed.epoch, told[-1], feed.base)
    events = {event.pk: event for event in events_at(told)}
    rows = [envelope(events[place.id], reader) for place in told if place.id in events]
    return Page(rows, str(end), has_more)


def _behind(epoch: str, place: Place, base: int) -> Cursor:
    return Cursor(epoch, 0 if place.id <= base else place.xid, place.id)


def _kinds(asked: Iterable[str]) -> list[str] | None:
    """The kinds that are asked for by name or group; None for all."""
    names = [name for name in asked if name]
    if not names or ALL in names:
        return None
    known, wanted = known_kinds(), set()
    for name in names:
        matching = [
            kind for kind in known if kind == name or (name.endswith(".*") and kind.startswith(name[:-1]))
        ]
        if not matching:
            raise Invalid(
                _("There are no events “%(name)s”. Give a group such as “ticket.*”, or some of: %(known)s.")
                % {"name": name[:60], "known": ", ".join(known)},
                field="types",
            )
        wanted.update(matching)
    return sorted(wanted)


def told_to(reader: User, places: Sequence[Place]) -> list[Place]:
    """Of these events those that the reader may know of: of tickets that they may open, and no message that they may
    not read. Whoever does not work for the desk is told of what their own pages tell them. Three queries at most.
    """
    tickets = {
        ticket.pk: ticket
        for ticket in Ticket.objects.visible_to(reader).filter(pk__in={place.ticket for place in places})
    }
    here = [
        place
        for place in places
        if place.ticket in tickets and _is_told(reader, place.kind, tickets[place.ticket])
    ]
    readable = _readable(reader, [place for place in here if place.message is not None], tickets)
    return [place for place in here if place.message is None or place.message in readable]


def _is_told(reader: User, kind: str, ticket: Ticket) -> bool:
    if is_desk(reader):
        return True
    return kind in (vendor.SENTENCES if reads_as_vendor(reader, ticket) else portal.SENTENCES)


def _readable(reader: User, places: Sequence[Place], tickets: dict[int, Ticket]) -> set[int]:
    """The messages that may be read. What decides it is the same for all tickets that are read in the same way."""
    ways: dict[bool, list[Place]] = {}
    for place in places:
        is_vendor = not is_desk(reader) and reads_as_vendor(reader, tickets[place.ticket])
        ways.setdefault(is_vendor, []).append(place)
    found: set[int] = set()
    for same in ways.values():
        rows = Message.objects.filter(
            readable_messages(reader, tickets[same[0].ticket]), pk__in=[place.message for place in same]
        )
        found |= set(rows.values_list("pk", flat=True))
    return found


def place_of(event: Event) -> Place:
    return Place(event.xid or 0, event.pk, event.ticket_id, event.kind, event.message_id)


def envelope(event: Event, reader: User) -> dict[str, Any]:
    """An event as programs read it; docs/webhooks.md describes each part."""
    base = settings.BASE_URL.rstrip("/")
    number = Ticket(pk=event.ticket_id).number
    works_here = is_desk(reader)
    changes = {name: pair for name, pair in event.changes.items() if works_here or name in OPEN_TO_ALL}
    reworded = sorted(_reworded(changes.pop("words", None)))
    ticket = f"{base}/api/v1/tickets/{number}/"
    return {
        "id": f"evt_{event.pk}",
        "type": event.kind,
        "at": _moment(event.at),
        "ticket": {"number": number, "url": ticket},
        "by": event.by_id,
        "message": event.message_id,
        "changes": {name: {"before": before, "after": after} for name, (before, after) in changes.items()},
        "reworded": reworded,
        "data": event.data if works_here else {},
        "links": {
            "ticket": ticket,
            "page": f"{base}/desk/tickets/{number}/" if works_here else f"{base}/requests/{number}/",
        },
    }


def _reworded(pair: Sequence[Any] | None) -> set[str]:
    """The texts of the ticket that were written anew: by name, for their words are not in the history."""
    if pair is None:
        return set()
    before, after = pair
    return {name for name, key in (after or {}).items() if (before or {}).get(name) != key}


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
