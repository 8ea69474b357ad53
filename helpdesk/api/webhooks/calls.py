"""What was sent to a webhook, what came back, what waits and what was given up."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from delivery import operations
from delivery.models import Delivery, WebhookCall
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.inputs import Nothing
from helpdesk.api.params import choice_of
from helpdesk.api.rows import row_or_404
from helpdesk.api.webhooks import shapes
from helpdesk.api.webhooks.inputs import WhichMessages
from helpdesk.api.webhooks.views import WebhookEndpoint

STATE = OpenApiParameter("state", str, enum=Delivery.State.values, description="Only these.")


class Tried(serializers.Serializer[Any]):
    tried_again = serializers.IntegerField(help_text="How many.")


class Messages(WebhookEndpoint):
    params = frozenset({"state", *paging.PARAMS})

    @described(
        "Messages to a webhook",
        "What waits, what has arrived lately, and what was given up (`state=dead`), newest first.",
        response=shapes.MESSAGES,
        example={"results": [shapes.MESSAGE], "next": None, "previous": None},
        params=(*PAGING, STATE),
        operation="list_messages_of_webhook",
    )
    def get(self, request: Request, key: int) -> Response:
        rows = Delivery.objects.filter(webhook_id=self.one(key).pk)
        state = choice_of(request, "state", ["", *Delivery.State.values], "")
        if state:
            rows = rows.filter(state=state)
        page = paging.page_of(request, rows, column="created_at", descending=True)
        return paging.answer(request, page, shapes.message)


class Replay(WebhookEndpoint):
    @described(
        "Send messages again",
        "Some by their ids, or all that were given up since a time; each as the same message, with all its attempts. "
        "What has arrived is not sent again here.",
        request=WhichMessages,
        response=Tried,
        sent={"since": "2026-11-27T00:00:00Z"},
        example={"tried_again": 12},
        writes=True,
        operation="replay_messages_of_webhook",
    )
    def post(self, request: Request, key: int) -> Response:
        row = self.one(key)
        given = self.read(WhichMessages)
        count = (
            operations.replay_for(row, given["ids"], by=self.person, at=self.at)
            if "ids" in given
            else operations.replay_since_for(row, given["since"], by=self.person, at=self.at)
        )
        return Response({"tried_again": count})


class Calls(WebhookEndpoint):
    params = paging.PARAMS

    @described(
        "Calls of a webhook",
        "Every attempt of the last 30 days, newest first.",
        response=listed(shapes.CallShape),
        example={"results": [shapes.CALL], "next": None, "previous": None},
        params=PAGING,
        operation="list_calls_of_webhook",
    )
    def get(self, request: Request, key: int) -> Response:
        rows = WebhookCall.objects.filter(webhook=self.one(key)).defer("body", "answer", "headers")
        page = paging.page_of(request, rows, column="created_at", descending=True)
        return paging.answer(request, page, shapes.call)


class _OfCall(WebhookEndpoint):
    def call(self, key: int, call: int) -> WebhookCall:
        rows = WebhookCall.objects.select_related("webhook").filter(webhook=self.one(key))
        return row_or_404(rows, call)


class OneCall(_OfCall):
    @described(
        "One call",
        "With the message to the letter, its headers, and what came back.",
        response=shapes.WholeCall,
        example=shapes.WHOLE_CALL,
        operation="get_call_of_webhook",
    )
    def get(self, request: Request, key: int, call: int) -> Response:
        return Response(shapes.whole_call(self.call(key, call)))


class Again(_OfCall):
    @described(
        "Send the message of a call once more",
        "As the same message where it was given up or still waits, else as a new delivery with the same id. 409 for "
        "what a script has asked for.",
        request=Nothing,
        response=shapes.WebhookMessage,
        status=202,
        sent={},
        example={**shapes.MESSAGE, "state": "waiting", "attempts": 0, "last_error": ""},
        writes=True,
        operation="repeat_call_of_webhook",
    )
    def post(self, request: Request, key: int, call: int) -> Response:
        row = self.call(key, call)
        self.read(Nothing)
        sent = operations.send_again(row, by=self.person, at=self.at)
        return Response(shapes.message(sent), status=202)
