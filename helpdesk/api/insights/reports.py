"""Saved reports: kept, changed, forgotten, and counted for whoever reads them."""

from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.figures.views import GroupShape, shown_group
from helpdesk.api.inputs import Choice, Input, Text, Whole
from helpdesk.api.insights.asked import OfFigures
from helpdesk.api.problems import Problem
from helpdesk.api.rendering import stamp
from helpdesk.api.rows import row_or_404
from insights.cuts import Dimension
from insights.forms.cut import FURTHER, PERIODS
from insights.forms.cut import OWN as OWN_DAYS
from insights.forms.reports import CHARTS, ReportForm, blank, data_of
from insights.measures import MEASURES
from insights.models import SavedReport
from insights.operations.reports import (
    EVERYONE,
    LONGEST_NAME,
    MOST_FIGURES,
    OWN,
    TEAM,
    delete_report,
    save_report,
)
from insights.queries import figures as queries
from insights.queries.reports import reports_for
from insights.views.reports import Sheet

ROW = {
    "id": 7,
    "name": "Month of the service desk",
    "owner": 9,
    "audience": "everyone",
    "for_team": None,
    "period": {"period": "last-month"},
    "cut": {"team": "5"},
    "grouping": "priority",
    "figures": ["resolved", "kept_resolution"],
    "charts": ["came"],
    "changed_at": "2026-11-23T09:00:00Z",
}
GROUP = {"key": "2", "label": "High", "figures": {"resolved": {"value": 41, "n": 41, "of": 41}}}
CHART = {
    "key": "came",
    "title": "What came and what left",
    "head": ["Time", "opened", "resolved"],
    "rows": [["October 2026", "430", "412"]],
}
DATA = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "problems": [],
    "remarks": [],
    "by": "priority",
    "groups": [GROUP],
    "charts": [CHART],
}


class ReportShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    owner = serializers.IntegerField()
    audience = serializers.ChoiceField(choices=[OWN, TEAM, EVERYONE])
    for_team = serializers.IntegerField(allow_null=True)
    period = serializers.DictField(child=serializers.CharField())
    cut = serializers.DictField(child=serializers.CharField(), help_text="What narrows it.")
    grouping = serializers.CharField()
    figures = serializers.ListField(child=serializers.CharField())
    charts = serializers.ListField(child=serializers.CharField())
    changed_at = serializers.DateTimeField()


class ChartShape(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    head = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()), help_text="As people read them."
    )


class DataShape(serializers.Serializer[Any]):
    to = serializers.DateField(allow_null=True)
    problems = serializers.ListField(child=serializers.CharField(), help_text="Why nothing can be told.")
    remarks = serializers.ListField(child=serializers.CharField(), help_text="What has to be known of it.")
    by = serializers.CharField(help_text="Its grouping; `kind` where it has none.")
    groups = GroupShape(many=True)
    charts = ChartShape(many=True)

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that a class can have."""
        return {"from": serializers.DateField(allow_null=True), **super().get_fields()}


class ReportBody(Input):
    name = Text(max_length=LONGEST_NAME)
    audience = Choice(choices=[OWN, TEAM, EVERYONE], required=False, help_text="Oneself, if not said.")
    for_team = Whole(required=False, min_value=1, help_text="A team of yours, where `audience` is `team`.")
    period = Choice(
        choices=[name for name, _label in PERIODS],
        required=False,
        help_text=f"The last month, if not said; `{OWN_DAYS}` are the days of `from` and `to`.",
    )
    to = Text(required=False, max_length=10)
    cut = serializers.DictField(
        child=Text(max_length=20, allow_blank=True),
        required=False,
        help_text=f"What narrows it: {', '.join(FURTHER)}.",
    )
    grouping = Choice(choices=["", *map(str, Dimension)], required=False)
    figures = serializers.ListField(
        child=Choice(choices=list(MEASURES)), min_length=1, max_length=MOST_FIGURES
    )
    charts = serializers.ListField(child=Choice(choices=list(CHARTS)), required=False)

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that a class can have."""
        return {**super().get_fields(), "from": Text(required=False, max_length=10)}

    def validate_cut(self, cut: dict[str, str]) -> dict[str, str]:
        unknown = [name for name in cut if name not in FURTHER]
        if unknown:
            raise serializers.ValidationError(
                _("Nothing is narrowed by “%(name)s”. Known: %(known)s.")
                % {"name": unknown[0][:40], "known": ", ".join(FURTHER)}
            )
        return cut


class OfReports(OfFigures):
    def row(self, key: int) -> SavedReport:
        row: SavedReport = row_or_404(reports_for(self.person, self.scope), key)
        return row

    def said(self, data: QueryDict, given: dict[str, Any]) -> dict[str, Any]:
        """The keywords of the operation: by the form of the page, so that both refuse alike."""
        fill(data, given)
        today = self.at.astimezone(timezone.get_default_timezone()).date()
        form = ReportForm(data, user=self.person, scope=self.scope, today=today, is_sent=True)
        if not form.is_valid():
            raise serializers.ValidationError(
                {name: [str(error) for error in errors] for name, errors in form.errors.items()}
            )
        refused = [name for name in given.get("cut", {}) if name not in form.fields]
        if refused:
            raise serializers.ValidationError(
                {"cut": [_("Your figures cannot be narrowed by %(name)s.") % {"name": refused[0]}]}
            )
        return form.said


