"""Hand-offs between tiers: who gave what to whom, and what came of it. For the desk; a vendor's guest knows none."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from escalation.models import Handoff, HandoffRating, Reason, ReturnReason
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, as_list, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.params import choice_of
from helpdesk.api.problems import Problem
from helpdesk.api.rendering import stamp
from helpdesk.desk.guard import ticket_or_404
from tickets.models import NUMBER_PREFIX, Ticket
from tickets.permissions import is_desk

ROW = {
    "id": 31,
    "ticket": "TD-1042",
    "from": {"tier": 1, "team": 2},
    "to": {"tier": 2, "team": 5},
    "reason": "needs_expertise",
    "by": 7,
    "rule": None,
    "at": "2026-11-26T08:00:00Z",
    "state": "returned",
    "ended_at": "2026-11-26T08:20:00Z",
    "ended_by": 12,
    "return_reason": "information_missing",
    "rating": "incomplete",
}
ANY = "any"


class HandoffSide(serializers.Serializer[Any]):
    tier = serializers.IntegerField()
    team = serializers.IntegerField()


class HandoffShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    ticket = serializers.CharField()
    to = HandoffSide()
    reason = serializers.ChoiceField(choices=["", *Reason.values])
    by = serializers.IntegerField(allow_null=True, help_text="Null where a rule or an import did it.")
    rule = serializers.CharField(allow_null=True, help_text="The rule that moved it.")
    at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=Handoff.State.values)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.IntegerField(allow_null=True)
    return_reason = serializers.ChoiceField(choices=["", *ReturnReason.values])
    rating = serializers.ChoiceField(choices=["", *HandoffRating.values])

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's, so it cannot be written above."""
        return {**super().get_fields(), "from": HandoffSide()}


class HandoffEndpoint(Endpoint):
    area = Area.RULES

    def let_in(self) -> None:
        if not is_desk(self.person) or self.person.is_vendor_guest:
            raise Problem("not_allowed", _("Hand-offs are for the desk."))


def shown(row: Handoff) -> dict[str, Any]:
    return {
        "id": row.pk,
        "ticket": f"{NUMBER_PREFIX}{row.ticket_id}",
        "from": {"tier": row.from_tier, "team": row.from_team_id},
        "to": {"tier": row.to_tier, "team": row.to_team_id},
        "reason": row.reason,
        "by": row.by_id,
        "rule": row.firing.version.rule.name if row.firing else None,
        "at": stamp(row.at),
        "state": row.state,
        "ended_at": stamp(row.ended_at),
        "ended_by": row.ended_by_id,
        "return_reason": row.return_reason,
        "rating": row.rating,
    }


def _rows() -> "QuerySet[Handoff]":
    return Handoff.objects.select_related("firing__version__rule")


class Handoffs(HandoffEndpoint):
    params = frozenset({"state", *paging.PARAMS})

    @described(
        "List hand-offs",
        "Of the tickets that you may open, the newest first.",
        response=listed(HandoffShape),
        example={"results": [ROW], "next": None, "previous": None},
        params=(
            *PAGING,
            OpenApiParameter("state", str, enum=[ANY, *Handoff.State.values], description="Only these."),
        ),
        operation="list_handoffs",
    )
    def get(self, request: Request) -> Response:
        state = choice_of(request, "state", (ANY, *Handoff.State.values), ANY)
        rows = _rows().filter(ticket__in=Ticket.objects.visible_to(self.person))
        if state != ANY:
            rows = rows.filter(state=state)
        return paging.answer(request, paging.page_of(request, rows, descending=True), shown)


class TicketHandoffs(HandoffEndpoint):
    @described(
        "Hand-offs of a ticket",
        "From the first to the last.",
        response=as_list(HandoffShape),
        example={"results": [ROW]},
        operation="list_ticket_handoffs",
    )
    def get(self, request: Request, number: str) -> Response:
        ticket = ticket_or_404(self.person, number)
        return Response({"results": [shown(row) for row in _rows().filter(ticket=ticket).order_by("id")]})
