"""The settings pages of calendars."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators
from sla.calendar_changes import differences
from sla.forms.calendars import CalendarForm, part_choices
from sla.models import Calendar, CalendarVersion
from sla.operations import calendars as operations
from sla.queries import calendars as queries
from sla.views.answers import attempt
from tickets.refusals import Refused


@require_GET
@for_administrators
def calendars(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "sla/calendars.html", {"lines": queries.listed()})


@require_http_methods(["GET", "POST"])
@for_administrators
def new_calendar(request: AuthenticatedRequest) -> HttpResponse:
    at = timezone.now()
    form = CalendarForm(request.POST or None, initial={"zone": timezone.get_default_timezone_name()})
    extra: dict[str, Any] = {}
    if form.is_valid():
        if "look" in request.POST:
            extra = {"look": {"after": queries.preview_of_draft(form.spec, at=at)}}
        else:
            made = attempt(
                form,
                lambda: operations.create_calendar(
                    name=form.cleaned_data["name"], spec=form.spec, by=request.user, at=at
                ),
            )
            if made is not None:
                messages.success(
                    request, _("%(name)s is added. Policies can promise in it.") % {"name": made}
                )
                return redirect("settings-calendar-days", made.pk)
    return form_page(request, "sla/calendar.html", form, title=_("New calendar"), **extra)


@require_http_methods(["GET", "POST"])
@for_administrators
def calendar(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.calendars(), pk=pk, current__isnull=False)
    at = timezone.now()
    form = CalendarForm.of(row, queries.spec_of(_current(row)), request.POST or None)
    extra: dict[str, Any] = {}
    if form.is_valid():
        if "look" in request.POST:
            extra = {"look": _look(row, form, at)}
        else:
            saved = attempt(
                form,
                lambda: operations.publish_version(
                    row,
                    name=form.cleaned_data["name"],
                    seen=form.cleaned_data["seen"],
                    spec=form.spec,
                    by=request.user,
                    at=at,
                ),
            )
            if saved is not None:
                messages.success(request, _saved(row, saved))
                return redirect("settings-calendar", pk)
    users = queries.policies_by_calendar().get(pk, [])
    return form_page(
        request, "sla/calendar.html", form, title=row.name, calendar=row, policies=users, **extra
    )


def _look(row: Calendar, form: CalendarForm, at: datetime) -> dict[str, Any]:
    """What a save would change: line by line, in hours, and for how many clocks."""
    return {
        "differences": differences(queries.spec_of(_current(row)), form.spec),
        "before": queries.preview_of(_current(row), at=at),
        "after": queries.preview_of_draft(form.spec, at=at),
        "clocks": queries.open_clocks(row),
    }


def _saved(before: Calendar, after: Calendar) -> str:
    if before.current_id == after.current_id:
        return _("Saved. The hours are as they were.")
    return _("Saved. Version %(number)d holds; open clocks that count in it are judged anew.") % {
        "number": _current(after).number
    }


@require_GET
@for_administrators
def days(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.calendars(), pk=pk, current__isnull=False)
    preview = queries.preview_of(_current(row), at=timezone.now())
    return render(request, "sla/calendar_days.html", {"calendar": row, "preview": preview})


@require_GET
@for_administrators
def versions(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.calendars(), pk=pk)
    return render(request, "sla/calendar_versions.html", {"calendar": row, "history": queries.history(row)})


@require_POST
@for_administrators
def delete(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Calendar, pk=pk)
    try:
        operations.delete_calendar(row, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("settings-calendar", pk)
    messages.success(request, _("%(name)s is deleted.") % {"name": row.name})
    return redirect("settings-calendars")


@require_GET
@for_administrators
def parts(request: AuthenticatedRequest) -> HttpResponse:
    """The parts of the country that was chosen, for the form."""
    choices = part_choices(request.GET.get("country", "")[:2])
    return render(request, "sla/_calendar_parts.html", {"choices": choices})


def _current(row: Calendar) -> CalendarVersion:
    if row.current is None:
        raise Calendar.DoesNotExist
    return row.current
