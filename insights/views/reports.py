"""Saved reports: the list, building one, and the report itself, which prints as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from insights.charts import Cell, Chart, Table
from insights.cuts import LABELS, Cut, Dimension, Scope
from insights.forms.reports import ReportForm, blank, charts_for, data_of, dimensions, is_told, query_of
from insights.measures import MEASURES
from insights.models import SavedReport
from insights.operations.reports import delete_report, save_report
from insights.queries import figures as figures_
from insights.queries.reports import lost, reports_for, retired
from insights.views.asked import Asked, Figure, key_figures, link, together, words_of
from insights.views.guard import InsightsRequest, insights_page
from insights.views.overview import Overview
from insights.views.promises import Promises
from insights.views.tiers import Tiers
from insights.views.times import Times
from tickets.refusals import Refused

UNPROCESSABLE = 422
MOST_LISTED = 200
Draw = Callable[[Asked, Cut], Chart | None]
DRAW: dict[str, Draw] = {
    "came": lambda asked, cut: Overview(asked, cut).came_and_left,
    "backlog": lambda asked, cut: Overview(asked, cut).backlog,
    "ages": lambda asked, cut: Overview(asked, cut).ages,
    "arrivals": lambda asked, cut: Overview(asked, cut).arrivals,
    "kept": lambda asked, cut: Promises(asked, cut).trend,
    "times": lambda asked, cut: Times(asked, cut).trend,
    "spread": lambda asked, cut: Times(asked, cut).spread,
    "shares": lambda asked, cut: Tiers(asked, cut).shares,
    "flow": lambda asked, cut: Tiers(asked, cut).flow,
}


@require_safe
@insights_page
def reports(request: InsightsRequest) -> HttpResponse:
    rows = reports_for(request.user, request.scope)[:MOST_LISTED]
    return render(request, "insights/reports.html", {"reports": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@insights_page
def new_report(request: InsightsRequest) -> HttpResponse:
    """Of the page that one comes from, or of last month."""
    return _edit(request, None, blank(request.GET))


@require_http_methods(["GET", "HEAD", "POST"])
@insights_page
def edit_report(request: InsightsRequest, pk: int) -> HttpResponse:
    row = _report_or_404(request, pk)
    if row.owner_id != request.user.pk:
        raise Http404
    return _edit(request, row, data_of(row))


@require_POST
@insights_page
def drop_report(request: InsightsRequest, pk: int) -> HttpResponse:
    row = _report_or_404(request, pk)
    delete_report(row, by=request.user)
    messages.success(request, _("%(name)s is deleted.") % {"name": row.name})
    return redirect("insights-reports")


@require_safe
@insights_page
def report(request: InsightsRequest, pk: int) -> HttpResponse:
    row = _report_or_404(request, pk)
    sheet = Sheet(row, request.user, request.scope, at=timezone.now())
    query = urlencode({"list": "report", "report": row.pk})
    context = {
        "row": row,
        "sheet": sheet,
        "may_edit": row.owner_id == request.user.pk,
        "may_delete": row.owner_id == request.user.pk or request.scope.is_everything,
        "export": f"{reverse('insights-export')}?{query}",
    }
    return render(request, "insights/report.html", context)


# --- A report, counted ---


@dataclass(frozen=True)
class _Reader:
    """What `Asked` reads of a request."""

    user: User
    scope: Scope
    GET: QueryDict


class Sheet:
    """A report as it stands now, for this reader: nobody is told by it what their scope leaves out."""

    def __init__(self, row: SavedReport, user: User, scope: Scope, *, at: datetime) -> None:
        self.row, self.scope = row, scope
        self.asked = Asked(cast(InsightsRequest, _Reader(user, scope, query_of(row))), at=at)
        self.cut = self.asked.cut
        self.keys = [key for key in row.figures if key in MEASURES and is_told(key, scope)]

    @cached_property
    def problems(self) -> list[str]:
        """Why it cannot be told, or what one should know of it."""
        gone = lost(self.row)
        if gone or self.cut is not None:
            return gone
        return [
            _("This report is about something that is not yours to count: %(fields)s.")
            % {
                "fields": ", ".join(
                    str(self.asked.form.fields[name].label) for name in self.asked.form.errors
                )
            }
        ]

    @property
    def remarks(self) -> list[str]:
        return retired(self.row)

    @property
    def is_told(self) -> bool:
        return self.cut is not None and not self.problems

    @cached_property
    def dimension(self) -> Dimension | None:
        known = dict(dimensions(self.scope))
        return Dimension(self.row.grouping) if self.row.grouping in known else None

    @property
    def dimension_label(self) -> str:
        return str(LABELS[self.dimension]) if self.dimension else ""

    @property
    def narrowed(self) -> list[tuple[str, str]]:
        """By what, and to what."""
        return [(label, value) for label, value, _url in self.asked.form.pills]

    @property
    def about(self) -> str:
        return together(self.cut) if self.cut and self.dimension != Dimension.KIND else ""

    @cached_property
    def figures(self) -> list[Figure]:
        """Of incidents and requests apart, with how they went."""
        return key_figures(self.cut, self.keys) if self.cut else []

    @cached_property
    def table(self) -> Table | None:
        if self.cut is None or self.dimension is None:
            return None
        rows = [
            [
                Cell(group.label),
                *(
                    Cell(words_of(group.values, key), link(group.cut, MEASURES[key], group.values.get(key)))
                    for key in self.keys
                ),
            ]
            for group in figures_.by(self.cut, self.dimension)
        ]
        return Table([self.dimension_label, *(str(MEASURES[key].label) for key in self.keys)], rows)

    @cached_property
    def charts(self) -> list[Chart]:
        if self.cut is None:
            return []
        allowed = dict(charts_for(self.scope))
        drawn = (DRAW[key](self.asked, self.cut) for key in self.row.charts if key in DRAW and key in allowed)
        return [chart for chart in drawn if chart is not None]


# --- below ---


def _edit(request: InsightsRequest, row: SavedReport | None, shown: QueryDict) -> HttpResponse:
    at = timezone.now()
    is_sent = request.method == "POST"
    form = ReportForm(
        request.POST if is_sent else shown,
        user=request.user,
        scope=request.scope,
        today=at.astimezone(timezone.get_default_timezone()).date(),
        is_sent=is_sent,
    )
    if is_sent and form.is_valid():
        try:
            saved = save_report(row, **form.said, by=request.user, at=at)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("insights-report", saved.pk)
    status = UNPROCESSABLE if is_sent else 200
    return render(request, "insights/report_form.html", {"form": form, "row": row}, status=status)


def _report_or_404(request: InsightsRequest, pk: int) -> SavedReport:
    row = reports_for(request.user, request.scope).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row
