"""Who does a delivery: one handler for each kind, registered by the apps that own the kinds.

A handler must be idempotent. A worker that dies after the effect and before the row says "done" makes
another worker run it again: at least once is what can be promised across two systems.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from delivery.models import Delivery

Handler = Callable[[dict[str, Any], Delivery, datetime], None]

_handlers: dict[str, Handler] = {}


class Undeliverable(Exception):
    """Raised by a handler when trying again is pointless: the delivery is given up at once."""


def register(kind: str, handler: Handler) -> None:
    """Make `handler` do the deliveries of this kind. Registering the same one again changes nothing."""
    known = _handlers.setdefault(kind, handler)
    if known is not handler:
        raise ValueError(f"Deliveries of kind {kind!r} already have a handler: {known!r}.")


def unregister(kind: str) -> None:
    _handlers.pop(kind, None)


def handler_for(kind: str) -> Handler:
    try:
        return _handlers[kind]
    except KeyError:
        raise LookupError(f"Nothing is registered for deliveries of kind {kind!r}.") from None


def kinds() -> list[str]:
    return sorted(_handlers)
