"""What articles prevent, for those who write them and those who answer for the desk; and how it is measured."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import may_administer
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators, for_the_desk
from knowledgebase.forms.deflection import ControlForm
from knowledgebase.models import SuggestionSettings
from knowledgebase.operations import tuning
from knowledgebase.queries.deflection import ARTICLE_COLUMNS, MOST_ARTICLES, numbers
from knowledgebase.views.answers import attempt

SPANS = {"30": 30, "90": 90, "365": 365}


@require_safe
@for_the_desk
def prevented(request: AuthenticatedRequest) -> HttpResponse:
    """Shown, read, solved, filed anyway: by article and by category; and the measured effect."""
    days = SPANS.get(request.GET.get("days", ""), 90)
    by = request.GET.get("by", "")
    by = by if by in ARTICLE_COLUMNS else "shown"
    context = {
        "days": days,
        "spans": list(SPANS.values()),
        "by": by,
        "most": MOST_ARTICLES,
        "numbers": numbers(request.user, since=(timezone.now() - timedelta(days=days)).date(), by=by),
        "control_percent": SuggestionSettings.load().control_percent,
        "may_set": may_administer(request.user),
    }
    return render(request, "knowledgebase/prevented.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def control(request: AuthenticatedRequest) -> HttpResponse:
    known = SuggestionSettings.load().control_percent
    form = ControlForm(request.POST or None, initial={"percent": known})
    if form.is_valid():
        saved = attempt(
            form, lambda: tuning.set_control(by=request.user, at=timezone.now(), **form.cleaned_data)
        )
        if saved is not None:
            messages.success(request, _("Saved. It holds for forms that are begun from now on."))
            return redirect("settings-suggestions")
    return form_page(request, "knowledgebase/suggestion_settings.html", form)
