"""Who writes to requesters: the tiers' own policies, and what categories say otherwise."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Tier
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators
from tickets.models import Category
from tickets.settings import operations, queries
from tickets.settings.forms import WritingForm


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
