"""What became of each resolution: asked about or why not, and what was answered. For managers and administrators."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.params import choice_of, key_of, refuse
from helpdesk.api.problems import Problem
from helpdesk.api.rendering import stamp
from helpdesk.desk.guard import pk_of
from insights.cuts import Scope
from insights.models import Settled, Survey, SurveySettings, WhyNot
from insights.queries.surveys import SHOWN, openable, within
from tickets.models import NUMBER_PREFIX, Kind

ROW = {
    "id": 310,
    "ticket": "TD-1042",
    "kind": "incident",
    "tier": 2,
    "team": 5,
    "category": 14,
    "organisation": 3,
    "person": None,
    "resolved_at": "2026-11-23T09:10:00Z",
    "why_not": "",
    "asked_at": "2026-11-23T09:10:02Z",
    "reminded_at": None,
    "answered_at": "2026-11-23T11:40:00Z",
    "score": 2,
    "comment": "It came back after lunch.",
    "is_low": True,
    "settled_as": "reopened",
    "settled_at": "2026-11-23T12:05:00Z",
}
STATES = ("any", "asked", "not_asked", "answered", "low", "open")


class SurveyShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    ticket = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.values)
    tier = serializers.IntegerField(help_text="Where it was resolved, as all that follows.")
    team = serializers.IntegerField()
    category = serializers.IntegerField(allow_null=True)
    organisation = serializers.IntegerField(allow_null=True)
    person = serializers.IntegerField(
        allow_null=True, help_text="Whose answer it is; null unless the settings let managers see it."
    )
    resolved_at = serializers.DateTimeField()
    why_not = serializers.ChoiceField(choices=["", *WhyNot.values], help_text="Why nobody was asked.")
    asked_at = serializers.DateTimeField(allow_null=True)
    reminded_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    score = serializers.IntegerField(allow_null=True, min_value=1, max_value=5)
    comment = serializers.CharField(allow_null=True, help_text="Null without one, and where it was redacted.")
    is_low = serializers.BooleanField()
    settled_as = serializers.ChoiceField(choices=["", *Settled.values])
    settled_at = serializers.DateTimeField(allow_null=True)


class Surveys(Endpoint):
    area = Area.INSIGHTS
    params = frozenset({"state", "score", "ticket", "team", *paging.PARAMS})

    def let_in(self) -> None:
        if not (self.person.is_manager or self.person.is_administrator):
            raise Problem("not_allowed", _("Surveys are for managers and administrators."))

    @described(
        "List surveys",
        "One for each resolution, the newest first, of the tickets that you may open: whether somebody was asked "
        "how it went, or why not, and what was answered. Answers are given by people, not by programs.",
        response=listed(SurveyShape),
        example={"results": [ROW], "next": None, "previous": None},
        params=(
            *PAGING,
            OpenApiParameter(
                "state",
                str,
                enum=STATES,
                description="Only these; `open` are low scores about which nothing was done yet.",
            ),
            OpenApiParameter(
                "score", {"type": "integer", "minimum": 1, "maximum": 5}, description="Only this."
            ),
            OpenApiParameter("ticket", str, description="About this ticket, such as TD-1042."),
            OpenApiParameter(
                "team", {"type": "integer", "minimum": 1}, description="Resolved by this team, by its id."
            ),
        ),
        operation="list_surveys",
    )
    def get(self, request: Request) -> Response:
        page = paging.page_of(request, self._rows(request), descending=True)
        shows_names = SurveySettings.load().shows_names
        return paging.answer(request, page, lambda row: shown(row, shows_names=shows_names))

    def _rows(self, request: Request) -> Any:
        rows = openable(within(Scope()), self.person).select_related("comment")
        state = choice_of(request, "state", STATES, "any")
        if state in ("asked", "not_asked"):
            rows = rows.filter(asked_at__isnull=state == "not_asked")
        elif state != "any":
            rows = rows.filter(SHOWN["" if state == "answered" else state], answered_at__isnull=False)
        if (score := request.query_params.get("score")) is not None:
            rows = rows.filter(SHOWN[choice_of(request, "score", ("1", "2", "3", "4", "5"), score)])
        if (team := key_of(request, "team")) is not None:
            rows = rows.filter(team=team)
        if "ticket" in request.query_params:
            number = pk_of(request.query_params["ticket"])
            if not number:
                raise refuse("ticket", _("Give a ticket's number, such as TD-1042."))
            rows = rows.filter(ticket=number)
        return rows


def shown(row: Survey, *, shows_names: bool) -> dict[str, Any]:
    has_words = row.comment is not None and row.comment.redacted_at is None
    return {
        "id": row.pk,
        "ticket": f"{NUMBER_PREFIX}{row.ticket_id}",
        "kind": row.kind,
        "tier": row.level,
        "team": row.team_id,
        "category": row.category_id,
        "organisation": row.organisation_id,
        "person": row.person_id if shows_names else None,
        "resolved_at": stamp(row.resolved_at),
        "why_not": row.why_not,
        "asked_at": stamp(row.asked_at),
        "reminded_at": stamp(row.reminded_at),
        "answered_at": stamp(row.answered_at),
        "score": row.score,
        "comment": row.comment.body if row.comment is not None and has_words else None,
        "is_low": row.is_low,
        "settled_as": row.settled_as,
        "settled_at": stamp(row.settled_at),
    }
