"""Deadlines as those see them who watch over the desk: due, late, fired, and how late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max, Min, QuerySet, Sum

from accounts.models import User
from delivery.models import Delivery
from sla import events
from sla.models import Clock, Firing
from tickets.events import REACTION_KIND
from tickets.models import FAR, Event, Status, Ticket

MOST = 10_000
"""Counting stops here: a page needs no exact number of what piles up."""


def late_by(at: datetime) -> timedelta:
    """How old the oldest deadline is that nobody has fired; nothing where all are."""
    oldest = Clock.objects.filter(next_at__lt=at).aggregate(oldest=Min("next_at"))["oldest"]
    return at - oldest if oldest is not None else timedelta(0)


def due_now(at: datetime) -> QuerySet[Clock]:
    """Clocks whose next threshold has passed and was not fired yet, oldest first."""
    return Clock.objects.filter(next_at__lt=at).order_by("next_at", "id")


def due_soon(at: datetime, span: timedelta) -> int:
    return Clock.objects.filter(next_at__gte=at, next_at__lt=min(at + span, FAR))[:MOST].count()


@dataclass(frozen=True)
class Fired:
    """What fired since a moment; lags in milliseconds between due and written, None where nothing fired."""

    warned: int
    breached: int
    p50: int | None
    p99: int | None
    worst: int | None

    @property
    def count(self) -> int:
        return self.warned + self.breached


_LAGS = """
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY lag), percentile_disc(0.99) WITHIN GROUP (ORDER BY lag),
           max(lag)
    FROM sla_firing, unnest(lags) AS lag WHERE at > %s
"""


def fired_since(since: datetime) -> Fired:
    counts = Firing.objects.filter(at__gt=since).aggregate(warned=Sum("warned"), breached=Sum("breached"))
    with connection.cursor() as cursor:
        cursor.execute(_LAGS, [since])
        p50, p99, worst = cursor.fetchone()
    return Fired(counts["warned"] or 0, counts["breached"] or 0, p50, p99, worst)


def last_fired() -> datetime | None:
    latest: datetime | None = Firing.objects.aggregate(at=Max("at"))["at"]
    return latest


def failed_deliveries() -> QuerySet[Delivery]:
    """What should have followed a warning or a breach and did not yet: given up, or failed and tried again."""
    troubled = Delivery.objects.exclude(state=Delivery.State.DONE).exclude(last_error="")
    told = Event.objects.filter(kind__in=[events.WARNED, events.BREACHED]).values("pk")
    return troubled.filter(kind__in=[REACTION_KIND, "mail", "sla.mail"], event_id__in=told).order_by("-id")


def holds_over(at: datetime) -> int:
    """Tickets whose time aside has ended and that are not back yet."""
    return Ticket.objects.hold_over(at)[:MOST].count()


def closings_due(at: datetime, days: int) -> int:
    """Resolved tickets to which nobody has objected for so many days; none where they never close by themselves."""
    if not days:
        return 0
    return Ticket.objects.filter(status=Status.RESOLVED, resolved_at__lte=at - timedelta(days=days))[
        :MOST
    ].count()


# --- the digest ---

LINES = 200


@dataclass(frozen=True)
class Told:
    """Clocks in the digest: the first of them, and how many there are in all."""

    rows: list[Any]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


def breached_between(since: datetime, until: datetime, reader: User) -> Told:
    """What was broken after `since` and until `until`, of tickets that the reader may open and that are requests."""
    return _told(Clock.objects.filter(breached_at__gt=since, breached_at__lte=until), "breached_at", reader)


def breaching_between(since: datetime, until: datetime, reader: User) -> Told:
    """What will be broken if nobody does anything."""
    rows = Clock.objects.filter(state=Clock.State.RUNNING, breached_at__isnull=True)
    return _told(rows.filter(due_at__gt=since, due_at__lte=until), "due_at", reader)


def _told(rows: QuerySet[Clock], column: str, reader: User) -> Told:
    seen = rows.filter(ticket__in=Ticket.objects.visible_to(reader).countable())
    shown = seen.select_related("ticket__tier", "ticket__team")
    ordered = shown.order_by("ticket__tier_id", "ticket__team__name", "ticket__team_id", column, "id")
    found = list(ordered[: LINES + 1])
    return Told(found[:LINES], len(found) if len(found) <= LINES else seen.count())
