"""One act on the tickets that are ticked in a list: what will be refused is shown before, each refusal told after."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.keys import key_of
from accounts.views.way_back import leads_here
from helpdesk.desk import jobs
from helpdesk.desk.bulk_acts import form_for, named
from helpdesk.desk.doing import Act
from helpdesk.desk.forms.base import ActForm
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.queues import keys_of_list
from helpdesk.desk.sending import Outcome, once, page_of, status_of
from tickets import operations
from tickets.models import BulkJob, Ticket
from tickets.operations.bulk import MOST_CHOSEN

MOST_TRIED = 100
"""Tickets that are tried before: each is carried out and taken back."""
TRIED_SECONDS = 1.5
UNASKED = ("csrfmiddlewaretoken", "submission", "ticket", "tickets", "all", "back")
"""What the form brings along beside the fields of the act."""


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def bulk(request: DeskRequest, name: str) -> HttpResponseBase:
    act = named(name)
    if act is None:
        raise Http404
    sent = request.POST if request.method == "POST" else request.GET
    tickets = _chosen(request, sent)
    data = request.POST if request.method == "POST" else None
    form = form_for(name, tickets, user=request.user, data=data)
    if data is None:
        return _show(request, name, act, form, tickets, status=200)
    if not tickets:
        form.add_error(None, _("Tick at least one ticket."))
    if not form.is_valid() or not tickets:
        return _show(request, name, act, form, tickets, status=status_of(request, None))
    outcome = once(request, lambda at: _carry_out(request, name, tickets, at))
    return _tell(request, act, BulkJob.objects.get(pk=outcome["job"]))


@require_POST
@technicians_page
def preview(request: DeskRequest, name: str) -> HttpResponse:
    """What would be done and what refused, and why: a part of the dialog, asked again when an answer changes."""
    act = named(name)
    if act is None:
        raise Http404
    tickets = _chosen(request, request.POST)
    form = form_for(name, tickets, user=request.user, data=request.POST)
    if not tickets or not form.is_valid():
        return render(request, "desk/queue/_bulk_preview.html", {"is_open": True})
    until = time.monotonic() + TRIED_SECONDS
    result = operations.preview(
        act.carry_out,
        tickets[:MOST_TRIED],
        goes_on=lambda: time.monotonic() < until,
        by=request.user,
        at=timezone.now(),
        **form.arguments(),
    )
    context = {
        "n": len(result.done),
        "refused": [(ticket.number, str(refused)) for ticket, refused in result.refused],
        "looked_at": result.looked_at,
        "all": len(tickets),
    }
    return render(request, "desk/queue/_bulk_preview.html", context)


def _chosen(request: DeskRequest, sent: QueryDict) -> list[Ticket]:
    """Those that were ticked, or all of a list; what the person cannot see is as if it had not been ticked."""
    whole = sent.get("all", "")
    if whole:
        keys = _keys_of_list(request, whole)
    else:
        given = [*sent.getlist("ticket"), *sent.get("tickets", "").split(",")]
        keys = [key for key in map(key_of, given) if key]
    rows = Ticket.objects.visible_to(request.user).select_related("team", "tier", "category")
    return list(rows.filter(pk__in=keys[:MOST_CHOSEN]).order_by("pk"))


def _keys_of_list(request: DeskRequest, address: str) -> list[int]:
    """The first of a list, in its order. The address is the list's own, with its filters."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return []  # such as a bracket that begins no address of IPv6
    return keys_of_list(request, parts.path, QueryDict(parts.query), most=MOST_CHOSEN)


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def hand_over_target(request: DeskRequest) -> HttpResponse:
    """The part of the dialog that follows the choice of the team: what it asks of the chosen tickets."""
    sent = request.POST if request.method == "POST" else request.GET
    form = form_for("hand-over", _chosen(request, sent), user=request.user, data=sent)
    return render(request, form.part, {"form": form})


def _carry_out(request: DeskRequest, name: str, tickets: Sequence[Ticket], at: datetime) -> Outcome:
    asked = {field: request.POST.getlist(field) for field in request.POST if field not in UNASKED}
    job = jobs.start(name, tickets, by=request.user, at=at, asked=asked, back=_way_back(request))
    return {"job": job.pk}


def _tell(request: DeskRequest, act: Act, job: BulkJob) -> HttpResponseBase:
    """All went well: back to the list. A long one: to its page. Else what was refused, in the dialog that asked."""
    if job.went_well or not job.is_finished:
        return jobs.after(request, job)
    context: dict[str, Any] = {"act": act, **jobs.about(job)}
    template = "desk/queue/_bulk_result.html" if request.htmx else "desk/queue/bulk_result.html"
    response = render(request, template, context)
    response["HX-Trigger"] = "ticketsChanged"
    return response


def _show(
    request: DeskRequest, name: str, act: Act, form: ActForm, tickets: list[Ticket], *, status: int
) -> HttpResponse:
    context = {
        "name": name,
        "act": act,
        "form": form,
        "tickets": tickets,
        "keys": ",".join(str(ticket.pk) for ticket in tickets),
        "url": f"/desk/bulk/{name}/",
        "back": _way_back(request),
        "is_long": len(tickets) > jobs.DIRECT,
        "is_cut": bool(request.GET.get("all")) and len(tickets) == MOST_CHOSEN,
        "most": MOST_CHOSEN,
    }
    template = "desk/queue/_bulk.html" if request.htmx else "desk/queue/bulk.html"
    return render(request, template, context, status=status)


def _way_back(request: DeskRequest) -> str:
    """The list that the tickets were ticked in."""
    given = (
        request.POST.get("back")
        or page_of(request)
        or request.headers.get("Referer", "")
        or request.GET.get("back", "")
    )
    return given if leads_here(request, given) and "/desk/bulk/" not in given else "/desk/"
