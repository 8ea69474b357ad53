"""Vendors in the settings: the list of them, and the forms of their contracts and contacts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import queries
from accounts.forms.contracts import ContactForm, ContractForm
from accounts.models import Contract, Organisation, VendorContact
from accounts.operations import contracts
from accounts.views.answers import carried_out, form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators


@require_GET
@for_administrators
def vendors(request: AuthenticatedRequest) -> HttpResponse:
    return render(
        request,
        "settings/vendors.html",
        {"vendors": queries.vendors_with_contracts(day=timezone.localdate())},
    )


@dataclass(frozen=True)
class _Part:
    """Something that a vendor has several of."""

    model: type[Contract] | type[VendorContact]
    form: type[forms.ModelForm[Any]]
    is_new: str | Promise
    title_of: Callable[[Any], str]
    add: Callable[..., object]
    change: Callable[..., object]


CONTRACT = _Part(
    Contract,
    ContractForm,
    gettext_lazy("New contract"),
    lambda row: row.number,
    contracts.add_contract,
    contracts.change_contract,
)
CONTACT = _Part(
    VendorContact,
    ContactForm,
    gettext_lazy("New contact"),
    lambda row: row.name,
    contracts.add_contact,
    contracts.change_contact,
)


@require_http_methods(["GET", "POST"])
@for_administrators
def new_contract(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return _new(request, vendor_or_404(pk), CONTRACT)


@require_http_methods(["GET", "POST"])
@for_administrators
def contract(request: AuthenticatedRequest, pk: int, contract: int) -> HttpResponse:
    return _changed(request, vendor_or_404(pk), CONTRACT, contract)


@require_POST
@for_administrators
def remove_contract(request: AuthenticatedRequest, pk: int, contract: int) -> HttpResponse:
    row = get_object_or_404(Contract.objects.select_related("vendor"), pk=contract, vendor=vendor_or_404(pk))
    contracts.remove_contract(row, by=request.user, at=timezone.now())
    messages.success(request, _("The contract %(number)s is removed.") % {"number": row.number})
    return redirect("settings-vendor", pk)


@require_http_methods(["GET", "POST"])
@for_administrators
def new_contact(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return _new(request, vendor_or_404(pk), CONTACT)


@require_http_methods(["GET", "POST"])
@for_administrators
def contact(request: AuthenticatedRequest, pk: int, contact: int) -> HttpResponse:
    return _changed(request, vendor_or_404(pk), CONTACT, contact)


@require_POST
@for_administrators
def remove_contact(request: AuthenticatedRequest, pk: int, contact: int) -> HttpResponse:
    row = get_object_or_404(VendorContact, pk=contact, vendor=vendor_or_404(pk))
    contracts.remove_contact(row, by=request.user, at=timezone.now())
    messages.success(request, _("%(name)s is removed.") % {"name": row.name})
    return redirect("settings-vendor", pk)


def vendor_or_404(pk: int) -> Organisation:
    return get_object_or_404(Organisation, pk=pk, kind=Organisation.Kind.VENDOR)


def _new(request: AuthenticatedRequest, vendor: Organisation, part: _Part) -> HttpResponse:
    form = part.form(request.POST or None)
    return _kept(
        request,
        vendor,
        form,
        str(part.is_new),
        lambda: part.add(vendor, by=request.user, at=timezone.now(), **form.cleaned_data),
    )


def _changed(request: AuthenticatedRequest, vendor: Organisation, part: _Part, key: int) -> HttpResponse:
    row = get_object_or_404(part.model, pk=key, vendor=vendor)
    # The form changes its own copy: what the operation finds changed is told by the row.
    form = part.form(request.POST or None, instance=get_object_or_404(part.model, pk=row.pk))
    return _kept(
        request,
        vendor,
        form,
        part.title_of(row),
        lambda: part.change(row, by=request.user, at=timezone.now(), **form.cleaned_data),
    )


def _kept(
    request: AuthenticatedRequest,
    vendor: Organisation,
    form: forms.BaseForm,
    title: str,
    act: Callable[[], object],
) -> HttpResponse:
    if form.is_valid() and carried_out(form, act):
        messages.success(request, _("Saved."))
        return redirect("settings-vendor", vendor.pk)
    return form_page(request, "settings/vendor_part.html", form, title=title, vendor=vendor, two=True)
