"""Published months: frozen figures, and what would be told otherwise today."""

import re
from datetime import date
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from accounts.models import Organisation
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.inputs import Input, RowKey
from helpdesk.api.insights.asked import OfFigures
from helpdesk.api.params import refuse
from helpdesk.api.problems import Problem
from helpdesk.api.rendering import stamp
from helpdesk.api.rows import row_or_404
from insights.models import Correction, PublishedMonth
from insights.operations.publishing import compare, publish_month
from insights.queries.months import published_for, rank, whose
from tickets.models import NUMBER_PREFIX, Ticket

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
ROW = {
    "id": 4,
    "month": "2026-10",
    "organisation": None,
    "published_by": 9,
    "published_at": "2026-11-02T08:00:00Z",
}
FIGURES = {
    "incident.resolved": {"value": 412, "n": 412, "of": 412},
    "incident.promise.resolution": {"kept": 371, "broken": 41, "excepted": 3},
}
CORRECTION = {
    "figure": "incident.resolved",
    "was": {"value": 412, "n": 412, "of": 412},
    "now": {"value": 411, "n": 411, "of": 411},
    "tickets": ["TD-1042"],
    "at": "2026-11-09T02:10:00Z",
}


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d{2}$"})
class Month(serializers.Field[Any, Any, Any, Any]):
    """A calendar month, such as 2026-10."""

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not MONTH.fullmatch(data) or data < "1970":
            raise ValidationError(_("Give a month, such as 2026-10."))
        return date.fromisoformat(f"{data}-01")

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "integer", "minimum": 1})
class Whose(RowKey):
    missing = _lazy("There is no such organisation. Leave it out for the whole desk.")

    def find(self, key: int) -> Organisation | None:
        return whose().filter(pk=key).first()


class MonthShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    month = serializers.CharField()
    organisation = serializers.IntegerField(allow_null=True, help_text="Whose; null is the whole desk's.")
    published_by = serializers.IntegerField(allow_null=True, help_text="Null outside the desk.")
    published_at = serializers.DateTimeField()


class CorrectionShape(serializers.Serializer[Any]):
    figure = serializers.CharField()
    was = serializers.DictField()
    now = serializers.DictField()
    tickets = serializers.ListField(
        child=serializers.CharField(), help_text="By which they differ, as far as you may open them."
    )
    at = serializers.DateTimeField(help_text="Since when it is known.")


class OneMonthShape(MonthShape):
    figures = serializers.DictField(
        child=serializers.DictField(), help_text="As they were told, by kind and measure; they never change."
    )
    corrections = CorrectionShape(many=True, help_text="The newest of a figure is what would be told today.")
    is_purged = serializers.BooleanField(
        help_text="Tickets of it were deleted for good: it is compared no more."
    )


class Publish(Input):
    month = Month(help_text="One that is over.")
    organisation = Whose(required=False, help_text="Whose; left out for the whole desk's.")


class OfMonths(OfFigures):
    def let_in(self) -> None:
        super().let_in()
        if self.scope.teams is not None:
            raise Problem("not_allowed", _("Published months are for managers and for who they are about."))

    def row(self, key: int) -> PublishedMonth:
        row: PublishedMonth = row_or_404(published_for(self.person, self.scope), key)
        return row

    def shown(self, row: PublishedMonth) -> dict[str, Any]:
        return {
            "id": row.pk,
            "month": f"{row.month:%Y-%m}",
            "organisation": row.organisation_id,
            "published_by": None if self.scope.organisation else row.by_id,
            "published_at": stamp(row.at),
        }

    def in_full(self, row: PublishedMonth, *, is_purged: bool = False) -> dict[str, Any]:
        corrections = list(row.corrections.order_by("at", "pk"))
        keys = {key for one in corrections for key in one.tickets}
        theirs = set(Ticket.objects.visible_to(self.person).filter(pk__in=keys).values_list("pk", flat=True))
        return {
            **self.shown(row),
            "figures": {key: row.figures[key] for key in sorted(row.figures, key=rank)},
            "corrections": [correction(one, theirs) for one in corrections],
            "is_purged": is_purged,
        }


class Months(OfMonths):
    params = paging.PARAMS

    @described(
        "List published months",
        "All of them for managers and administrators, for an organisation's manager its own: the newest first.",
        response=listed(MonthShape),
        example={"results": [ROW], "next": None, "previous": None},
        params=PAGING,
        operation="list_months",
    )
    def get(self, request: Request) -> Response:
        rows = published_for(self.person, self.scope)
        page = paging.page_of(request, rows, column="month", descending=True)
        return paging.answer(request, page, self.shown)

    @described(
        "Publish a month",
        "Its figures are frozen with the tickets behind them. What changes later is a correction beside it.",
        request=Publish,
        response=OneMonthShape,
        status=201,
        sent={"month": "2026-10"},
        example={**ROW, "figures": FIGURES, "corrections": [], "is_purged": False},
        errors=(409,),
        writes=True,
        operation="publish_month",
    )
    def post(self, request: Request) -> Response:
        row = publish_month(**self.read(Publish), by=self.person, at=self.at)
        return Response(self.in_full(row), status=201)


class OneMonth(OfMonths):
    @described(
        "One published month",
        "As it was told, and beside it what would be told otherwise today: it is held against the facts when asked.",
        response=OneMonthShape,
        example={**ROW, "figures": FIGURES, "corrections": [CORRECTION], "is_purged": False},
        errors=(404,),
        operation="get_month",
    )
    def get(self, request: Request, key: int) -> Response:
        row = self.row(key)
        found = compare(row, at=self.at)
        return Response(self.in_full(row, is_purged=found.is_purged))


class NumbersShape(serializers.Serializer[Any]):
    ticket = serializers.CharField()


class MonthTickets(OfMonths):
    params = frozenset({"figure", *paging.PARAMS})

    @described(
        "The tickets of a published figure",
        "Those that it counted when it was published, as far as you may open them; `hidden` says of how many you may "
        "not.",
        response=listed(NumbersShape),
        example={"results": [{"ticket": "TD-1042"}], "next": None, "previous": None, "total": 1, "hidden": 0},
        params=(
            *PAGING,
            OpenApiParameter(
                "figure",
                str,
                required=True,
                description="A key of `figures`; of promises and goals also with `.not`, of promises `.excepted`.",
            ),
        ),
        errors=(404,),
        operation="list_month_tickets",
    )
    def get(self, request: Request, key: int) -> Response:
        row, figure = self.row(key), request.query_params.get("figure", "")
        if figure not in row.figures and figure not in row.tickets:
            raise refuse("figure", _("Name a figure of this month by its key, such as incident.resolved."))
        keys = row.tickets.get(figure)
        if keys is None:
            raise Http404
        rows = Ticket.objects.visible_to(self.person).filter(pk__in=keys)
        page = paging.page_of(request, rows, descending=True)
        return paging.answer(
            request,
            page,
            lambda ticket: {"ticket": ticket.number},
            total=len(keys),
            hidden=len(keys) - rows.count(),
        )


def correction(row: Correction, theirs: set[int]) -> dict[str, Any]:
    return {
        "figure": row.figure,
        "was": row.was,
        "now": row.now,
        "tickets": [f"{NUMBER_PREFIX}{key}" for key in row.tickets if key in theirs],
        "at": stamp(row.at),
    }
