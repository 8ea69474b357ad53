"""What will not fit today: all teams at once, and the page of one with its tickets and its people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import User
from insights.fitting import Source, Worked
from insights.queries.capacity import MOST_JOBS, Day, days, teams_that_close
from insights.views.guard import InsightsRequest, desk_insights_page
from tickets.models import Ticket
from tickets.queries.beside import with_names

SOURCES: dict[Source, str | Promise] = {
    Source.MINUTES: gettext_lazy("minutes logged"),
    Source.HANDS: gettext_lazy("time with the tier"),
    Source.TARGET: gettext_lazy("target"),
    Source.NOTHING: gettext_lazy("nothing is known"),
}


@dataclass(frozen=True)
class Row:
    """A ticket in its place in the day."""

    ticket: Ticket
    due_at: datetime
    work: timedelta
    source: str | Promise
    done_at: datetime | None
    is_over: bool


@require_safe
@desk_insights_page
def capacity(request: InsightsRequest) -> HttpResponse:
    at = timezone.now()
    found = days(request.user, teams_that_close(request.scope.teams), at=at)
    return render(request, "insights/capacity.html", {"days": found, "at": at})


@require_safe
@desk_insights_page
def team(request: InsightsRequest, key: int) -> HttpResponse:
    teams = [team for team in teams_that_close(request.scope.teams) if team.pk == key]
    if not teams:
        raise Http404
    at = timezone.now()
    (day,) = days(request.user, teams, at=at)
    missed, kept = _rows(request.user, day, at)
    context: dict[str, Any] = {
        "day": day,
        "team": day.team,
        "at": at,
        "missed": missed,
        "kept": kept,
        "sources": [(SOURCES[source], n) for source, n in day.sources.items()],
        "most": MOST_JOBS,
    }
    return render(request, "insights/capacity_team.html", context)


def _rows(reader: User, day: Day, at: datetime) -> tuple[list[Row], list[Row]]:
    """What will not fit and what will, each in the order in which it is worked; two queries."""
    jobs: Sequence[Worked] = day.fit.jobs if day.fit else ()
    tickets = Ticket.objects.visible_to(reader).in_bulk([worked.job.ticket for worked in jobs])
    with_names(list(tickets.values()), people=("assignee",), places=("tier", "team", "category"))
    missed: list[Row] = []
    kept: list[Row] = []
    for worked in jobs:
        job = worked.job
        row = Row(
            tickets[job.ticket], job.due_at, job.work, SOURCES[job.source], worked.done_at, job.due_at < at
        )
        (kept if worked.fits else missed).append(row)
    return missed, kept
