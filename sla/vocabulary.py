"""What lists, views and rules may ask about a ticket's clocks. `due` is a field of tickets: it reads their cache."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sla.models import Clock, Metric
from tickets.vocabulary import Flag, add_fact, register

OVER = Q(breached_at__isnull=False)
ASKED: dict[str, tuple[str | Promise, Q]] = {
    "breached": (_("Breached"), OVER & ~Q(outcome=Clock.Outcome.VOID)),
    "breached_open": (_("Breached and still open"), OVER & ~Q(state=Clock.State.ENDED)),
    "clock_paused": (_("Resolution clock paused"), Q(metric=Metric.RESOLUTION, state=Clock.State.PAUSED)),
}
"""By the name of the field: what people read, and which cycles make it true for their ticket.

`breached` holds for good once a promise was broken; only a cycle that was taken back does not count.
`breached_open` holds while the broken promise is still owed.
"""


def teach() -> None:
    """Add the fields to the vocabulary and what they read to the facts; called once, by the wiring."""
    for name, (label, which) in ASKED.items():
        _add(name, label, which)


def _add(name: str, label: str | Promise, which: Q) -> None:
    add_fact(name, lambda: Exists(_cycles(which)))
    register(
        Flag(
            name=name,
            label=label,
            read=lambda _state, facts: facts.more.get(name, False),
            condition=Q(Exists(_cycles(which))),
        )
    )


def _cycles(which: Q) -> "QuerySet[Clock]":
    return Clock.objects.filter(which, ticket=OuterRef("pk"))
