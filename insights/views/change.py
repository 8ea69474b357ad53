"""What to change: what should be written next, what may be a problem, and where the other pages are."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from insights.models import Candidate
from insights.queries.candidates import candidates_for, shown
from insights.queries.repeats import Stands, latest_done, repeats_of, under_way
from insights.views.guard import InsightsRequest, desk_insights_page
from insights.views.shift_left import NEXT, Sum

SHOWN_CANDIDATES = 5


@require_safe
@desk_insights_page
def change(request: InsightsRequest) -> HttpResponse:
    run = latest_done()
    repeats = repeats_of(run, request.user, request.scope) if run else []
    open_ones = candidates_for(request.user, request.scope).filter(state=Candidate.State.OPEN)
    to_write = [row for row in repeats if row.stands == Stands.TO_WRITE]
    found = list(open_ones[: SHOWN_CANDIDATES + 1])
    context = {
        "run": run,
        "job": under_way(),
        "repeats": to_write[:NEXT],
        "to_write": len(to_write),
        "most": max((row.seconds for row in to_write), default=0),
        "sum": Sum.of(repeats),
        "candidates": shown(found[:SHOWN_CANDIDATES], request.scope),
        "more_candidates": len(found) > SHOWN_CANDIDATES,
    }
    return render(request, "insights/change.html", context)
