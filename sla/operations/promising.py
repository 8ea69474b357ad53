"""A technician's own promise: the next word on this ticket by a time of their choice."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from sla import events
from sla.cycles import Cycle, Judged, Told
from sla.models import Clock, Metric
from sla.operations.keeping import locked_cycles, next_due, tell, write
from sla.queries.hours import hours_of
from sla.spec import BREACH
from tickets import events as ticket_events
from tickets.models import Ticket
from tickets.operations import guards, set_due
from tickets.refusals import Invalid

FURTHEST = timedelta(days=366)
REMINDED = (75, BREACH)
"""Shares of the time, in percent, at which whoever promised is reminded."""
KEY = (str(Metric.PROMISE), 0)


@transaction.atomic
def promise_update(ticket: Ticket, *, due: datetime, by: User | None, at: datetime) -> Ticket:
    """Promise the requester the next word by `due`, counted around the clock; an open promise is replaced.

    The next public reply keeps it, and it ends with the ticket.

    Raises:
        Invalid: the time lies in the past, or more than a year ahead.
        NotAllowed: it is neither theirs nor their team's.
        NotOpen: nobody waits for a word on it any more.
    """
    guards.require_desk(by)
    ticket = ticket_events.lock(ticket)
    guards.require_track(by, ticket)
    guards.require_open(ticket)
    if due <= at:
        raise Invalid(_("This time has passed. Promise a later one."), field="due")
    if due > at + FURTHEST:
        raise Invalid(_("This is more than a year ahead. Promise an earlier time."), field="due")
    event = ticket_events.record(ticket, events.PROMISED, by=by, at=at, due=due)
    cycles, _stamp = locked_cycles(ticket.pk)
    told = _replace(cycles, ticket, due, at)
    write(told, cause=event.pk)
    tell(told, written=at)
    set_due(ticket, next_due(cycles))
    return ticket


def _replace(cycles: list[Cycle], ticket: Ticket, due: datetime, at: datetime) -> list[Told]:
    """End the open promise and begin the new one, in place."""
    told: list[Told] = []
    own = [cycle for cycle in cycles if cycle.metric == Metric.PROMISE]
    for cycle in own:
        if cycle.is_open:
            told += cycle.pass_thresholds(at, hours_of)
            told.append(cycle.end(Clock.Outcome.CANCELLED, at, hours_of))
    begun = Cycle.start(
        ticket_id=ticket.pk,
        key=KEY,
        number=len(own) + 1,
        judged=Judged(None, None, ticket.priority, due - at, REMINDED),
        at=at,
        hours_of=hours_of,
    )
    cycles.append(begun.cycle)
    return [*told, begun]
