"""Telling webhooks of events: from the history itself, after the commit, by the worker.

No act pays for webhooks: whoever records an event neither asks for subscriptions nor writes a delivery for them. The
worker reads on in the history from where it was last time (`Feed`), up to the oldest transaction that still runs, and
writes a delivery for each webhook that asks for the event and whose owner may be told of it. Place and deliveries are
written in one transaction, so that an event is told once, whatever happens in between.

What is told together is told by id: of two acts on one ticket the later has the higher one.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from django.db import connection, transaction
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.horizon import horizon
from delivery.models import Webhook
from delivery.operations import NewDelivery, enqueue_many, message_to
from delivery.subscribing import Unusable
from tickets.feed import envelope, place_of, told_to
from tickets.models import Event, Feed
from tickets.operations.feeding import current_feed
from tickets.state import State, states
from tickets.vocabulary import (
    EVERYTHING,
    Facts,
    Tree,
    Unreadable,
    describe,
    facts_of,
    holds,
    parse,
    to_json,
    tree_from_params,
)

BATCH = 200
"""Events that are read at a time."""
WINDOW = 5_000
"""Events whose transactions are told together, at most, where much has piled up."""


def publish_due(*, at: datetime, before: int | None = None) -> int:
    """Write the deliveries for the next events that webhooks were not told of yet; how many events were read.

    Args:
        before: the transaction before which all is told; by default those before which all have ended.
    """
    if not Webhook.objects.subscribed().exists():
        return 0
    current_feed(at=at)
    with transaction.atomic():
        feed = Feed.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if feed is None:  # another worker is at it
            return 0
        subscribed = list(Webhook.objects.subscribed().select_related("owner").order_by("pk"))
        if not subscribed or not _open_window(feed, subscribed, before):
            return 0
        events = _next_events(feed)
        enqueue_many(deliveries_for(events, subscribed, at=at), at=at)
        _move_on(feed, events)
    return len(events)


def publish(at: datetime) -> None:
    """All that is there to be told: before each batch of deliveries, and every second."""
    while publish_due(at=at) == BATCH:
        pass


def deliveries_for(
    events: Sequence[Event], subscribed: Iterable[Webhook], *, at: datetime
) -> list[NewDelivery]:
    """One for each webhook and event that belong together, by id of the event.

    As many queries for one event as for many, and a few for each owner.
    """
    wanted = {
        webhook: [event for event in events if _asks_for(webhook, event)]
        for webhook in subscribed
        if webhook.owner is not None and webhook.owner.is_active
    }
    told = _told_by_owner(wanted)
    past = _Past(list(events))
    found: list[tuple[int, int, NewDelivery]] = []
    for webhook, asked in wanted.items():
        owner = webhook.owner
        if owner is None or not asked:
            continue
        try:
            tree = parse(webhook.filter, owner) if webhook.filter else None
        except Unreadable:
            continue  # a field that is gone: its page says so
        found += [
            (event.pk, webhook.pk, _message(webhook, event, owner))
            for event in asked
            if event.pk in told[owner.pk] and (tree is None or past.holds(tree, event, owner, at=at))
        ]
    return [delivery for _event, _webhook, delivery in sorted(found, key=lambda one: one[:2])]


def _asks_for(webhook: Webhook, event: Event) -> bool:
    """What was imported is no news, nor what was written before it subscribed."""
    return (
        webhook.wants(event.kind)
        and (event.xid or 0) >= webhook.listens_from
        and not event.data.get("imported")
    )


def _told_by_owner(wanted: Mapping[Webhook, Sequence[Event]]) -> dict[int, set[int]]:
    """By owner the events that they may know of."""
    owners = {webhook.owner.pk: webhook.owner for webhook in wanted if webhook.owner is not None}
    asked: dict[int, dict[int, Event]] = {key: {} for key in owners}
    for webhook, events in wanted.items():
        if webhook.owner is not None:
            asked[webhook.owner.pk] |= {event.pk: event for event in events}
    return {
        key: {place.id for place in told_to(owners[key], [place_of(event) for event in events.values()])}
        for key, events in asked.items()
    }


def _message(webhook: Webhook, event: Event, owner: User) -> NewDelivery:
    return message_to(
        webhook,
        envelope(event, owner),
        name=f"evt_{event.pk}",
        event_id=event.pk,
        ticket_number=event.ticket_id,
        dedupe_key=f"webhook:{webhook.pk}:{event.pk}",
    )


class _Past:
    """What filters ask of tickets: as they stood after each of these events. Read when first asked."""

    def __init__(self, events: list[Event]) -> None:
        self._tickets = {event.ticket_id for event in events}
        self._last = max((event.pk for event in events), default=0)
        self._states: dict[int, State] | None = None
        self._facts: dict[int, Facts] = {}

    def holds(self, tree: Tree, event: Event, owner: User, *, at: datetime) -> bool:
        if self._states is None:
            self._read()
        state = (self._states or {}).get(event.pk)
        facts = self._facts.get(event.ticket_id)
        return state is not None and facts is not None and holds(tree, state, at=at, facts=facts, user=owner)

    def _read(self) -> None:
        rows = Event.objects.filter(ticket__in=self._tickets, pk__lte=self._last).order_by("ticket_id", "id")
        by_ticket: dict[int, list[Event]] = {}
        for row in rows:
            by_ticket.setdefault(row.ticket_id, []).append(row)
        self._states = {event.pk: state for history in by_ticket.values() for event, state in states(history)}
        self._facts = facts_of(self._tickets)


# --- where the worker stands ---


def _open_window(feed: Feed, subscribed: Sequence[Webhook], before: int | None) -> bool:
    """See to it that there are transactions to tell of: those that are being told, else the next ones."""
    if feed.window_end is not None:
        return True
    end = horizon() if before is None else before
    begin = max(feed.told_until, min(webhook.listens_from for webhook in subscribed))
    if end <= begin:
        return False
    feed.told_until, feed.window_last = begin, 0
    feed.window_end = _window_end(feed, end)
    return True


def _window_end(feed: Feed, end: int) -> int:
    """Not all at once where much has piled up: up to a transaction some thousand events further on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xid::text::bigint AS number FROM tickets_event "
            "WHERE xid >= %s::xid8 AND xid < %s::xid8 AND id > %s ORDER BY xid, id OFFSET %s LIMIT 1",
            [str(feed.told_until), str(end), feed.base, WINDOW],
        )
        row = cursor.fetchone()
    return end if row is None else max(int(row[0]), feed.told_until + 1)


