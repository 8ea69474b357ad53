"""How much people have: their open tickets, and what these weigh.

A P1 weighs four, a P2 two, every other one; what waits for somebody else weighs half. Capacity is counted in open
tickets, weight only says who has least to do. Weights are kept in halves, so that they add up exactly.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Case, Count, IntegerField, Q, Sum, Value, When

from escalation.models import TeamWork
from tickets.models import WAITING_STATUSES, Priority, Ticket

HEAVY = {Priority.P1: 4, Priority.P2: 2}
USUAL_CAPACITY: int = TeamWork._meta.get_field("capacity").default


@dataclass(frozen=True)
class Load:
    """The open tickets of one person, in all teams."""

    open: int = 0
    halves: int = 0

    @property
    def weight(self) -> float:
        return self.halves / 2

    def share(self, capacity: int) -> Fraction:
        """Weight against what they can have; who can have nothing is always the fullest."""
        return Fraction(self.halves, 2 * capacity) if capacity else Fraction(10_000)


NOTHING = Load()


def loads(people: Iterable[int]) -> dict[int, Load]:
    """By person; one query for all."""
    found = dict.fromkeys(people, NOTHING)
    rows = (
        Ticket.objects.open()
        .filter(assignee__in=found)
        .order_by()
        .values_list("assignee_id")
        .annotate(open=Count("pk"), halves=Sum(_HALVES))
    )
    return found | {key: Load(many, halves) for key, many, halves in rows}


def halves_of(ticket: Ticket) -> int:
    """What one ticket weighs; the same as in SQL."""
    whole = HEAVY.get(Priority(ticket.priority), 1)
    return whole if ticket.status in WAITING_STATUSES else 2 * whole


_WAITS = Q(status__in=[str(status) for status in WAITING_STATUSES])
_HALVES = Case(
    *(When(_WAITS, priority=priority, then=Value(weight)) for priority, weight in HEAVY.items()),
    *(When(priority=priority, then=Value(2 * weight)) for priority, weight in HEAVY.items()),
    When(_WAITS, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)
