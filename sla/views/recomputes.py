"""Jobs that judge all open tickets anew, and starting the clocks of tickets that have none."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.views.guards import AuthenticatedRequest, for_administrators, for_overseers
from sla.models import Metric, Recompute, Simulation
from sla.operations import recomputing, simulating, starting
from sla.operations.starting import Forecast
from sla.queries import recomputes as queries


@require_GET
@for_overseers
def recomputes(request: AuthenticatedRequest) -> HttpResponse:
    jobs = list(queries.newest())
    is_busy = any(job.state in recomputing.UNFINISHED for job in jobs)
    return render(request, "sla/recomputes.html", {"jobs": jobs, "is_busy": is_busy})


@require_GET
@for_overseers
def recompute(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(Recompute.objects.select_related("by"), pk=pk)
    context = {
        "job": job,
        "is_busy": job.state in recomputing.UNFINISHED,
        "clocks": queries.breached_by(job, request.user)[: queries.MOST_LISTED] if job.breached else (),
        "most": queries.MOST_LISTED,
    }
    return render(request, "sla/recompute.html", context)


@require_http_methods(["GET", "POST"])
@for_administrators
def start_clocks(request: AuthenticatedRequest) -> HttpResponse:
    """First counted, then started: the button appears with the figures."""
    at = timezone.now()
    if request.POST.get("act") == "count":
        simulating.ask_forecast(by=request.user, at=at)
        return redirect("settings-start-clocks")
    if request.POST.get("act") == "start":
        job = starting.start(reason=_("Clocks of tickets that had none"), by=request.user, at=at)
        messages.success(request, _("The clocks are being started."))
        return redirect("settings-recompute", job.pk)
    counted = queries.newest_simulation(Simulation.Kind.START)
    context: dict[str, Any] = {"now_without": starting.without_clocks().count(), "counted": counted}
    if counted is not None and counted.state == Simulation.State.DONE and counted.answer:
        context |= _figures(Forecast.from_json(counted.answer))
    return render(request, "sla/start_clocks.html", context)


def _figures(found: Forecast) -> dict[str, Any]:
    return {
        "found": found,
        "priorities": [
            {"priority": int(key), "tickets": tickets, "breaching": found.breaching_by_priority[key]}
            for key, tickets in sorted(found.by_priority.items())
        ],
        "metrics": [
            {"label": Metric(metric).label, "clocks": clocks}
            for metric, clocks in found.breaching_by_metric.most_common()
        ],
    }
