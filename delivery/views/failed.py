"""Mails that failed, wait after a failure, or came back: why, and what to do about them."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.views.answers import carried_out
from accounts.views.guards import AuthenticatedRequest, for_administrators
from delivery.forms import IdsField
from delivery.operations.mailing import correct_address, retry_mails
from delivery.paging import page_of
from delivery.privacy import readable_by
from delivery.queries import next_tries, troubled

PAGE = "outbox-failed"


class ChosenMails(forms.Form):
    mail = IdsField(required=False)


class AddressForm(forms.Form):
    to = forms.CharField(
        label=gettext_lazy("Send it to"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
    )


@require_GET
@for_administrators
def failed(request: AuthenticatedRequest) -> HttpResponse:
    rows = troubled(readable_by(request.user)).select_related("person").defer("text", "html")
    page = page_of(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    tries = next_tries(page.rows)
    context = {"page": page, "rows": [(mail, tries.get(mail.pk)) for mail in page.rows]}
    return render(request, "delivery/failed.html", context)


@require_POST
@for_administrators
def retry(request: AuthenticatedRequest) -> HttpResponse:
    """The chosen ones (`mail`), or with `all` every one that this administrator may read."""
    form = ChosenMails(request.POST)
    chosen = form.cleaned_data["mail"] if form.is_valid() else []
    mails = troubled(readable_by(request.user))
    keys = mails if "all" in request.POST else mails.filter(pk__in=chosen)
    count = retry_mails(keys.values_list("pk", flat=True), by=request.user, at=timezone.now())
    if count:
        text = ngettext("%(n)d mail is tried again.", "%(n)d mails are tried again.", count)
        messages.success(request, text % {"n": count})
    else:
        messages.warning(
            request, _("Nothing to try again. What came back has left: correct its address on its page.")
        )
    return redirect(PAGE)


@require_POST
@for_administrators
def correct(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    mail = get_object_or_404(readable_by(request.user), pk=pk)
    form = AddressForm(request.POST)
    if form.is_valid() and carried_out(
        form,
        lambda: correct_address(mail, to=form.cleaned_data["to"], by=request.user, at=timezone.now()),
    ):
        messages.success(
            request, _("It is on its way to %(address)s.") % {"address": form.cleaned_data["to"]}
        )
    else:
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
    return redirect("outbox-mail", pk)
