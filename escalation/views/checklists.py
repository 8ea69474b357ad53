"""The settings pages of checklists: administrators keep all, leads those of their teams' tiers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.views.answers import UNPROCESSABLE
from accounts.views.guards import AuthenticatedRequest, for_administrators_and_leads
from escalation import operations
from escalation.forms.checklists import ChecklistForm, rows_for, wanted
from escalation.models import Checklist
from escalation.queries.checklists import keepable, led_tiers
from tickets.refusals import Refused


@require_GET
@for_administrators_and_leads
def checklists(request: AuthenticatedRequest) -> HttpResponse:
    _require_reach(request)
    return render(request, "escalation/checklists.html", {"checklists": keepable(request.user)})


@require_http_methods(["GET", "POST"])
@for_administrators_and_leads
def new_checklist(request: AuthenticatedRequest) -> HttpResponse:
    _require_reach(request)
    data = request.POST or None
    asked = {
        name: request.GET[name] for name in ("tier", "category") if request.GET.get(name, "").isdecimal()
    }
    form, rows = ChecklistForm(data, user=request.user, initial=asked), rows_for(None, data)
    if form.is_valid() and rows.is_valid():
        try:
            made = operations.create_checklist(
                items=wanted(rows), by=request.user, at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, _("The checklist is added: it is asked from now on."))
            return redirect("settings-checklist", made.pk)
    return _page(request, form, rows, title=_("New checklist"))


@require_http_methods(["GET", "POST"])
@for_administrators_and_leads
def checklist(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = _within_reach(request, pk)
    data = request.POST or None
    form, rows = forms.Form(data), rows_for(row, data)
    if form.is_valid() and rows.is_valid():
        try:
            operations.change_checklist(row, items=wanted(rows), by=request.user, at=timezone.now())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, _("Saved. What was taken away is retired; hand-offs keep what they answered.")
            )
            return redirect("settings-checklist", pk)
    return _page(request, form, rows, title=str(row), checklist=row)


@require_POST
@for_administrators_and_leads
def retire(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = _within_reach(request, pk)
    operations.retire_checklist(row, by=request.user, at=timezone.now())
    messages.success(request, _("The checklist of %(name)s is no longer asked.") % {"name": row})
    return redirect("settings-checklists")


def _page(request: AuthenticatedRequest, form: forms.Form, rows: Any, **context: Any) -> HttpResponse:
    is_wrong = form.is_bound and not (form.is_valid() and rows.is_valid())
    return render(
        request,
        "escalation/checklist.html",
        {"form": form, "rows": rows, **context},
        status=UNPROCESSABLE if is_wrong else 200,
    )


def _require_reach(request: AuthenticatedRequest) -> None:
    if not (request.user.is_administrator or led_tiers(request.user)):
        raise Http404


def _within_reach(request: AuthenticatedRequest, pk: int) -> Checklist:
    return get_object_or_404(keepable(request.user), pk=pk)
