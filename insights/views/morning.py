"""The morning page: what happened since last evening, what is due before noon, what nobody looks after."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from insights.queries.listed import written
from insights.queries.morning import (
    BREACHED,
    LONGEST_BACK,
    OWN_LISTS,
    REOPENED_SINCE,
    Morning,
    last_evening,
)
from insights.views.guard import InsightsRequest, desk_insights_page
from tickets.queries import listing
from tickets.refusals import Invalid

TITLES: dict[str, str | Promise] = {
    BREACHED: gettext_lazy("Breached"),
    REOPENED_SINCE: gettext_lazy("Reopened"),
}


@require_safe
@desk_insights_page
def morning(request: InsightsRequest) -> HttpResponse:
    found = Morning(request.user, at=timezone.now(), teams=request.scope.teams)
    return render(request, "insights/morning.html", {"morning": found, "figures": found.figures})


@require_safe
@desk_insights_page
def since(request: InsightsRequest, name: str) -> HttpResponse:
    """One of the lists that the filter vocabulary cannot say: what was breached, or reopened, since a moment."""
    if name not in OWN_LISTS:
        raise Http404
    at = timezone.now()
    begun, problem = _since(request.GET.get("since", ""), at=at)
    rows = OWN_LISTS[name](request.user, since=begun, teams=request.scope.teams)
    scope = f"morning-{name}?{written(begun)}"
    cursor = request.GET.get("after") or request.GET.get("before")
    try:
        page = listing.page(rows, sort="changed", scope=scope, cursor=cursor)
    except Invalid as refused:
        problem, page = str(refused), listing.page(rows, sort="changed", scope=scope)
    context: dict[str, Any] = {
        "title": TITLES[name],
        "since": begun,
        "page": page,
        "total": rows.count(),
        "problem": problem,
    }
    return render(request, "insights/since.html", context, status=400 if problem else 200)


def _since(text: str, *, at: datetime) -> tuple[datetime, str]:
    """The moment that was asked for, else last evening; and what was wrong with it."""
    if not text:
        return last_evening(at), ""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        remedy = _("Since: “%(value)s” is no moment; give one such as 2026-01-31T17:00:00Z.")
        return last_evening(at), remedy % {"value": text[:40]}
    if not at - LONGEST_BACK <= found <= at + timedelta(minutes=1):
        return last_evening(at), _("Since: give a moment of the last %(n)s days.") % {"n": LONGEST_BACK.days}
    return found, ""
