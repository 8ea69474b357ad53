"""A vendor in the settings: its teams and what they take, its contracts, its contacts."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Organisation
from accounts.views.answers import UNPROCESSABLE
from accounts.views.contracts import vendor_or_404
from accounts.views.guards import AuthenticatedRequest, for_administrators
from escalation.forms.vendors import TakesForm
from escalation.models import VendorFor
from escalation.operations import taking
from tickets.refusals import Refused


@require_GET
@for_administrators
def vendor(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = vendor_or_404(pk)
    return _page(request, row, TakesForm(vendor=row))


@require_POST
@for_administrators
def takes(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = vendor_or_404(pk)
    form = TakesForm(request.POST, vendor=row)
    if form.is_valid():
        try:
            taking.add_what_it_takes(by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, _("Saved."))
            return redirect("settings-vendor", pk)
    return _page(request, row, form)


@require_POST
@for_administrators
def takes_no_more(request: AuthenticatedRequest, pk: int, take: int) -> HttpResponse:
    rows = VendorFor.objects.select_related("team", "category")
    row = get_object_or_404(rows, pk=take, team__organisation=vendor_or_404(pk))
    taking.remove_what_it_takes(row, by=request.user, at=timezone.now())
    messages.success(request, _("Removed."))
    return redirect("settings-vendor", pk)


def _page(request: AuthenticatedRequest, row: Organisation, form: TakesForm) -> HttpResponse:
    day = timezone.localdate()
    taken = VendorFor.objects.filter(team__organisation=row).select_related("team", "category")
    context = {
        "vendor": row,
        "teams": list(row.teams.filter(is_active=True).select_related("tier")),
        "takes": [(each, taking.words_of(each)) for each in taken],
        "contracts": [(each, each.state(day)) for each in row.contracts.order_by("-ends_on", "number")],
        "contacts": list(row.contacts.all()),
        "form": form,
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "escalation/vendor.html", context, status=status)
