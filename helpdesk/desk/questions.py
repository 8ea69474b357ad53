"""What the portal asks in a category: which questions, in which order and words, looked at before they hold."""

from copy import copy
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.views.guards import AuthenticatedRequest, for_administrators
from helpdesk.portal.forms import FilingForm
from tickets.models import Category, CustomField, Kind
from tickets.queries.asked import Question, form_of
from tickets.settings.fields import set_questions
from tickets.settings.sorting import moved

BUILT_IN_LABELS = {
    "impact": gettext_lazy("Who is affected?"),
    "urgency": gettext_lazy("Can you work?"),
    "location": gettext_lazy("Where?"),
    "device": gettext_lazy("Which device?"),
}
NEEDED = {"yes": True, "no": False, "": None}
ALWAYS_ANSWERED = ("impact", "urgency", "device")
"""An answer of these is chosen from the beginning, so they cannot be missing."""
PREVIEW, MOVE, INHERIT = "preview", "move", "inherit"


@require_http_methods(["GET", "POST"])
@for_administrators
def questions(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    category = get_object_or_404(Category, pk=pk)
    rows = form_of(None, category)
    if request.method == "POST":
        asked = _asked(request, rows)
        if PREVIEW in request.POST:
            return _preview(request, category, asked)
        if MOVE in request.POST:
            # Without JavaScript the arrows send the form: it comes back in the new order, not saved yet.
            asked = moved(asked, request.POST[MOVE])
            return _page(request, category, _with(category, asked))
        own = [] if INHERIT in request.POST else asked
        set_questions(category, questions=own, by=request.user, at=timezone.now())
        messages.success(request, _("Saved. It holds for what is filed from now on."))
        return redirect("settings-questions", category.pk)
    return _page(request, category, category)


def _page(request: HttpRequest, category: Category, shown_as: Category) -> HttpResponse:
    above = Category.objects.filter(pk__in=category.ancestry).exclude(pk=category.pk).exclude(questions=[])
    own = {row["ask"]: row for row in shown_as.questions_in_force}
    context = {
        "category": category,
        "rows": [_row(question, own.get(question.ask, {})) for question in form_of(None, shown_as)],
        "has_own": bool(category.questions),
        "above": above.order_by("-full_name").first(),
    }
    return render(request, "settings/questions.html", context)


def _row(question: Question, own: dict[str, Any]) -> dict[str, Any]:
    field = question.field
    return {
        "ask": question.ask,
        "field": field,
        "name": field.label if field else BUILT_IN_LABELS[question.ask],
        "hint": field.help if field else "",
        "label": own.get("label", ""),
        "help": own.get("help", ""),
        "is_asked": question.is_asked,
        "required": {True: "yes", False: "no", None: ""}[own.get("required")],
        "may_be_needed": question.ask not in ALWAYS_ANSWERED,
        "is_needed": field is not None and field.required == CustomField.Required.FILING,
    }


def _asked(request: HttpRequest, rows: list[Question]) -> list[dict[str, Any]]:
    """The rows of the form as `Category.questions` has them, in the order in which they were sent."""
    sent, known = request.POST, {row.ask for row in rows}
    order = [ask for ask in dict.fromkeys(sent.getlist("order")) if ask in known]
    found = []
    for ask in [*order, *(row.ask for row in rows if row.ask not in order)]:
        question: dict[str, Any] = {"ask": ask, "is_asked": f"asked.{ask}" in sent}
        for part, longest in (("label", 80), ("help", 200)):
            words = " ".join(sent.get(f"{part}.{ask}", "").replace("\x00", "").split())[:longest]
            if words:
                question[part] = words
        needed = NEEDED.get(sent.get(f"required.{ask}", ""))
        if needed is not None and ask not in ALWAYS_ANSWERED:
            question["required"] = needed
        found.append(question)
    return found


def _with(category: Category, asked: list[dict[str, Any]]) -> Category:
    """The category as it would be with these questions; nothing is kept."""
    changed = copy(category)
    changed.questions = changed.questions_in_force = asked
    return changed


def _preview(request: AuthenticatedRequest, category: Category, asked: list[dict[str, Any]]) -> HttpResponse:
    """The questions as a requester sees them, wide and on a phone. Nothing is kept, nothing can be sent."""
    kind = request.POST.get("kind", "")
    sent = {"kind": kind if kind in Kind.values else str(Kind.INCIDENT), "category": str(category.pk)}
    context = {
        "category": category,
        "form": FilingForm(
            None, person=request.user, initial=sent, asked=sent, shown_as=_with(category, asked)
        ),
        "second": FilingForm(
            None,
            person=request.user,
            initial=sent,
            asked=sent,
            shown_as=_with(category, asked),
            auto_id="phone_%s",
        ),
    }
    return render(request, "settings/questions_preview.html", context)
