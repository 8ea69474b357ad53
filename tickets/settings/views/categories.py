"""The tree of categories: what stands where, and what becomes of one that is no longer wanted."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.keys import key_of
from accounts.refusals import Refused
from accounts.views.answers import UNPROCESSABLE, carried_out
from accounts.views.guards import AuthenticatedRequest, for_administrators
from tickets.models import Category, Ticket
from tickets.operations.bulk import bulk
from tickets.operations.changing import change
from tickets.settings import effects, operations, placing, queries
from tickets.settings.forms import CategoryForm
from tickets.settings.views.telling import asks_first, kept, page

SHOWN = 50
MOVES = ("up", "down", "in", "out")


class MergeForm(forms.Form):
    """Where its tickets and what stands below it go, if anywhere."""

    into = forms.ModelChoiceField(
        label=gettext_lazy("Merge it into"),
        queryset=Category.objects.none(),
        required=False,
        empty_label=gettext_lazy("nothing: its tickets keep it"),
        widget=forms.Select({"data-pick": True}),
        help_text=gettext_lazy(
            "Open tickets get that category, and what stands below it goes there. Closed tickets keep this one."
        ),
    )

    def __init__(self, category: Category, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        others = Category.objects.active().exclude(ancestry__contains=[category.pk]).order_by("full_name")
        self.fields["into"].queryset = others  # type: ignore[attr-defined]


@require_safe
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
    told = effects.of_category(pk, form.cleaned_data) if pk and form.is_valid() else []
    if (
        form.is_valid()
        and not asks_first(request, told)
        and kept(request, form, row, create=operations.create_category, change=operations.change_category)
    ):
        return redirect("settings-categories")
    title = Category.objects.get(pk=pk).name if pk else _("New category")
    return page(request, "settings/category.html", form, told, title=title, category=row)


@require_POST
@for_administrators
def move_category(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """One place up or down among its siblings, into the one above it, or out to its parent."""
    row = get_object_or_404(Category, pk=pk)
    to = request.POST.get("to", "")
    try:
        moved = placing.move_category(row, to=to if to in MOVES else "", by=request.user, at=timezone.now())
    except Refused as refused:
        return _tree(request, str(refused), is_refusal=True)
    return _tree(request, _where(moved))


@require_POST
@for_administrators
def place_category(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Where it was dragged to: below a parent, after one that is there."""
    row = get_object_or_404(Category, pk=pk)
    parent, after = (_named(request, name) for name in ("parent", "after"))
    try:
        moved = placing.place_category(row, parent=parent, after=after, by=request.user, at=timezone.now())
    except Refused as refused:
        return _tree(request, str(refused), is_refusal=True)
    return _tree(request, _where(moved))


@require_http_methods(["GET", "POST"])
@for_administrators
def retire_category(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Take it out of use, or merge it into another, with its open tickets in sight."""
    row = get_object_or_404(Category, pk=pk)
    form = MergeForm(row, request.POST or None)
    if request.method == "POST" and form.is_valid():
        into = form.cleaned_data["into"]
        if carried_out(form, lambda: _retire(request, row, into)):
            if into is not None:
                return _recategorise(request, row, into)
            messages.success(request, _("%(name)s is no longer in use.") % {"name": row})
            return redirect("settings-categories")
    lying = Ticket.objects.open().filter(category=row)
    context = {
        "category": row,
        "form": form,
        "count": lying.count(),
        "tickets": lying.visible_to(request.user).with_people().order_by("id")[:SHOWN],
        "below": queries.children_of(row.pk),
    }
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    return render(request, "settings/category_retire.html", context, status=status)


def _retire(request: AuthenticatedRequest, row: Category, into: Category | None) -> Category:
    by, at = request.user, timezone.now()
    if into is None:
        return operations.change_category(row, is_active=False, by=by, at=at)
    return placing.merge_category(row, into=into, by=by, at=at)


def _recategorise(request: AuthenticatedRequest, row: Category, into: Category) -> HttpResponse:
    """As many tickets as fit into a request; where more lie, the page comes back with the rest."""
    lying = Ticket.objects.open().filter(category=row)
    result = bulk(
        change, lying.order_by("id")[: placing.AT_ONCE], category=into, by=request.user, at=timezone.now()
    )
    for ticket, refused in result.refused[:5]:
        messages.error(request, f"{ticket.number}: {refused}")
    moved = len(result.done)
    words = ngettext("%(n)d ticket went to %(name)s.", "%(n)d tickets went to %(name)s.", moved)
    messages.success(request, words % {"n": moved, "name": into})
    left = lying.count()
    if left and moved:
        words = ngettext("%(n)d ticket is left. Go on.", "%(n)d tickets are left. Go on.", left)
        messages.warning(request, words % {"n": left})
        return redirect("settings-category-retire", row.pk)
    return redirect("settings-categories")


def _named(request: AuthenticatedRequest, name: str) -> Category | None:
    return Category.objects.filter(pk=key_of(request.POST.get(name, ""))).first()


def _where(row: Category) -> str:
    order = queries.children_of(row.parent_id)
    place = {"name": row.name, "n": order.index(row) + 1, "all": len(order), "parent": row.parent}
    if row.parent:
        return _("%(name)s is at place %(n)d of %(all)d below %(parent)s.") % place
    return _("%(name)s is at place %(n)d of %(all)d at the top.") % place


def _tree(request: AuthenticatedRequest, said: str, *, is_refusal: bool = False) -> HttpResponse:
    """The tree as it is now, and for screen readers where the moved one stands."""
    if not request.headers.get("HX-Request"):
        if is_refusal:
            messages.error(request, said)
        return redirect("settings-categories")
    context = {"categories": queries.tree(), "said": said, "is_refusal": is_refusal, "swapped": True}
    return render(request, "settings/_tree.html", context)
