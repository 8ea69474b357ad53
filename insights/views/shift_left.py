"""The shift-left report: what the upper tiers solve again and again, and what should be written about it next."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.keys import key_of
from insights.forms.candidates import AsideForm
from insights.models import Repeat
from insights.operations import repeating
from insights.queries.repeats import ShownRepeat, Stands, latest_done, repeats_of, rows_of, under_way
from insights.views.guard import InsightsRequest, desk_insights_page
from knowledgebase.models import ArticleKind
from knowledgebase.operations import learning
from tickets.models import Ticket
from tickets.refusals import Refused

NEXT = 10
PAGE = 25
MOST_TICKETS = 200

LISTS = {
    Stands.TO_WRITE: gettext_lazy("To write"),
    Stands.OPEN_UP: gettext_lazy("Not for L1 yet"),
    Stands.DRAFTED: gettext_lazy("Drafts begun"),
    Stands.COVERED: gettext_lazy("Covered"),
    Stands.ASIDE: gettext_lazy("Set aside"),
}


@dataclass(frozen=True)
class Listed:
    """One of the lists, how long it is, and whether it is the one that is shown."""

    key: str
    label: str
    n: int
    is_current: bool


@dataclass(frozen=True)
class Sum:
    """What all repeats together cost, and how that is known."""

    repeats: int
    tickets: int
    seconds: int
    logged: int

    @classmethod
    def of(cls, rows: list[ShownRepeat]) -> "Sum":
        return cls(
            len(rows),
            sum(row.tickets for row in rows),
            sum(row.seconds for row in rows),
            sum(row.logged for row in rows),
        )

    @property
    def worked(self) -> int:
        return self.tickets - self.logged


@require_safe
@desk_insights_page
def report(request: InsightsRequest) -> HttpResponse:
    run = latest_done()
    rows = repeats_of(run, request.user, request.scope) if run else []
    asked = request.GET.get("show", "")
    stands = Stands(asked) if asked in set(Stands) else Stands.TO_WRITE
    chosen = [row for row in rows if row.stands == stands]
    size = NEXT if stands == Stands.TO_WRITE else PAGE
    start = min(key_of(request.GET.get("from", "")), max(0, len(chosen) - 1))
    context: dict[str, Any] = {
        "run": run,
        "job": under_way(),
        "rows": chosen[start : start + size],
        "newer": max(0, start - size) if start else None,
        "older": start + size if start + size < len(chosen) else None,
        "most": max((row.seconds for row in rows), default=0),
        "stands": stands,
        "sum": Sum.of(rows),
        "lists": [
            Listed(key.value, str(label), sum(row.stands == key for row in rows), key == stands)
            for key, label in LISTS.items()
        ],
    }
    return render(request, "insights/shift_left.html", context)


@require_POST
@desk_insights_page
def search(request: InsightsRequest) -> HttpResponse:
    """Have it worked out anew; the report shows how far it is."""
    try:
        repeating.ask(by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("insights-shift-left")


@require_safe
@desk_insights_page
def progress(request: InsightsRequest) -> HttpResponse:
    """The part of the report that tells how far a search is; the whole page once it is done."""
    job = under_way()
    if job is None or job.is_finished:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "insights/_repeat_job.html", {"job": job})


@require_safe
@desk_insights_page
def repeat(request: InsightsRequest, pk: int) -> HttpResponse:
    """One repeat with its tickets."""
    row = _repeat_or_404(request, pk)
    tickets = list(rows_of(row.repeat, request.user, request.scope)[: MOST_TICKETS + 1])
    context = {
        "row": row,
        "tickets": tickets[:MOST_TICKETS],
        "is_cut": len(tickets) > MOST_TICKETS,
        "kinds": [(kind.value, kind.label) for kind in learning.KINDS],
        "usual": learning.usual_kind(Ticket.objects.get(pk=row.middle)),
        "aside_form": AsideForm(),
    }
    return render(request, "insights/repeat.html", context)


@require_POST
@desk_insights_page
def draft(request: InsightsRequest, pk: int) -> HttpResponse:
    """Begin an article with the ticket in its middle, and go on where the draft is looked through."""
    row = _repeat_or_404(request, pk)
    ticket = Ticket.objects.visible_to(request.user).get(pk=row.middle)
    kind = request.POST.get("kind", "")
    if kind not in set(ArticleKind):
        kind = learning.usual_kind(ticket)
    try:
        article = learning.publish_from_ticket(ticket, kind=kind, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("insights-repeat", pk)
    messages.success(request, _("A draft is begun with the words of %(number)s.") % {"number": ticket.number})
    return redirect(f"/desk/drafts/{article.pk}/")


@require_POST
@desk_insights_page
def aside(request: InsightsRequest, pk: int) -> HttpResponse:
    row, form = _repeat_or_404(request, pk), AsideForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    repeating.set_aside(row.repeat, reason=reason, by=request.user, at=timezone.now())
    messages.success(request, _("“%(title)s” is set aside.") % {"title": row.title})
    return redirect("insights-shift-left")


@require_POST
@desk_insights_page
def back(request: InsightsRequest, pk: int) -> HttpResponse:
    row = _repeat_or_404(request, pk)
    repeating.bring_back(row.repeat, by=request.user)
    messages.success(request, _("“%(title)s” is back in the list.") % {"title": row.title})
    return redirect("insights-repeat", pk)


# --- below ---


def _repeat_or_404(request: InsightsRequest, pk: int) -> ShownRepeat:
    """Of the newest search or an older one that is kept; one without three tickets of the reader's is none."""
    found = Repeat.objects.select_related("run").filter(pk=pk).first()
    rows = repeats_of(found.run, request.user, request.scope, only=found.pk) if found else []
    if not rows:
        raise Http404
    return rows[0]
