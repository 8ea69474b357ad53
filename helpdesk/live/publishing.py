"""Telling the live processes after the commit: which ticket, in which version, and who hears of it.

Lossy on purpose. Redis that is down or slow holds nobody up longer than the doorbell of the workers does: the two share
one breaker, for it is one Redis.
"""

import json
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from redis.exceptions import RedisError

from delivery.doorbell import breaker
from helpdesk.live import lines
from tickets import events
from tickets.models import Audience, Event, Ticket

log = structlog.get_logger(__name__)

UNTOLD = frozenset(
    {events.WORKED, events.WATCHED, events.UNWATCHED, events.TAGGED, events.UNTAGGED, events.SKIPPED}
)
"""Kinds of events that neither requesters nor vendors are shown."""
MOST_AT_ONCE = 200
"""Tickets in one message."""


class _Missed:
    """Whether this process had something to tell while Redis was away."""

    anything = False


missed = _Missed()


class Tickets:
    """Hears of the events of tickets: `tickets.events.Listener`."""

    def recorded(self, ticket: Ticket, event: Event) -> None:
        tell_change(ticket, event)

    def told(self, tickets: list[int]) -> None:
        tell_quiet(tickets)


TICKETS = Tickets()


def tell_change(ticket: Ticket, event: Event) -> None:
    """Of one event that was just recorded; told once it is committed."""
    changes = event.changes
    news = [ticket.pk, ticket.version, scopes_of(ticket, event)]
    message: dict[str, Any] = {"news": [news]}
    if changes.keys() - {"words"}:
        message["counts"] = True
    _after_commit(message)


def tell_quiet(tickets: Iterable[int]) -> None:
    """Of what a clock tells about tickets that it does not change."""
    keys = sorted(set(tickets))
    for begin in range(0, len(keys), MOST_AT_ONCE):
        news = [[key, 0, [f"ticket:{key}"]] for key in keys[begin : begin + MOST_AT_ONCE]]
        _after_commit({"news": news, "counts": True})


def tell_people(people: Iterable[int]) -> None:
    """That the notices of these people have changed."""
    _after_commit({"people": sorted(set(people))})


def scopes_of(ticket: Ticket, event: Event) -> list[str]:
    """Who hears of it: pages of this ticket, and lists where it is, was, or comes to be.

    A restricted ticket is told of only where somebody has shown that they may open it, and to who works it.
    """
    key = ticket.pk
    scopes = {f"ticket:{key}"}
    for column in ("assignee_id", "contact_id"):
        scopes |= {f"person:{person}" for person in _both(ticket, event, column)}
    audience = event.message.audience if event.message else Audience.PUBLIC
    if event.kind not in UNTOLD and audience == Audience.PUBLIC:
        scopes |= {f"request:{key}", f"guest:{key}"}
    if audience == Audience.VENDOR:
        scopes.add(f"guest:{key}")
    if not ticket.is_restricted:
        scopes.add("all")
        scopes |= {f"team:{team}" for team in _both(ticket, event, "team_id")}
        scopes |= {f"tier:{tier}" for tier in _both(ticket, event, "tier_id")}
    return sorted(scopes)


def _both(ticket: Ticket, event: Event, column: str) -> set[int]:
    """Where it is and where it was."""
    before, _after = event.changes.get(column, (None, None))
    return {key for key in (before, getattr(ticket, column)) if key is not None}


def _after_commit(message: dict[str, Any]) -> None:
    transaction.on_commit(partial(publish, message), robust=True)


def publish(message: dict[str, Any]) -> bool:
    """Tell it now; say whether Redis took it. Never raises, never waits long."""
    if breaker.is_open():
        missed.anything = True
        return False
    if missed.anything:
        # Nobody knows what of: whoever has a page open asks for all of it.
        message = message | {"again": True}
    try:
        lines.client().publish(lines.channel(), json.dumps(message | {"at": round(time.time(), 3)}))
    except RedisError as trouble:
        breaker.trip()
        missed.anything = True
        log.warning("live pages are not told", trouble=str(trouble))
        return False
    missed.anything = False
    return True
