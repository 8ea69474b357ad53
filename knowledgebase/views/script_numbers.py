"""What became of a script: its runs and how they ended, where people drop out, and what they would change."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.views.guards import AuthenticatedRequest, for_the_desk
from knowledgebase.models import StepSuggestion
from knowledgebase.operations.suggesting_steps import settle_suggestion
from knowledgebase.queries.run_numbers import numbers_of
from knowledgebase.queries.sops import page_of_sops, page_of_suggestions
from knowledgebase.views.scripts import about, sop_or_404
from tickets.refusals import Refused

SPANS = {"30": 30, "90": 90, "365": 365}


@require_GET
@for_the_desk
def sops(request: AuthenticatedRequest) -> HttpResponse:
    """The scripts that this person may edit."""
    page = page_of_sops(
        request.user, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    return render(request, "knowledgebase/scripts/list.html", {"page": page})


@require_GET
@for_the_desk
def numbers(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    article = sop_or_404(request, pk)
    days = SPANS.get(request.GET.get("days", ""), 90)
    context = {**about(article), "here": "numbers", "days": days, "spans": list(SPANS.values())}
    if article.published is not None:
        since = timezone.now() - timedelta(days=days)
        context["numbers"] = numbers_of(article, article.published, since=since)
    return render(request, "knowledgebase/scripts/numbers.html", context)


@require_GET
@for_the_desk
def suggestions(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    article = sop_or_404(request, pk)
    page = page_of_suggestions(
        article, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    context = {**about(article), "here": "suggestions", "page": page}
    return render(request, "knowledgebase/scripts/suggestions.html", context)


@require_POST
@for_the_desk
def settle(request: AuthenticatedRequest, pk: int, suggestion: int) -> HttpResponse:
    article = sop_or_404(request, pk)
    row = get_object_or_404(StepSuggestion, pk=suggestion, article=article)
    try:
        settle_suggestion(
            row,
            is_taken=request.POST.get("take") == "yes",
            answer=request.POST.get("answer", ""),
            by=request.user,
            at=timezone.now(),
        )
    except Refused as refused:
        messages.error(request, _("“%(step)s”: %(why)s") % {"step": row.step, "why": refused})
    else:
        messages.success(request, _("Answered: whoever suggested it sees it here."))
    return redirect("script-suggestions", article.pk)
