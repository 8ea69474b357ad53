"""Clocks for open tickets that have none, such as imported ones: counted first, begun when somebody says so."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from sla.book import Rules, rules_in_force
from sla.models import Clock, Metric, Recompute
from sla.operations import recomputing
from sla.operations.judging import begin_clocks, facts_for
from tickets.models import Ticket, TicketQuerySet
from tickets.state import State

BATCH = 500


@dataclass
class Forecast:
    """What starting the missing clocks would do, as far as it was counted."""

    tickets: int = 0
    """Open tickets without a clock."""
    unpromised: int = 0
    """Those of them to which no policy promises anything: they stay without."""
    clocks: int = 0
    breaching_tickets: int = 0
    """Tickets with a clock that would be over its target at once."""
    by_priority: Counter[str] = field(default_factory=Counter)
    """Tickets by priority, 1 to 4."""
    breaching_by_priority: Counter[str] = field(default_factory=Counter)
    breaching_by_metric: Counter[str] = field(default_factory=Counter)
    """Clocks that would breach, by metric."""
    last_ticket: int = 0

    def to_json(self) -> dict[str, Any]:
        return dict(self.__dict__)

    @classmethod
    def from_json(cls, json: dict[str, Any]) -> "Forecast":
        counted = ("by_priority", "breaching_by_priority", "breaching_by_metric")
        return cls(**{**json, **{name: Counter(json[name]) for name in counted}})


def without_clocks() -> TicketQuerySet:
    """Open tickets that no policy has promised anything yet; a person may have."""
    clocks = Clock.objects.filter(ticket=OuterRef("pk")).exclude(metric=Metric.PROMISE)
    return Ticket.objects.open().filter(~Exists(clocks))


def forecast(*, at: datetime, progress: Callable[[int], object] = lambda _tickets: None) -> Forecast:
    """Begin the clocks of every open ticket without any, on paper. Writes nothing and locks nothing.

    Args:
        progress: called after each batch with the number of tickets so far.
    """
    found = Forecast()

    def show() -> bool:
        progress(found.tickets)
        return True

    forecast_further(found, rules_in_force(), at=at, goes_on=show)
    return found


def forecast_further(found: Forecast, rules: Rules, *, at: datetime, goes_on: Callable[[], bool]) -> bool:
    """Go on counting from where it stands, until `goes_on` says no after a batch; say whether it came to the end."""
    for batch in _batches(found.last_ticket):
        facts = facts_for([ticket.pk for ticket in batch], rules)
        for ticket in batch:
            cycles, _told = begin_clocks(State.of(ticket), facts[ticket.pk], rules, at, ticket.pk)
            late = [cycle.metric for cycle in cycles if cycle.breached_at is not None]
            found.tickets += 1
            found.clocks += len(cycles)
            found.unpromised += not cycles
            found.breaching_tickets += bool(late)
            found.by_priority[str(ticket.priority)] += 1
            found.breaching_by_priority[str(ticket.priority)] += bool(late)
            found.breaching_by_metric.update(late)
        found.last_ticket = batch[-1].pk
        if not goes_on():
            return False
    return True


def start(*, reason: str, by: User | None, at: datetime) -> Recompute:
    """Have the missing clocks started in the background, by a job that everybody can watch.

    Raises:
        PermissionDenied: it is not an administrator who asks (None is the operator on the command line).
    """
    if by is not None and not by.is_administrator:
        raise PermissionDenied(_("Only an administrator starts the clocks of imported tickets."))
    return recomputing.ask(reason=reason, by=by, at=at, starts_missing=True)


def _batches(last: int) -> Iterator[list[Ticket]]:
    while batch := list(without_clocks().filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        yield batch
