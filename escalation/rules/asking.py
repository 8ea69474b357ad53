"""When rules are asked: by deliveries, one ticket's events in their order; or at once, by who builds a past.

A process keeps the rules for some seconds (`escalation.rules.book`), so that an act costs no query for them. What
it has recorded meanwhile and a rule that is new to it would want is found by a delivery that every change of rules
writes. To ask twice does no harm: a rule fires once an occasion.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from accounts.prepared import Prepared
from delivery.operations import NewDelivery, enqueue, enqueue_many
from escalation.rules.book import wants_any
from escalation.rules.engine import evaluate
from escalation.rules.triggers import triggers_of
from tickets.events import keeping_back
from tickets.models import Event

KIND, MISSED_KIND = "rules", "rules.missed"
MOST_ATTEMPTS = 6
"""Five minutes: longer than that, one event that cannot be asked does not hold up the ticket's next ones."""
_PATIENCE = timedelta(seconds=2)
"""For transactions that are under way while a process learns of the change."""


def asking(event: int, ticket: int) -> NewDelivery:
    """Rules are asked of a ticket's events one after the other, and of one event in one delivery."""
    return NewDelivery(
        kind=KIND,
        payload={"event": event},
        event_id=event,
        ticket_number=ticket,
        dedupe_key=f"{KIND}:{event}",
        order_key=f"{KIND}:{ticket}",
        max_attempts=MOST_ATTEMPTS,
    )


def event_to_ask(key: int) -> Event:
    """The event with its ticket.

    Raises:
        Event.DoesNotExist: it is gone.
    """
    event = _with_ticket.first(key=key)
    if event is None:
        raise Event.DoesNotExist(f"There is no event {key}.")
    return event


_with_ticket = Prepared(lambda key: Event.objects.filter(pk=key).select_related("ticket").order_by(), "key")


def ask_of_missed_later(*, at: datetime) -> None:
    """After a change of rules, in its transaction: look once more when every process knows them."""
    last = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    known_by_all = at + timedelta(seconds=settings.DESK_CACHE_SECONDS) + _PATIENCE
    enqueue(MISSED_KIND, {"after": last}, not_before=known_by_all, at=at)


def catch_up(*, after: int, at: datetime) -> None:
    """Write the deliveries for events behind this one that have none; what was imported is no occasion."""
    rows = Event.objects.filter(pk__gt=after).order_by("pk")
    missed = [
        asking(row.pk, row.ticket_id)
        for row in rows.only("kind", "changes", "data", "ticket_id").iterator(chunk_size=500)
        if not row.data.get("imported") and wants_any(triggers_of(row.kind, row.changes, row.data))
    ]
    enqueue_many(missed, at=at)


@contextmanager
def asked_at_once(at: datetime, *, others_leave: bool = False) -> Iterator[list[NewDelivery]]:
    """Inside, nothing leaves; at the end the rules are asked of what was recorded, at this time, until no rule is.

    For who builds a past (the demo): what rules did then is done then. What else would have left is in the list, once
    it is over.

    Args:
        others_leave: what else would have left is written down at the end; by default it is dropped.
    """
    others: list[NewDelivery] = []
    with keeping_back() as kept:
        yield others
        while kept:
            delivery = kept.pop(0)
            if delivery.kind == KIND:
                evaluate(event_to_ask(delivery.payload["event"]), at=at)
            else:
                others.append(delivery)
    if others_leave:
        enqueue_many(others, at=at)
