"""Clocks for open tickets that have none, such as imported ones: counted first, begun when somebody says so."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef

from accounts.models import User
from sla.book import rules_in_force
from sla.models import Clock, Recompute
from sla.operations import recomputing
from sla.operations.judging import begin_clocks, facts_for
from tickets.models import Ticket, TicketQuerySet
from tickets.state import State

BATCH = 500


@dataclass
class Forecast:
    """What starting the missing clocks would do at this moment. Priorities are 1 to 4, metrics as in `Metric`."""

    tickets: int = 0
    """Open tickets without a clock."""
    unpromised: int = 0
    """Those of them to which no policy promises anything: they stay without."""
    clocks: int = 0
    breaching_tickets: int = 0
    """Tickets with a clock that would be over its target at once."""
    by_priority: dict[int, tuple[int, int]] = field(default_factory=dict)
    """All of the tickets, and those of them that would breach."""
    by_metric: dict[str, int] = field(default_factory=dict)
    """Clocks that would breach."""


def without_clocks() -> TicketQuerySet:
    """Open tickets that never had a clock."""
    return Ticket.objects.open().filter(~Exists(Clock.objects.filter(ticket=OuterRef("pk"))))


def forecast(*, at: datetime, progress: Callable[[int], None] = lambda _tickets: None) -> Forecast:
    """Begin the clocks of every open ticket without any, on paper. Writes nothing and locks nothing.

    Args:
        progress: called after each batch with the number of tickets in it.
    """
    rules, found = rules_in_force(), Forecast()
    tickets, breaching, metrics = Counter[int](), Counter[int](), Counter[str]()
    for batch in _batches(without_clocks()):
        facts = facts_for([ticket.pk for ticket in batch], rules)
        for ticket in batch:
            cycles, _told = begin_clocks(State.of(ticket), facts[ticket.pk], rules, at, ticket.pk)
            late = [cycle.metric for cycle in cycles if cycle.breached_at is not None]
            found.clocks += len(cycles)
            found.unpromised += not cycles
            tickets[ticket.priority] += 1
            breaching[ticket.priority] += bool(late)
            metrics.update(late)
        progress(len(batch))
    found.tickets, found.breaching_tickets = tickets.total(), breaching.total()
    found.by_priority = {key: (tickets[key], breaching[key]) for key in sorted(tickets)}
    found.by_metric = dict(metrics.most_common())
    return found


def start(*, reason: str, by: User | None, at: datetime) -> Recompute:
    """Have the missing clocks started in the background, by a job that everybody can watch.

    Raises:
        PermissionDenied: it is not an administrator who asks (None is the operator on the command line).
    """
    if by is not None and not by.is_administrator:
        raise PermissionDenied("Only an administrator starts the clocks of imported tickets.")
    return recomputing.ask(reason=reason, by=by, at=at, starts_missing=True)


def _batches(tickets: TicketQuerySet) -> Iterator[list[Ticket]]:
    last = 0
    while batch := list(tickets.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        yield batch
