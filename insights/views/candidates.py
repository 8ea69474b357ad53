"""Candidates for problems: what arrives far above its own past, and what becomes of it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.keys import key_of
from insights.candidate_words import words_of
from insights.forms.candidates import DismissForm, JoinProblemForm, OpenProblemForm
from insights.models import Candidate
from insights.operations import candidates as operations
from insights.queries.candidates import PAGE, ShownCandidate, candidates_for, shown, tickets_of
from insights.views.guard import InsightsRequest, desk_insights_page
from tickets.queries.beside import with_names
from tickets.refusals import Refused

UNPROCESSABLE = 422
MOST_TICKETS = 200
OPEN, SETTLED = "open", "settled"
LISTS = {OPEN: gettext_lazy("Open"), SETTLED: gettext_lazy("Settled and passed")}


@require_safe
@desk_insights_page
def candidates(request: InsightsRequest) -> HttpResponse:
    every = candidates_for(request.user, request.scope)
    show = SETTLED if request.GET.get("show") == SETTLED else OPEN
    is_open = {"state": Candidate.State.OPEN}
    rows = every.filter(**is_open) if show == OPEN else every.exclude(**is_open)
    after = key_of(request.GET.get("after", ""))
    if after:
        rows = rows.filter(pk__lt=after)
    found = list(rows[: PAGE + 1])
    context = {
        "rows": shown(found[:PAGE], request.scope),
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "show": show,
        "lists": [(key, label, key == show) for key, label in LISTS.items()],
    }
    return render(request, "insights/candidates.html", context)


@desk_insights_page
def candidate(request: InsightsRequest, pk: int) -> HttpResponse:
    """One of them with its tickets: open a problem, join one that is there, or dismiss it."""
    row = _candidate_or_404(request, pk)
    subject, known = words_of(row)
    forms: dict[str, Any] = {
        "open": OpenProblemForm(candidate=row.candidate, subject=subject, description=known),
        "join": JoinProblemForm(user=request.user),
        "dismiss": DismissForm(),
    }
    status = 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        made: dict[str, Any] = {
            "open": lambda: OpenProblemForm(request.POST, candidate=row.candidate),
            "join": lambda: JoinProblemForm(request.POST, user=request.user),
            "dismiss": lambda: DismissForm(request.POST),
        }
        if act in made:
            forms[act] = made[act]()
            if forms[act].is_valid() and (to := _carried_out(request, row, act, forms[act])):
                return redirect(to)
        status = UNPROCESSABLE
        row = _candidate_or_404(request, pk)
    tickets = list(tickets_of(row.candidate, request.user, request.scope)[: MOST_TICKETS + 1])
    context = {
        "row": row,
        "tickets": with_names(tickets[:MOST_TICKETS]),
        "is_cut": len(tickets) > MOST_TICKETS,
        **{f"{name}_form": form for name, form in forms.items()},
    }
    return render(request, "insights/candidate.html", context, status=status)


# --- below ---


def _candidate_or_404(request: InsightsRequest, pk: int) -> ShownCandidate:
    found = candidates_for(request.user, request.scope).filter(pk=pk).first()
    if found is None:
        raise Http404
    return shown([found], request.scope)[0]


def _carried_out(request: InsightsRequest, row: ShownCandidate, act: str, form: Any) -> str:
    """Where one goes on; empty where it was refused, which the form then says."""
    facts: dict[str, Any] = {"by": request.user, "at": timezone.now()}
    try:
        if act == "dismiss":
            operations.dismiss(row.candidate, **form.cleaned_data, **facts)
            messages.success(request, _("Dismissed. The same cause raises nothing until then."))
            return "/insights/candidates/"
        if act == "open":
            opened = operations.open_problem(row.candidate, **form.cleaned_data, **facts)
        else:
            opened = operations.join_problem(row.candidate, **form.cleaned_data, **facts)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return ""
    _tell(request, opened)
    return f"/desk/tickets/{opened.problem.number}/"


def _tell(request: InsightsRequest, opened: operations.Opened) -> None:
    done, refused = len(opened.linked.done), opened.linked.refused
    told = ngettext(
        "%(n)d ticket is linked as caused by %(number)s.",
        "%(n)d tickets are linked as caused by %(number)s.",
        done,
    )
    messages.success(request, told % {"n": done, "number": opened.problem.number})
    if refused:
        why = "; ".join(sorted({str(reason) for _ticket, reason in refused}))
        left = ngettext("%(n)d could not be: %(why)s", "%(n)d could not be: %(why)s", len(refused))
        messages.warning(request, left % {"n": len(refused), "why": why})
