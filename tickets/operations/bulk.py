"""One act on many tickets: what is refused is reported, the rest is done."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from tickets.models import Ticket
from tickets.refusals import Refused

logger = logging.getLogger(__name__)


@dataclass
class BulkResult:
    done: list[Ticket] = field(default_factory=list)
    refused: list[tuple[Ticket, Refused]] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)
    """What the act answered, for each of those that are done."""


def bulk(act: Callable[..., Any], tickets: Iterable[Ticket], **arguments: Any) -> BulkResult:
    """Carry out an operation on each ticket, each in its own transaction and with its own event."""
    result = BulkResult()
    for ticket in tickets:
        try:
            with transaction.atomic():
                outcome = act(ticket, **arguments)
        except Refused as refused:
            result.refused.append((ticket, refused))
        else:
            result.done.append(ticket)
            result.outcomes.append(outcome)
    return result


def each_alone(keys: Iterable[int], act: Callable[[int], object]) -> int:
    """For timers: act on each ticket; one that fails keeps no other from its turn. Returns how many went well."""
    done = 0
    for key in keys:
        try:
            with transaction.atomic():
                act(key)
        except Exception:  # it is tried again by the next tick, and the log says what is wrong with it
            logger.exception("a timer of ticket %s failed", key)
        else:
            done += 1
    return done