class Reports(OfReports):
    params = paging.PARAMS

    @described(
        "List saved reports",
        "Yours; at the desk also those of your teams and everyone's.",
        response=listed(ReportShape),
        example={"results": [ROW], "next": None, "previous": None},
        params=PAGING,
        operation="list_reports",
    )
    def get(self, request: Request) -> Response:
        rows = reports_for(self.person, self.scope)
        return paging.answer(request, paging.page_of(request, rows), shown)

    @described(
        "Keep a report",
        "Figures and charts of a period under a name. It counts anew whenever it is read, for whoever reads it.",
        request=ReportBody,
        response=ReportShape,
        status=201,
        sent={"name": ROW["name"], "figures": ROW["figures"], "grouping": "priority", "cut": {"team": "5"}},
        example=ROW,
        writes=True,
        operation="keep_report",
    )
    def post(self, request: Request) -> Response:
        said = self.said(blank(QueryDict()), self.read(ReportBody))
        row = save_report(None, **said, by=self.person, at=self.at)
        return Response(shown(row), status=201, headers={"Location": f"/api/v1/reports/{row.pk}/"})


class OneReport(OfReports):
    @described(
        "One saved report",
        "What it asks; `data/` answers it.",
        response=ReportShape,
        example=ROW,
        errors=(404,),
        operation="get_report",
    )
    def get(self, request: Request, key: int) -> Response:
        return Response(shown(self.row(key)))

    @described(
        "Change a report of yours",
        "What is not given stays; of `cut` and the period all is given together.",
        request=ReportBody,
        response=ReportShape,
        sent={"figures": ["resolved"]},
        example={**ROW, "figures": ["resolved"]},
        errors=(404,),
        writes=True,
        operation="change_report",
    )
    def patch(self, request: Request, key: int) -> Response:
        row = self.row(key)
        if row.owner_id != self.person.pk:
            raise Problem("not_allowed", _("Only its owner changes a report."))
        body = ReportBody(data=request.data, context={"user": self.person}, partial=True)
        body.is_valid(raise_exception=True)
        said = self.said(data_of(row), dict(body.validated_data))
        return Response(shown(save_report(row, **said, by=self.person, at=self.at)))

    @described(
        "Delete a report",
        "By its owner, managers and administrators. It is gone for everybody.",
        status=204,
        errors=(404,),
        operation="delete_report",
    )
    def delete(self, request: Request, key: int) -> Response:
        delete_report(self.row(key), by=self.person)
        return Response(status=204)


class ReportData(OfReports):
    @described(
        "A report, counted",
        "For you, as of now: nobody is told by it what their own figures leave out. Charts come as tables.",
        response=DataShape,
        example=DATA,
        errors=(404,),
        operation="get_report_data",
    )
    def get(self, request: Request, key: int) -> Response:
        sheet = Sheet(self.row(key), self.person, self.scope, at=self.at)
        cut = sheet.cut if sheet.is_told else None
        by = sheet.dimension or Dimension.KIND
        groups = queries.by(cut, by) if cut else []
        return Response(
            {
                "from": cut.period.first.isoformat() if cut else None,
                "to": cut.period.last.isoformat() if cut else None,
                "problems": sheet.problems,
                "remarks": sheet.remarks,
                "by": str(by),
                "groups": [shown_group(group, only=sheet.keys) for group in groups],
                "charts": [chart_shown(chart) for chart in sheet.charts] if cut else [],
            }
        )


def fill(data: QueryDict, given: dict[str, Any]) -> None:
    """What is given, in the words of the form."""
    if "cut" in given:
        for name in FURTHER:
            data.pop(name, None)
        for name, value in given["cut"].items():
            data[name] = value
    if "period" in given or "from" in given or "to" in given:
        for name in ("period", "from", "to"):
            data.pop(name, None)
        given.setdefault("period", OWN_DAYS)
    for name in ("name", "audience", "for_team", "period", "from", "to", "grouping"):
        if name in given:
            data[name] = str(given[name])
    for name in ("figures", "charts"):
        if name in given:
            data.setlist(name, given[name])


def shown(row: SavedReport) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "owner": row.owner_id,
        "audience": EVERYONE if row.for_everyone else TEAM if row.team_id else OWN,
        "for_team": row.team_id,
        "period": row.period,
        "cut": row.cut,
        "grouping": row.grouping,
        "figures": row.figures,
        "charts": row.charts,
        "changed_at": stamp(row.changed_at),
    }


def chart_shown(chart: Any) -> dict[str, Any]:
    rows = [[str(cell.words) for cell in row] for row in chart.table.rows]
    return {
        "key": chart.key,
        "title": str(chart.title),
        "head": [str(name) for name in chart.table.head],
        "rows": rows,
    }
