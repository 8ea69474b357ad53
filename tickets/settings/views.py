from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Tier
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators
from tickets.models import CannedReply, Category, CustomField, PriorityRule, Urgency
from tickets.settings import operations, queries
from tickets.settings.forms import CannedReplyForm, CategoryForm, CustomFieldForm, MatrixForm, WritingForm


@require_GET
@for_administrators
def categories(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "settings/categories.html", {"categories": queries.tree()})


@require_http_methods(["GET", "POST"])
@for_administrators
def category(request: AuthenticatedRequest, pk: int | None = None) -> HttpResponse:
    row = get_object_or_404(Category, pk=pk) if pk else None
    parent = request.GET.get("parent", "")
    initial = {"parent": parent} if parent.isdecimal() and row is None else {}
    form = CategoryForm(request.POST or None, instance=row, initial=initial)
    if _kept(request, form, row, create=operations.create_category, change=operations.change_category):
        return redirect("settings-categories")
    return form_page(
        request,
        "settings/form.html",
        form,
        title=row.name if row else _("New category"),
        back="settings-categories",
        back_label=_("Categories"),
    )


@require_POST
@for_administrators
def move_category(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """One place up or down among its siblings."""
    row = get_object_or_404(Category, pk=pk)
    up = request.POST.get("to") == "up"
    operations.move_category(row, up=up, by=request.user, at=timezone.now())
    return redirect("settings-categories")


@require_http_methods(["GET", "POST"])
@for_administrators
def writing(request: AuthenticatedRequest) -> HttpResponse:
    """Who writes to requesters: the tiers' own policies, and what categories say otherwise."""
    form = WritingForm(request.POST or None)
    if form.is_valid():
        operations.set_tier_writes(
            form.cleaned_data["category"],
            tier=form.cleaned_data["tier"].level,
            writes=form.cleaned_data["writes"],
            by=request.user,
            at=timezone.now(),
        )
        messages.success(request, _("Saved. It holds for what is written from now on."))
        return redirect("settings-writing")
    context = {"tiers": Tier.objects.enabled().exclude(level=4), "switches": queries.switches()}
    return form_page(request, "settings/writing.html", form, **context)


@require_POST
@for_administrators
def remove_writing(request: AuthenticatedRequest, pk: int, level: int) -> HttpResponse:
    row = get_object_or_404(Category, pk=pk)
    operations.set_tier_writes(row, tier=level, writes=None, by=request.user, at=timezone.now())
    messages.success(request, _("Removed."))
    return redirect("settings-writing")


@require_GET
@for_administrators
def fields(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "settings/fields.html", {"fields": queries.fields()})


@require_http_methods(["GET", "POST"])
@for_administrators
def field(request: AuthenticatedRequest, pk: int | None = None) -> HttpResponse:
    row = get_object_or_404(CustomField, pk=pk) if pk else None
    form = CustomFieldForm(request.POST or None, instance=row)
    if _kept(request, form, row, create=operations.create_field, change=operations.change_field):
        return redirect("settings-fields")
    return form_page(
        request,
        "settings/field.html",
        form,
        title=row.label if row else _("New field"),
    )


@require_http_methods(["GET", "POST"])
@for_administrators
def matrix(request: AuthenticatedRequest) -> HttpResponse:
    stored = PriorityRule.objects.values_list("impact", "urgency", "priority")
    initial = {f"cell_{impact}_{urgency}": priority for impact, urgency, priority in stored}
    form = MatrixForm(request.POST or None, initial=initial)
    if form.is_valid():
        operations.change_matrix(form.cells, by=request.user, at=timezone.now())
        messages.success(request, _("Saved. It holds for what is filed or changed from now on."))
        return redirect("settings-matrix")
    return form_page(request, "settings/matrix.html", form, urgencies=[each.label for each in Urgency])


@require_GET
@for_administrators
def replies(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "settings/replies.html", {"replies": queries.shared_replies()})


@require_http_methods(["GET", "POST"])
@for_administrators
def reply(request: AuthenticatedRequest, pk: int | None = None) -> HttpResponse:
    row = get_object_or_404(queries.shared_replies(), pk=pk) if pk else None
    form = CannedReplyForm(request.POST or None, instance=row)
    if _kept(request, form, row, create=operations.create_reply, change=operations.change_reply):
        return redirect("settings-replies")
    return form_page(
        request,
        "settings/reply.html",
        form,
        title=row.name if row else _("New canned reply"),
        reply=row,
    )


@require_POST
@for_administrators
def delete_reply(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(CannedReply.objects.filter(owner=None).select_related("team"), pk=pk)
    operations.delete_reply(row, by=request.user, at=timezone.now())
    messages.success(request, _("The canned reply is deleted."))
    return redirect("settings-replies")


def _kept(
    request: AuthenticatedRequest,
    form: forms.BaseForm,
    row: Model | None,
    *,
    create: Callable[..., object],
    change: Callable[..., object],
) -> bool:
    """Whether what was typed is kept: in the row, or in a new one where there is none."""
    if not form.is_valid():
        return False
    facts = {"by": request.user, "at": timezone.now(), **form.cleaned_data}
    if row is not None:
        change(row, **facts)
    else:
        create(**facts)
    messages.success(request, _("Saved."))
    return True
