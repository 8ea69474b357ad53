"""What the jobs that judge all open tickets anew have done."""

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from sla.models import Clock, ClockEvent, Recompute, Simulation
from tickets.models import Ticket

NEWEST = 50
MOST_LISTED = 200


def newest() -> "QuerySet[Recompute]":
    return Recompute.objects.select_related("by").order_by("-id")[:NEWEST]


def breached_by(job: Recompute, user: User) -> "QuerySet[Clock]":
    """The clocks that the job set over their target, of tickets that this person may see and that are requests.

    They breached at the moment at which it measured them anew.
    """
    measured = ClockEvent.objects.filter(
        ticket=OuterRef("ticket"),
        metric=OuterRef("metric"),
        scope=OuterRef("scope"),
        cycle=OuterRef("cycle"),
        kind=ClockEvent.Kind.RETARGETED,
        at=OuterRef("breached_at"),
        cause__isnull=True,
    )
    return (
        Clock.objects.filter(
            Exists(measured),
            breached_at__gte=job.at,
            breached_at__lte=job.touched_at or job.at,
            ticket__in=Ticket.objects.visible_to(user).countable(),
        )
        .select_related("ticket")
        .order_by("ticket_id", "id")
    )


def newest_simulation(kind: str) -> Simulation | None:
    return Simulation.objects.filter(kind=kind).order_by("-id").first()
