"""What if: a period, a proposal, and what would have become of its tickets."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Tier
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_overseers
from sla import exchange
from sla.forms.whatif import WhatIfForm, last_month
from sla.models import Metric, Policy, Simulation
from sla.operations import simulating
from sla.spec import from_json
from sla.views.answers import attempt
from sla.whatif import MOST_LISTED, WAS, WOULD_BE
from tickets.queries.openable import openable

PAGE = 50
SHOWN_BEFORE = 20
VERDICTS = {
    "met": gettext_lazy("kept"),
    "breached": gettext_lazy("breached"),
    "running": gettext_lazy("still running"),
    None: gettext_lazy("nothing promised"),
}


@require_http_methods(["GET", "POST"])
@for_overseers
def what_if(request: AuthenticatedRequest) -> HttpResponse:
    at = timezone.now()
    form = WhatIfForm(request.POST or None, initial=_initial(request))
    if form.is_valid():
        asked = attempt(form, lambda: simulating.ask_what_if(**form.cleaned_data, by=request.user, at=at))
        if asked is not None:
            return redirect("settings-what-if-answer", asked.pk)
    before = Simulation.objects.filter(kind=Simulation.Kind.WHAT_IF).select_related("by").defer("answer")
    return form_page(
        request,
        "sla/what_if.html",
        form,
        policies=Policy.objects.filter(current__isnull=False),
        before=before.order_by("-id")[:SHOWN_BEFORE],
    )


@require_GET
@for_overseers
def answer(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Simulation.objects.select_related("by"), pk=pk, kind=Simulation.Kind.WHAT_IF)
    context: dict[str, Any] = {"row": row}
    if row.state == Simulation.State.DONE and row.answer:
        context |= {"tables": _tables(row.answer)} | _changed(request, row.answer)
    return render(request, "sla/what_if_answer.html", context)


@require_GET
@for_overseers
def download(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What `manage.py sla_whatif --json` writes, of the tickets that this person may see."""
    row = get_object_or_404(Simulation, pk=pk, kind=Simulation.Kind.WHAT_IF, state=Simulation.State.DONE)
    found = dict(row.answer or {})
    report = {
        "period": {"from": row.asked["since"], "to": row.asked["until"]},
        "proposal": row.asked["name"],
        **found,
        "changed": openable(found.get("changed", []), request.user),
    }
    response = JsonResponse(report, json_dumps_params={"indent": 1})
    response["Content-Disposition"] = f'attachment; filename="what-if-{row.pk}.json"'
    return response


def _initial(request: AuthenticatedRequest) -> dict[str, Any]:
    since, until = last_month(timezone.localdate())
    initial: dict[str, Any] = {"since": since, "until": until}
    key = request.GET.get("policy", "")
    if key.isdecimal() and len(key) < 10:
        policy = Policy.objects.filter(pk=int(key), current__isnull=False).select_related("current").first()
        if policy is not None and policy.current is not None:
            initial["text"] = exchange.write(policy.name, from_json(policy.current.spec))
    return initial


def _tables(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Figures as the page shows them: a table for all, for each priority, for each tier."""
    names = {str(tier.level): str(tier) for tier in Tier.objects.all()}
    by_tier = {names.get(key, key): metrics for key, metrics in found["tiers"].items()}
    return [
        {"title": _("All tickets"), "rows": _rows("", {"": found["metrics"]})},
        {"title": _("By priority"), "rows": _rows("P", found["priorities"])},
        {"title": _("By the tier where it was resolved, or where it is"), "rows": _rows("", by_tier)},
    ]


def _rows(prefix: str, groups: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    order = list(Metric.values)
    return [
        {
            "group": f"{prefix}{key}",
            "metric": Metric(metric).label,
            "was": sides[WAS],
            "would_be": sides[WOULD_BE],
            "better": _change(sides[WAS]["percent"], sides[WOULD_BE]["percent"]),
        }
        for key, metrics in groups.items()
        for metric, sides in sorted(metrics.items(), key=lambda item: order.index(item[0]))
    ]


def _change(was: float | None, would_be: float | None) -> float | None:
    return None if was is None or would_be is None else round(would_be - was, 1)


def _changed(request: AuthenticatedRequest, found: dict[str, Any]) -> dict[str, Any]:
    """A page of the clocks with another verdict."""
    rows = openable(found["changed"], request.user)
    text = request.GET.get("from", "0")
    start = min(int(text), len(rows)) if text.isdecimal() and len(text) < 9 else 0
    return {
        "changed": [_line(row) for row in rows[start : start + PAGE]],
        "changed_total": found["changed_total"],
        "is_cut": found["changed_total"] > MOST_LISTED,
        "hidden": len(found["changed"]) - len(rows),
        "first": start + 1,
        "last": min(start + PAGE, len(rows)),
        "listed": len(rows),
        "newer": max(start - PAGE, 0) if start else None,
        "older": start + PAGE if start + PAGE < len(rows) else None,
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    by = row["by_minutes"]
    return {
        "ticket": row["ticket"],
        "priority": row["priority"],
        "clock": Metric(row["clock"]).label,
        "was": VERDICTS[row[WAS]],
        "would_be": VERDICTS[row[WOULD_BE]],
        "is_worse": row[WOULD_BE] == "breached",
        "is_better": row[WAS] == "breached",
        "over": by if by is not None and by > 0 else None,
        "left": -by if by is not None and by <= 0 else None,
    }
