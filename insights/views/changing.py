"""What to change: who used the time of broken promises, how good hand-offs are, what rules did, which articles."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from escalation.permissions import may_read_rules
from insights.queries import articles as articles_
from insights.queries import breaches, budget, handoffs, rules
from insights.views.asked import Asked
from insights.views.guard import InsightsRequest, desk_insights_page
from sla.models import Metric

UNPROCESSABLE = 422


@require_safe
@desk_insights_page
def budget_page(request: InsightsRequest) -> HttpResponse:
    """Of broken promises of a resolution, who used the time; beside it the same without agreed exceptions."""
    asked = Asked(request, at=timezone.now())
    context: dict[str, Any] = _context(request, asked, "budget")
    if asked.cut is not None:
        broken = breaches.breaches(asked.cut, metric=Metric.RESOLUTION)
        every = breaches.ended(broken)
        found = budget.budget_of(every)
        held = {share.key: share for share in found.shares}
        if every.filter(has_exception=True).exists():
            held = {share.key: share for share in budget.budget_of(every.filter(has_exception=False)).shares}
        context |= {
            "budget": found,
            "still_open": broken.count() - found.tickets,
            "lines": [(share, held.get(share.key)) for share in found.shares],
            "tickets_query": _days(asked),
        }
    return _answer(request, "insights/budget.html", asked, context)


@require_safe
@desk_insights_page
def handoffs_page(request: InsightsRequest) -> HttpResponse:
    """Ratings and returns by pair of teams and reason, and what was missing."""
    asked = Asked(request, at=timezone.now())
    context = _context(request, asked, "hand-offs")
    if asked.cut is not None:
        context["quality"] = handoffs.quality(asked.cut)
    return _answer(request, "insights/hand_offs.html", asked, context)


@require_safe
@desk_insights_page
def rules_page(request: InsightsRequest) -> HttpResponse:
    """What each rule did, what it saved and what it caused."""
    asked = Asked(request, at=timezone.now())
    context = _context(request, asked, "rules")
    if asked.cut is not None:
        context["effects"] = rules.effects(asked.cut)
    context["may_open"] = may_read_rules(request.user)
    return _answer(request, "insights/rules.html", asked, context)


@require_safe
@desk_insights_page
def articles_page(request: InsightsRequest) -> HttpResponse:
    """What is missing, what has gone stale, and what articles prevent since the first day."""
    asked = Asked(request, at=timezone.now())
    context = _context(request, asked, "articles")
    if asked.cut is not None:
        context["told"] = articles_.told(request.user, asked.cut.period, today=asked.today)
        context["period"] = asked.cut.period
    return _answer(request, "insights/articles.html", asked, context)


def _context(request: InsightsRequest, asked: Asked, name: str) -> dict[str, Any]:
    query = request.GET.urlencode()
    return {"asked": asked, "export": f"{reverse('insights-export')}?list={name}&{query}"}


def _answer(request: InsightsRequest, template: str, asked: Asked, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, context, status=200 if asked.cut is not None else UNPROCESSABLE)


def _days(asked: Asked) -> str:
    """What the lists behind these numbers carry along."""
    query = asked.params.copy()
    for name in ("metric", "hands", "cause", "excepted", "after", "before"):
        query.pop(name, None)
    return query.urlencode()
