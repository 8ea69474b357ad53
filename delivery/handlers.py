"""Who does a delivery: one handler for each kind, registered by the apps that own the kinds.

A handler must be idempotent. A worker that dies after the effect and before the row says "done" makes
another worker run it again: at least once is what can be promised across two systems.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django_stubs_ext import StrOrPromise

from delivery.models import Delivery

logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], Delivery, datetime], None]

Errand = Callable[[datetime], None]

_handlers: dict[str, Handler] = {}
_lanes: dict[str, Delivery.Lane] = {}
_words: dict[str, StrOrPromise] = {}
_first: list[Errand] = []


class Undeliverable(Exception):
    """Raised by a handler when trying again is pointless: the delivery is given up at once."""


def register(
    kind: str, handler: Handler, *, lane: Delivery.Lane = Delivery.Lane.USUAL, says: StrOrPromise = ""
) -> None:
    """Make `handler` do the deliveries of this kind. Registering the same one again changes nothing.

    Args:
        lane: `CALLS` for what waits for a program outside, and so may be slow: it keeps nothing else waiting.
            `MAIL` for what comes in by the thousand: what is to be told goes before it.
        says: What administrators read for the kind.
    """
    _lanes[kind] = lane
    _words[kind] = says
    known = _handlers.setdefault(kind, handler)
    if known is not handler:
        raise ValueError(f"Deliveries of kind {kind!r} already have a handler: {known!r}.")


def unregister(kind: str) -> None:
    _handlers.pop(kind, None)
    _lanes.pop(kind, None)
    _words.pop(kind, None)


def handler_for(kind: str) -> Handler:
    try:
        return _handlers[kind]
    except KeyError:
        raise LookupError(f"Nothing is registered for deliveries of kind {kind!r}.") from None


def lane_of(kind: str) -> Delivery.Lane:
    return _lanes.get(kind, Delivery.Lane.USUAL)


def words_for(kind: str) -> str:
    """A kind as people read it; its key where nobody does it any more."""
    return str(_words.get(kind) or kind)


def kinds() -> list[str]:
    return sorted(_handlers)


def do_first(errand: Errand) -> None:
    """Make workers run `errand` before each batch of deliveries: what may not wait behind them."""
    if errand not in _first:
        _first.append(errand)


def run_errands(at: datetime) -> None:
    """Run what comes first. What fails there keeps no delivery from being made."""
    for errand in _first:
        try:
            errand(at)
        except Exception:  # the errand's owner has its own sweep and shows its own failures
            logger.exception("%s failed before a batch of deliveries", errand.__qualname__)
