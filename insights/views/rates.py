"""What an hour on each tier costs, since when, and how figures are told."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import AccountEvent, Tier
from accounts.sentences import lines as sentences
from accounts.views.answers import UNPROCESSABLE, carried_out
from insights.forms.rates import FigureSettingsForm, RateForm
from insights.models import FigureSettings, TierRate
from insights.operations.rates import change_figures, set_rate
from insights.rate_kinds import FIGURES_CHANGED, RATE_SET
from insights.views.guard import InsightsRequest, overseers_insights_page

MOST_CHANGES = 20


@dataclass(frozen=True)
class RateLine:
    tier: str
    money: str
    first_day: date
    is_in_force: bool
    """Today; others were before, or are to come."""


@require_safe
@overseers_insights_page
def rates(request: InsightsRequest) -> HttpResponse:
    return _show(request, _rate_form(request), FigureSettingsForm(instance=FigureSettings.load()))


@require_POST
@overseers_insights_page
def add_rate(request: InsightsRequest) -> HttpResponse:
    form = _rate_form(request)
    if form.is_valid() and carried_out(
        form, lambda: set_rate(by=request.user, at=timezone.now(), **form.keywords)
    ):
        messages.success(request, _("Saved."))
        return redirect("insights-rates")
    return _show(request, form, FigureSettingsForm(instance=FigureSettings.load()), status=UNPROCESSABLE)


@require_POST
@overseers_insights_page
def settings(request: InsightsRequest) -> HttpResponse:
    form = FigureSettingsForm(request.POST, instance=FigureSettings.load())
    if form.is_valid() and carried_out(
        form, lambda: change_figures(by=request.user, at=timezone.now(), **form.cleaned_data)
    ):
        messages.success(request, _("Saved."))
        return redirect("insights-rates")
    fresh = RateForm(today=_today(), currency=FigureSettings.load().currency)
    return _show(request, fresh, form, status=UNPROCESSABLE)


def _rate_form(request: InsightsRequest) -> RateForm:
    return RateForm(request.POST or None, today=_today(), currency=FigureSettings.load().currency)


def _show(
    request: InsightsRequest, form: RateForm, settings_form: FigureSettingsForm, *, status: int = 200
) -> HttpResponse:
    kinds = (RATE_SET, FIGURES_CHANGED)
    changes = AccountEvent.objects.filter(kind__in=kinds).select_related("by").order_by("-id")[:MOST_CHANGES]
    context = {
        "form": form,
        "settings_form": settings_form,
        "rates": _lines(_today()),
        "currency": FigureSettings.load().currency,
        "lines": sentences(changes),
    }
    return render(request, "insights/rates.html", context, status=status)


def _today() -> date:
    return timezone.now().astimezone(timezone.get_default_timezone()).date()


def _lines(today: date) -> list[RateLine]:
    """By tier, the newest first; of two for the same day the one that counts."""
    tiers = {tier.level: str(tier) for tier in Tier.objects.all()}
    rows = {(row.level, row.first_day): row for row in TierRate.objects.order_by("id")}
    found, seen = [], set()
    for level, first_day in sorted(rows, key=lambda key: (key[0], -key[1].toordinal())):
        is_in_force = first_day <= today and level not in seen
        if is_in_force:
            seen.add(level)
        money = f"{rows[level, first_day].cents / 100:.2f}"
        found.append(RateLine(tiers.get(level, f"L{level}"), money, first_day, is_in_force))
    return found
