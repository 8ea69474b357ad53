"""Rules on trial: a draft, a period, and what would have become of its tickets."""

from datetime import date
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.keys import key_of
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_leads_and_overseers
from escalation.forms.rules import TrialForm
from escalation.operations.trying import try_rules, usual_period, with_changed
from escalation.queries.rules import rules
from escalation.rules.exchange import of_rule, write
from escalation.rules.outcomes import GONE, LATER, MOST_LISTED, NEVER, SAME
from sla.models import Simulation
from sla.views.answers import attempt
from tickets.models import Kind, Priority, Status
from tickets.queries.openable import openable

PAGE = 50
SHOWN_BEFORE = 20
REALLY = {
    SAME: gettext_lazy("the same, by a rule"),
    LATER: gettext_lazy("it came to that later"),
    NEVER: gettext_lazy("it never came to that"),
    GONE: gettext_lazy("a rule did it; the draft does not"),
}
BY = {"person": gettext_lazy("by a person"), "rule": gettext_lazy("by a rule")}
COLUMNS = {
    "team_id": gettext_lazy("moved"),
    "priority": gettext_lazy("priority"),
    "status": gettext_lazy("status"),
    "category_id": gettext_lazy("category"),
    "assignee_id": gettext_lazy("assignee"),
    "kind": gettext_lazy("kind"),
    "impact": gettext_lazy("impact"),
    "urgency": gettext_lazy("urgency"),
}
_LABELS: dict[str, Any] = {"priority": Priority, "status": Status, "kind": Kind}


@require_http_methods(["GET", "POST"])
@for_leads_and_overseers
def trial(request: AuthenticatedRequest) -> HttpResponse:
    at = timezone.now()
    form = TrialForm(request.POST or None, initial=_initial(request))
    if form.is_valid():
        asked = attempt(form, lambda: try_rules(**form.cleaned_data, by=request.user, at=at))
        if asked is not None:
            return redirect("settings-rule-trial-answer", asked.pk)
    before = Simulation.objects.filter(kind=Simulation.Kind.RULES).select_related("by").defer("answer")
    return form_page(
        request,
        "escalation/rule_trial.html",
        form,
        rules=rules(),
        before=before.order_by("-id")[:SHOWN_BEFORE],
    )


def _initial(request: AuthenticatedRequest) -> dict[str, Any]:
    """The rules in use; with one out of use put into it, where the address names it."""
    since, until = usual_period(timezone.localdate())
    drafts = [of_rule(rule) for rule in rules() if rule.current is not None and rule.is_enabled]
    text = write(drafts) if drafts else ""
    asked = rules().filter(pk=key_of(request.GET.get("rule", "")), current__isnull=False).first()
    if asked is not None:
        draft = of_rule(asked)
        text = with_changed(drafts, type(draft)(draft.name, draft.spec, draft.note, is_enabled=True))
    return {"since": since, "until": until, "text": text}


@require_GET
@for_leads_and_overseers
def answer(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Simulation.objects.select_related("by"), pk=pk, kind=Simulation.Kind.RULES)
    context: dict[str, Any] = {"row": row, **_period(row)}
    if row.state == Simulation.State.DONE and row.answer:
        context |= {"found": row.answer} | _page_of_rows(request, row.answer) | _cycles(request, row.answer)
    return render(request, "escalation/rule_trial_answer.html", context)


@require_GET
@for_leads_and_overseers
def download(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What `manage.py simulate_rules --json` writes, of the tickets that this person may see."""
    row = get_object_or_404(Simulation, pk=pk, kind=Simulation.Kind.RULES, state=Simulation.State.DONE)
    found = dict(row.answer or {})
    report = {
        "period": {"from": row.asked["since"], "to": row.asked["until"]},
        **found,
        "rows": openable(found.get("rows", []), request.user),
        "cycles": _cycles(request, found)["cycles"],
    }
    response = JsonResponse(report, json_dumps_params={"indent": 1})
    response["Content-Disposition"] = f'attachment; filename="rules-on-trial-{row.pk}.json"'
    return response


def _period(row: Simulation) -> dict[str, date]:
    return {name: date.fromisoformat(row.asked[name]) for name in ("since", "until")}


def _page_of_rows(request: AuthenticatedRequest, found: dict[str, Any]) -> dict[str, Any]:
    rows = openable(found["rows"], request.user)
    text = request.GET.get("from", "0")
    start = min(int(text), len(rows)) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    return {
        "rows": [_line(row) for row in rows[start : start + PAGE]],
        "is_cut": found["rows_total"] > MOST_LISTED,
        "hidden": len(found["rows"]) - len(rows),
        "first": start + 1,
        "last": min(start + PAGE, len(rows)),
        "listed": len(rows),
        "newer": max(start - PAGE, 0) if start else None,
        "older": start + PAGE if start + PAGE < len(rows) else None,
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "ticket": row["ticket"],
        "rule": row["rule"],
        "at": parse_datetime(row["at"]),
        "what": COLUMNS[row["column"]],
        "from": _value(row["column"], row["from"]),
        "to": _value(row["column"], row["to"]),
        "really": REALLY[row["really"]],
        "really_at": parse_datetime(row["really_at"]) if row["really"] == LATER else None,
        "really_by": BY[row["really_by"]] if row["really"] == LATER else "",
        "is_new": row["really"] in (LATER, NEVER),
        "is_gone": row["really"] == GONE,
    }


def _value(column: str, value: Any) -> Any:
    if value is None:
        return _("nobody") if column == "assignee_id" else _("nothing")
    return _LABELS[column](value).label if column in _LABELS else value


def _cycles(request: AuthenticatedRequest, found: dict[str, Any]) -> dict[str, Any]:
    """A cycle is told also where its example may not be opened; the example then is not."""
    rows = found.get("cycles", [])
    seen = {row["ticket"] for row in openable(rows, request.user)}
    return {
        "cycles": [
            row
            | {
                "ticket": row["ticket"] if row["ticket"] in seen else None,
                "path": [_value(row["column"], value) for value in row["path"]],
            }
            for row in rows
        ]
    }
