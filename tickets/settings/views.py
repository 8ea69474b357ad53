from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators
from tickets.models import CannedReply, Category, CustomField, PriorityRule, Urgency, rebuild_category_tree
from tickets.settings import queries
from tickets.settings.forms import CannedReplyForm, CategoryForm, CustomFieldForm, MatrixForm


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
    if form.is_valid():
        with transaction.atomic():
            form.save()
            rebuild_category_tree()
        messages.success(request, _("Saved."))
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
    order = queries.siblings(row)
    at = order.index(row)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
        for position, each in enumerate(order):
            each.position = position
        Category.objects.bulk_update(order, ["position"])
    return redirect("settings-categories")


@require_GET
@for_administrators
def fields(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "settings/fields.html", {"fields": queries.fields()})


@require_http_methods(["GET", "POST"])
@for_administrators
def field(request: AuthenticatedRequest, pk: int | None = None) -> HttpResponse:
    row = get_object_or_404(CustomField, pk=pk) if pk else None
    form = CustomFieldForm(request.POST or None, instance=row)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
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
        with transaction.atomic():
            for (impact, urgency), priority in form.cells.items():
                PriorityRule.objects.update_or_create(
                    impact=impact, urgency=urgency, defaults={"priority": priority}
                )
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
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
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
    get_object_or_404(CannedReply.objects.filter(owner=None), pk=pk).delete()
    messages.success(request, _("The canned reply is deleted."))
    return redirect("settings-replies")
