"""Broken promises: a list to say why, one by one by a key or many at once; and a page for each."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.keys import key_of
from accounts.views.way_back import way_back
from insights.breaches import read_token
from insights.forms.breaches import KEYS, BulkForm, CauseForm, ExceptionForm
from insights.models import Cause
from insights.operations import causes as operations
from insights.permissions import may_agree_exceptions, may_name_cause, may_read_breach
from insights.queries import breaches as queries
from insights.queries.breaches import UNTOLD, Row
from insights.views.asked import Asked
from insights.views.guard import InsightsRequest, desk_insights_page
from sla.models import Metric
from tickets.models import NUMBER_PREFIX, Ticket
from tickets.permissions import is_desk
from tickets.refusals import Refused

UNPROCESSABLE = 422


@dataclass(frozen=True)
class Choice:
    """A cause with its digit."""

    value: str
    label: str
    key: str


def choices() -> list[Choice]:
    return [Choice(cause.value, str(cause.label), KEYS[cause]) for cause in Cause]


@require_safe
@desk_insights_page
def breaches(request: InsightsRequest) -> HttpResponse:
    asked = Asked(request, at=timezone.now())
    chosen = {name: request.GET.get(name, "") for name in ("metric", "cause", "excepted", "hands")}
    context: dict[str, Any] = {
        "asked": asked,
        "chosen": chosen,
        "choices": choices(),
        "may_except": may_agree_exceptions(request.user),
        "metrics": [(metric.value, metric.label) for metric in Metric if metric != Metric.PROMISE],
        "causes": [(UNTOLD, _("nobody has said")), *Cause.choices],
        "export": f"{reverse('insights-export')}?list=breaches&{request.GET.urlencode()}",
    }
    if asked.cut is None:
        return render(request, "insights/breaches.html", context, status=UNPROCESSABLE)
    shown = queries.chosen(asked.cut, chosen)
    page = queries.page_of(
        queries.openable(shown, request.user),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    n_shown, n_hidden = queries.totals(shown, request.user)
    told = queries.causes(
        asked.cut,
        metric=chosen["metric"],
        hands=chosen["hands"],
        total=None if chosen["cause"] or chosen["excepted"] else n_shown,
    )
    context |= {
        "page": page,
        "rows": queries.told(page.rows, at=asked.at),
        "told": told,
        "total": sum(one.n for one in told),
        "hidden": n_hidden if request.scope.is_everything else 0,
        "here": request.get_full_path(),
    }
    return render(request, "insights/breaches.html", context)


@desk_insights_page
def breach(request: InsightsRequest, token: str) -> HttpResponse:
    """One broken promise: why, in whose words before, and what was agreed about it."""
    row = _row_or_404(request, token)
    forms: dict[str, Any] = {
        "cause": CauseForm(initial={"cause": row.cause, "words": row.words}),
        "agree": ExceptionForm(),
    }
    status = 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        form = ExceptionForm(request.POST) if act == "agree" else CauseForm(request.POST)
        if act == "withdraw":
            return _withdraw(request, row)
        if form.is_valid() and _carried_out(request, row, act, form):
            return redirect("insights-breach", token)
        forms["agree" if act == "agree" else "cause"], status = form, UNPROCESSABLE
    context = {
        "row": row,
        "cause_form": forms["cause"],
        "exception_form": forms["agree"],
        "history": queries.history(row.key),
        "exceptions": queries.exceptions(row.key),
        "may_name": may_name_cause(request.user, row.ticket),
        "may_except": may_agree_exceptions(request.user),
    }
    return render(request, "insights/breach.html", context, status=status)


@require_POST
@desk_insights_page
def name_cause(request: InsightsRequest, token: str) -> HttpResponse:
    """By a key or from the list: htmx gets the cell anew, others the page that they came from."""
    row = _row_or_404(request, token)
    operations.set_cause(
        row.ticket,
        metric=row.key.metric,
        scope=row.key.scope,
        cause=request.POST.get("cause", ""),
        words=row.words if request.POST.get("cause") else "",
        by=request.user,
        at=timezone.now(),
    )
    if not request.htmx:
        return redirect(_back(request))
    row.cause = request.POST.get("cause", "")
    context = {"row": row, "choices": choices(), "is_saved": True, "here": request.POST.get("back", "")}
    return render(request, "insights/_cause.html", context)


@require_POST
@desk_insights_page
def bulk(request: InsightsRequest) -> HttpResponse:
    """A cause or an exception for all that are ticked."""
    act = "agree" if request.POST.get("act") == "agree" else "cause"
    form = BulkForm(request.POST, act=act)
    keys = queries.named(request.POST.getlist("breach")[: operations.MOST_AT_ONCE], request.user)
    if not keys:
        messages.error(request, _("Tick the broken promises first that this is about."))
        return redirect(_back(request))
    if not form.is_valid():
        messages.error(request, str(NEEDED[act]))
        return redirect(_back(request))
    said, at = form.cleaned_data, timezone.now()
    if act == "agree":
        done = operations.agree_exceptions(keys, reason=said["reason"], by=request.user, at=at)
    else:
        done = operations.set_causes(keys, cause=said["cause"], by=request.user, at=at)
    if done.done:
        words = ngettext("Saved for %(n)s broken promise.", "Saved for %(n)s broken promises.", done.done)
        messages.success(request, words % {"n": done.done})
    for _number, why in done.refused:
        messages.warning(request, why)
    return redirect(_back(request))


NEEDED = {
    "cause": gettext_lazy("Choose the cause for what is ticked."),
    "agree": gettext_lazy("Write why these are not held against the desk, in at most 300 characters."),
}


@require_safe
@desk_insights_page
def of_ticket(request: InsightsRequest, number: str) -> HttpResponse:
    """For the ticket's page: what it broke, each with its cause."""
    key = key_of(number.upper().removeprefix(NUMBER_PREFIX))
    ticket = Ticket.objects.visible_to(request.user).filter(pk=key).first()
    if ticket is None:
        raise Http404
    is_theirs = is_desk(request.user) and may_name_cause(request.user, ticket)
    rows = queries.of_ticket(ticket, at=timezone.now()) if is_theirs else []
    return render(request, "insights/_of_ticket.html", {"rows": rows, "choices": choices(), "ticket": ticket})


# --- below ---


def _row_or_404(request: InsightsRequest, token: str) -> Row:
    key = read_token(token)
    row = queries.one(key, request.user, at=timezone.now()) if key else None
    if row is None or not may_read_breach(request.user, row.ticket):
        raise Http404
    return row


def _carried_out(request: InsightsRequest, row: Row, act: str, form: CauseForm | ExceptionForm) -> bool:
    """Whether the operation did it; its refusal has become an error of the form."""
    act_of = operations.agree_exception if act == "agree" else operations.set_cause
    try:
        act_of(
            row.ticket,
            metric=row.key.metric,
            scope=row.key.scope,
            by=request.user,
            at=timezone.now(),
            **form.cleaned_data,
        )
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return False
    messages.success(request, _("Saved."))
    return True


def _withdraw(request: InsightsRequest, row: Row) -> HttpResponse:
    operations.withdraw_exception(
        row.ticket, metric=row.key.metric, scope=row.key.scope, by=request.user, at=timezone.now()
    )
    messages.success(request, _("The exception is withdrawn."))
    return redirect("insights-breach", row.token)


def _back(request: InsightsRequest) -> str:
    return way_back(request, name="back", otherwise=reverse("insights-breaches"))
