"""Mailboxes: pages for administrators."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.views.answers import attempt, form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators
from intake.forms.mailboxes import MailboxForm, values_of
from intake.models import Mailbox
from intake.operations import mailboxes as operations


@require_GET
@for_administrators
def mailboxes(request: AuthenticatedRequest) -> HttpResponse:
    rows = Mailbox.objects.select_related("team", "category", "connection")
    return render(request, "intake/mailboxes.html", {"mailboxes": rows})


@require_http_methods(["GET", "POST"])
@for_administrators
def new_mailbox(request: AuthenticatedRequest) -> HttpResponse:
    form = MailboxForm(request.POST or None)
    if form.is_valid():
        made = attempt(
            form, lambda: operations.create_mailbox(_wanted(form), by=request.user, at=timezone.now())
        )
        if made is not None:
            messages.success(
                request, _("%(name)s is made. Say next where its mail is fetched.") % {"name": made}
            )
            return redirect("mailbox", made.pk)
    return form_page(request, "intake/mailbox_new.html", form)


@require_http_methods(["GET", "POST"])
@for_administrators
def mailbox(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Mailbox, pk=pk)
    form = MailboxForm(request.POST or None, initial=values_of(row), mailbox=row)
    if form.is_valid():
        saved = attempt(
            form, lambda: operations.change_mailbox(row, _wanted(form), by=request.user, at=timezone.now())
        )
        if saved is not None:
            messages.success(request, _("Saved. What comes in from now on is filed so."))
            return redirect("mailbox", pk)
    return form_page(request, "intake/mailbox.html", form, mailbox=row)


@require_POST
@for_administrators
def use(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Mailbox, pk=pk)
    is_enabled = request.POST.get("use") == "1"
    operations.use_mailbox(row, is_enabled=is_enabled, by=request.user, at=timezone.now())
    words = (
        _("%(name)s is in use.")
        if is_enabled
        else _("%(name)s is out of use: what comes in waits in quarantine.")
    )
    messages.success(request, words % {"name": row.name})
    return redirect("mailbox", pk)


def _wanted(form: MailboxForm) -> operations.MailboxWanted:
    values: dict[str, Any] = form.cleaned_data
    return operations.MailboxWanted(**values)
