"""Do deadlines fire? What is due, late, fired and failed, for those who answer for the desk."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Desk
from delivery.models import Heartbeat
from delivery.queries import freshness
from helpdesk import spans
from helpdesk.desk.guard import DeskRequest, overseers_page
from sla.models import Clock, Recompute
from sla.queries import timers
from tickets.models import Ticket

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST = 25
ANSWERS_WITHIN = 10
"""Seconds; as /readyz judges."""


@dataclass(frozen=True)
class Part:
    """A process of the machinery, and when it last answered."""

    name: str
    answered_at: datetime | None
    is_well: bool


@require_safe
@overseers_page
def timers_page(request: DeskRequest) -> HttpResponse:
    at = timezone.now()
    late_by = timers.late_by(at)
    failed = timers.failed_deliveries()
    desk = Desk.load()
    context = {
        "at": at,
        "late_text": spans.spell(late_by),
        "is_late": late_by > timedelta(seconds=settings.TIMERS_LAG_LIMIT_SECONDS),
        "limit": settings.TIMERS_LAG_LIMIT_SECONDS,
        "due": timers.due_now(at)[: timers.MOST].count(),
        "late": _visible(timers.due_now(at), request),
        "due_soon": timers.due_soon(at, HOUR),
        "hour": timers.fired_since(at - HOUR),
        "day": timers.fired_since(at - DAY),
        "last": timers.last_fired(),
        "failed": list(failed[:MOST]),
        "failed_count": failed[: timers.MOST].count(),
        "holds": timers.holds_over(at),
        "closings": timers.closings_due(at, desk.days_until_closed),
        "jobs": list(Recompute.objects.order_by("-id")[:5]),
        "parts": _parts(at),
    }
    return render(request, "desk/timers.html", context)


def _visible(rows: QuerySet[Clock], request: DeskRequest) -> list[Clock]:
    """The oldest that nobody has fired, of tickets that this person may open."""
    shown = rows.filter(ticket__in=Ticket.objects.visible_to(request.user))
    return list(shown.select_related("ticket")[:MOST])


def _parts(at: datetime) -> list[Part]:
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    return [
        Part(str(Heartbeat.Name(name).label), beats.get(name), age < ANSWERS_WITHIN)
        for name, age in freshness(at).items()
    ]
