"""Webhooks themselves. Administrators keep all of them, an account of a program its own."""

from django.utils.translation import gettext as _
from rest_framework.response import Response

from accounts.models import Token
from accounts.models.tokens import Area
from delivery import operations
from delivery.models import Webhook
from delivery.permissions import may_own_webhooks, webhooks_of
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Nothing
from helpdesk.api.problems import Problem
from helpdesk.api.rows import row_or_404
from helpdesk.api.webhooks import shapes
from helpdesk.api.webhooks.inputs import ChangedWebhook, NewWebhook, WebhookInUse

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # noqa: S105  (an example)
WITH_SECRET = {**shapes.WEBHOOK, "secret": SECRET}


class WebhookEndpoint(Endpoint):
    area = Area.WEBHOOKS

    def let_in(self) -> None:
        if not may_own_webhooks(self.person):
            raise Problem("not_allowed", _("Webhooks are for administrators and accounts of programs."))
        if isinstance(self.request.auth, Token) and self.request.auth.max_tier is not None:
            detail = "A webhook has all the rights of its owner, and this token has less. Use one without a tier limit."
            raise Problem("not_allowed", detail)

    def one(self, key: int) -> Webhook:
        return row_or_404(webhooks_of(self.person), key)


def with_secret(row: Webhook, secret: str, *, status: int) -> Response:
    """What is kept for a repeated request holds no secret."""
    response = Response(shapes.webhook(row) | {"secret": secret}, status=status)
    response.shown_once = ("secret",)  # type: ignore[attr-defined]
    return response


class Webhooks(WebhookEndpoint):
    params = paging.PARAMS

    @described(
        "List webhooks",
        "Those that you keep: administrators all, a program its own, by name.",
        response=listed(shapes.WebhookShape),
        example={"results": [shapes.WEBHOOK], "next": None, "previous": None},
        params=PAGING,
        operation="list_webhooks",
    )
    def get(self, request: Request) -> Response:
        rows = webhooks_of(self.person)
        return paging.answer(request, paging.page_of(request, rows, column="name"), shapes.webhook)

    @described(
        "Add a webhook",
        "With `kinds` it is told of events of the tickets that its owner may open, from now on. The secret that signs "
        "its messages is in this answer and in no other.",
        request=NewWebhook,
        response=shapes.WebhookWithSecret,
        status=201,
        sent={
            "name": "Status board",
            "url": "https://board.example.com/in",
            "kinds": ["ticket.*"],
            "filter": {"field": "priority", "op": "is", "value": "1"},
        },
        example=WITH_SECRET,
        writes=True,
        operation="add_webhook",
    )
    def post(self, request: Request) -> Response:
        row, secret = operations.create_webhook(**self.read(NewWebhook), by=self.person, at=self.at)
        response = with_secret(row, secret, status=201)
        response["Location"] = f"/api/v1/webhooks/{row.pk}/"
        return response


class OneWebhook(WebhookEndpoint):
    @described(
        "One webhook",
        "As it is kept; its secret is shown when it is made or renewed, and never again.",
        response=shapes.WebhookShape,
        example=shapes.WEBHOOK,
        operation="get_webhook",
    )
    def get(self, request: Request, key: int) -> Response:
        return Response(shapes.webhook(self.one(key)))

    @described(
        "Change a webhook",
        "What is not given stays. What waits for it goes to the new address.",
        request=ChangedWebhook,
        response=shapes.WebhookShape,
        sent={"kinds": ["ticket.opened", "ticket.resolved"], "filter": {}},
        example={**shapes.WEBHOOK, "kinds": ["ticket.opened", "ticket.resolved"], "filter": {}},
        writes=True,
        operation="change_webhook",
    )
    def patch(self, request: Request, key: int) -> Response:
        row = self.one(key)
        given = self.read(ChangedWebhook)
        return Response(shapes.webhook(operations.change_webhook(row, **given, by=self.person, at=self.at)))

    @described(
        "Delete a webhook",
        "For good, with the log of its calls. What waits for it is given up. 409 where rules or scripts call it.",
        status=204,
        errors=(409,),
        operation="delete_webhook",
    )
    def delete(self, request: Request, key: int) -> Response:
        operations.delete_webhook(self.one(key), by=self.person, at=self.at)
        return Response(status=204)


class Use(WebhookEndpoint):
    @described(
        "Put a webhook to use, or out of use",
        "Out of use nothing is sent to it; what waits is given up and can be sent later, and what happens meanwhile it "
        "is not told of.",
        request=WebhookInUse,
        response=shapes.WebhookShape,
        sent={"is_enabled": False},
        example={
            **shapes.WEBHOOK,
            "is_enabled": False,
            "off_because": "by_hand",
            "off_at": "2026-11-27T10:00:00Z",
        },
        writes=True,
        operation="use_webhook",
    )
    def post(self, request: Request, key: int) -> Response:
        row = self.one(key)
        given = self.read(WebhookInUse)
        return Response(shapes.webhook(operations.use_webhook(row, **given, by=self.person, at=self.at)))


class Test(WebhookEndpoint):
    @described(
        "Send a test",
        "One message of the type `test`, once, past all that waits, also where the webhook is out of use. What came "
        "back stands among its calls a moment later.",
        request=Nothing,
        response=shapes.WebhookMessage,
        status=202,
        sent={},
        example={**shapes.MESSAGE, "state": "waiting", "attempts": 0, "max_attempts": 1, "last_error": ""},
        writes=True,
        operation="test_webhook",
    )
    def post(self, request: Request, key: int) -> Response:
        row = self.one(key)
        self.read(Nothing)
        sent = operations.try_webhook(row, by=self.person, at=self.at)
        return Response(shapes.message(sent), status=202)


class RenewSecret(WebhookEndpoint):
    @described(
        "Renew the secret",
        "The new one is in this answer alone. For 24 hours each message is signed with both, so that the receiver can "
        "be changed meanwhile.",
        request=Nothing,
        response=shapes.WebhookWithSecret,
        sent={},
        example={**WITH_SECRET, "old_secret_until": "2026-11-28T09:00:00Z"},
        writes=True,
        operation="renew_secret_of_webhook",
    )
    def post(self, request: Request, key: int) -> Response:
        row = self.one(key)
        self.read(Nothing)
        secret = operations.renew_secret(row, by=self.person, at=self.at)
        return with_secret(self.one(key), secret, status=200)


class EndOldSecret(WebhookEndpoint):
    @described(
        "End the old secret",
        "Before its 24 hours are over: the receiver knows the new one, or the old one has become known.",
        request=Nothing,
        response=shapes.WebhookShape,
        sent={},
        example=shapes.WEBHOOK,
        writes=True,
        operation="end_old_secret_of_webhook",
    )
    def post(self, request: Request, key: int) -> Response:
        row = self.one(key)
        self.read(Nothing)
        return Response(shapes.webhook(operations.end_old_secret(row, by=self.person, at=self.at)))
