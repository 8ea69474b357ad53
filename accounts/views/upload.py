from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.csv_people import COLUMNS, Unreadable, read
from accounts.forms import ConfirmUploadForm, PeopleUploadForm
from accounts.invitations import invite
from accounts.operations.importing import Plan, carry_out, plan
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators

MOST_ROWS = 5000


@require_http_methods(["GET", "POST"])
@for_administrators
def upload(request: AuthenticatedRequest) -> HttpResponse:
    """Choose a file; what it would do is shown before anything is written."""
    form = PeopleUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        found = _plan(form, "file", adds_organisations=form.cleaned_data["adds_organisations"])
        if found is not None:
            confirm = ConfirmUploadForm(
                initial={
                    "text": form.cleaned_data["file"],
                    "adds_organisations": form.cleaned_data["adds_organisations"],
                }
            )
            return render(request, "settings/upload_preview.html", {"plan": found, "form": confirm})
    return form_page(request, "settings/upload.html", form, columns=COLUMNS)


@require_POST
@for_administrators
def confirm(request: AuthenticatedRequest) -> HttpResponse:
    """Carry out what the preview showed, looked up anew: the same text, read by the same code."""
    form = ConfirmUploadForm(request.POST)
    found = None
    if form.is_valid():
        found = _plan(form, "text", adds_organisations=form.cleaned_data["adds_organisations"])
    if found is None:
        messages.error(request, _("The file could not be read any more. Choose it again."))
        return redirect("settings-people-upload")
    now = timezone.now()
    done = carry_out(found, by=request.user, at=now)
    if form.cleaned_data["invite"]:
        count = invite(done.added, by=request.user, at=now)
        messages.success(
            request,
            ngettext("%(n)d invitation is on its way.", "%(n)d invitations are on their way.", count)
            % {"n": count},
        )
    return render(request, "settings/upload_report.html", {"plan": done})


def _plan(form: forms.Form, field: str, *, adds_organisations: bool) -> Plan | None:
    try:
        sheet = read(form.cleaned_data[field])
    except Unreadable as trouble:
        form.add_error(field, str(trouble))
        return None
    if len(sheet.rows) > MOST_ROWS:
        form.add_error(
            field,
            _(
                "The file has %(rows)d rows, more than %(most)d. Split it, or use manage.py import_people FILE."
            )
            % {"rows": len(sheet.rows), "most": MOST_ROWS},
        )
        return None
    return plan(sheet, adds_organisations=adds_organisations)
