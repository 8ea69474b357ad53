"""Custom fields: their list in its order, and one of them with what a change will do."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.keys import key_of
from accounts.views.guards import AuthenticatedRequest, for_administrators
from tickets.models import CustomField
from tickets.settings import effects, queries
from tickets.settings import fields as operations
from tickets.settings.forms import CustomFieldForm
from tickets.settings.sorting import moved
from tickets.settings.views.telling import asks_first, kept, page


@require_safe
@for_administrators
def fields(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "settings/fields.html", {"fields": queries.fields()})


@require_http_methods(["GET", "POST"])
@for_administrators
def field(request: AuthenticatedRequest, pk: int | None = None) -> HttpResponse:
    row = get_object_or_404(CustomField, pk=pk) if pk else None
    if "move" in request.POST:
        # Without JavaScript the arrows beside the choices send the form: it comes back in the new order.
        form = CustomFieldForm(_reordered(request.POST), instance=row)
        return _page(request, form, [], row)
    form = CustomFieldForm(request.POST or None, instance=row)
    told = effects.of_field(pk, form.cleaned_data) if form.is_valid() else []
    if (
        form.is_valid()
        and not asks_first(request, told)
        and kept(request, form, row, create=operations.create_field, change=operations.change_field)
    ):
        return redirect("settings-fields")
    return _page(request, form, told, row)


@require_POST
@for_administrators
def order(request: AuthenticatedRequest) -> HttpResponse:
    """After a drag the whole order is sent; a button sends the order and which one goes up or down."""
    keys = [key for key in map(key_of, request.POST.getlist("order")) if key]
    keys = moved(keys, request.POST.get("move", ""))
    operations.order_fields(keys, by=request.user, at=timezone.now())
    if not request.headers.get("HX-Request"):
        return redirect("settings-fields")
    context = {"fields": queries.fields(), "said": _("The order is kept."), "swapped": True}
    return render(request, "settings/_fields_list.html", context)


def _reordered(sent: QueryDict) -> QueryDict:
    data = sent.copy()
    choices = [line for text in sent.getlist("choices") for line in text.splitlines() if line.strip()]
    data.setlist("choices", moved(choices, sent.get("move", "")))
    return data


def _page(
    request: AuthenticatedRequest, form: CustomFieldForm, told: list[effects.Effect], row: CustomField | None
) -> HttpResponse:
    title = CustomField.objects.get(pk=row.pk).label if row else _("New field")
    waiting = queries.fields_waiting_for(row) if row else []
    return page(request, "settings/field.html", form, told, title=title, field=row, waiting=waiting)