def _next_events(feed: Feed) -> list[Event]:
    """OFFSET 0 keeps PostgreSQL from walking the whole history by id: the window is found by its transactions."""
    return list(
        Event.objects.raw(
            "SELECT * FROM (SELECT * FROM tickets_event WHERE xid >= %s::xid8 AND xid < %s::xid8 AND id > %s OFFSET 0)"
            " AS told ORDER BY id LIMIT %s",
            [str(feed.told_until), str(feed.window_end), max(feed.window_last, feed.base), BATCH],
        )
    )


def _move_on(feed: Feed, events: Sequence[Event]) -> None:
    if len(events) == BATCH:
        feed.window_last = events[-1].pk
    else:
        feed.told_until, feed.window_end, feed.window_last = feed.window_end or feed.told_until, None, 0
    feed.save(update_fields=["told_until", "window_end", "window_last"])


# --- what webhooks can ask for ---


def read_filter(asked: Any, owner: User) -> dict[str, Any]:
    """The filter of a webhook as it is kept, from a tree, its JSON, or the address of a list.

    Raises:
        Unusable: naming what is wrong with it.
    """
    try:
        if isinstance(asked, str) and not asked.lstrip().startswith("{"):
            return _from_address(asked, owner)
        return to_json(parse(json.loads(asked) if isinstance(asked, str) else asked, owner))
    except Unreadable as error:
        raise Unusable(str(error), "filter") from error
    except (ValueError, RecursionError) as error:
        raise Unusable(_("This is no JSON: %(why)s.") % {"why": str(error)[:100]}, "filter") from error


def _from_address(address: str, owner: User) -> dict[str, Any]:
    query = address.strip().rpartition("?")[2]
    tree, errors = tree_from_params(MultiValueDict(parse_qs(query)), owner)
    if errors:
        raise errors[0]
    if tree == EVERYTHING:
        raise Unreadable(_("There is no filter in this address. Leave it empty for every ticket."))
    return to_json(tree)


def describe_filter(tree: Mapping[str, Any], reader: User | None) -> str:
    """In words, one part after the other; where it cannot be read any more, why."""
    try:
        pills = describe(parse(tree, reader))
    except Unreadable as error:
        return str(error)
    return ", ".join(f"{pill.label} {pill.operator} {pill.value}" for pill in pills)
