"""Deliveries of every kind: mails, webhooks, rules that are asked."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from accounts.models.tokens import Area
from delivery import handlers, operations
from delivery.models import Delivery
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.params import choice_of, refuse
from helpdesk.api.problems import Problem
from helpdesk.api.rows import row_or_404
from helpdesk.api.webhooks import shapes
from helpdesk.api.webhooks.calls import STATE, Tried
from helpdesk.api.webhooks.inputs import WhichMessages
from helpdesk.desk.guard import pk_of

MAIL = {
    **shapes.MESSAGE,
    "kind": "mail",
    "webhook": None,
    "event": None,
    "last_error": "TimeoutError: timed out",
}


class DeliveryEndpoint(Endpoint):
    area = Area.DELIVERIES

    def let_in(self) -> None:
        if not self.person.is_administrator:
            raise Problem("not_allowed", _("Deliveries are for administrators."))


class Deliveries(DeliveryEndpoint):
    params = frozenset({"state", "kind", "webhook", "ticket", *paging.PARAMS})

    @described(
        "List deliveries",
        "What leaves the desk, newest first: what waits, what was given up (`state=dead`), and what was done within 30 "
        "days.",
        response=shapes.MESSAGES,
        example={"results": [MAIL], "next": None, "previous": None},
        params=(
            *PAGING,
            STATE,
            OpenApiParameter("kind", str, description="Such as mail or webhook."),
            OpenApiParameter(
                "webhook", {"type": "integer", "minimum": 1}, description="To this webhook, by its id."
            ),
            OpenApiParameter("ticket", str, description="About this ticket, such as TD-1042."),
        ),
        operation="list_deliveries",
    )
    def get(self, request: Request) -> Response:
        page = paging.page_of(request, _rows(request), column="created_at", descending=True)
        return paging.answer(request, page, shapes.message)


class OneDelivery(DeliveryEndpoint):
    @described(
        "One delivery",
        "How it stands: attempts, the next one, the last error.",
        response=shapes.WebhookMessage,
        example=MAIL,
        operation="get_delivery",
    )
    def get(self, request: Request, key: int) -> Response:
        return Response(shapes.message(row_or_404(Delivery.objects.all(), key)))


class Replay(DeliveryEndpoint):
    @described(
        "Try deliveries again",
        "Some by their ids, or all that were given up since a time, with all their attempts. What is done stays done.",
        request=WhichMessages,
        response=Tried,
        sent={"ids": [8812, 8813]},
        example={"tried_again": 2},
        writes=True,
        operation="replay_deliveries",
    )
    def post(self, request: Request) -> Response:
        given = self.read(WhichMessages)
        count = (
            operations.replay(given["ids"], by=self.person, at=self.at)
            if "ids" in given
            else operations.replay_since(given["since"], by=self.person, at=self.at)
        )
        return Response({"tried_again": count})


def _rows(request: Request) -> Any:
    rows = Delivery.objects.all()
    state = choice_of(request, "state", ["", *Delivery.State.values], "")
    kind = choice_of(request, "kind", ["", *handlers.kinds()], "")
    asked = request.query_params
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    if "webhook" in asked:
        rows = rows.filter(webhook_id=_number(asked["webhook"]))
    if "ticket" in asked:
        key = pk_of(asked["ticket"])
        if not key:
            raise refuse("ticket", _("Give a ticket's number, such as TD-1042."))
        rows = rows.filter(ticket_number=key)
    return rows


def _number(given: str) -> int:
    if not (given.isascii() and given.isdecimal() and 0 < len(given) < 19 and int(given)):
        raise refuse("webhook", _("Give the webhook's id, a whole number."))
    return int(given)
