"""Where one begins: the time and version of the server, who one is, what can go wrong."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from accounts.current import current_desk
from accounts.models import Token, User
from accounts.models.tokens import SCOPES
from helpdesk import VERSION
from helpdesk.api.asking import Request
from helpdesk.api.describing import as_list, described
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.problems import KINDS, Problem, in_english, refusals, title_of, type_of
from helpdesk.api.rendering import stamp


class Start(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="The desk's name.")
    version = serializers.CharField(help_text="The product's version.")
    time = serializers.DateTimeField(help_text="The server's clock.")
    links = serializers.DictField(child=serializers.CharField())


class StartPage(Endpoint):
    @described(
        "The server's time and version",
        "The time is the server's own, so that a client can tell how far its clock is off.",
        response=Start,
        operation="start",
        example={
            "name": "Tierdesk",
            "version": VERSION,
            "time": "2026-11-27T09:00:00Z",
            "links": {"tickets": "/api/v1/tickets/", "me": "/api/v1/me/"},
        },
    )
    def get(self, request: Request) -> Response:
        names = ("me", "tickets", "schema", "docs", "problems")
        return Response(
            {
                "name": current_desk().name,
                "version": VERSION,
                "time": stamp(timezone.now()),
                "links": {name: f"/api/v1/{name}/" for name in names},
            }
        )


class MySeat(serializers.Serializer[Any]):
    team = serializers.IntegerField()
    name = serializers.CharField()
    tier = serializers.IntegerField()
    role = serializers.CharField()


class MyToken(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    max_tier = serializers.IntegerField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class Me(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField()
    timezone = serializers.CharField()
    language = serializers.CharField()
    organisation = serializers.IntegerField(allow_null=True)
    is_technician = serializers.BooleanField()
    is_vendor_guest = serializers.BooleanField()
    is_manager = serializers.BooleanField()
    is_administrator = serializers.BooleanField()
    seats = MySeat(many=True)
    token = MyToken(allow_null=True)


class MePage(Endpoint):
    @described(
        "Who you are",
        "The person that the token acts for, as it may act: a tier limit shows here.",
        response=Me,
        operation="me",
        example={
            "id": 7,
            "name": "Mira Kask",
            "email": "mira@desk.example",
            "timezone": "Europe/Berlin",
            "language": "en",
            "organisation": None,
            "is_technician": True,
            "is_vendor_guest": False,
            "is_manager": False,
            "is_administrator": False,
            "seats": [{"team": 1, "name": "Service desk", "tier": 1, "role": "technician"}],
            "token": {
                "id": 3,
                "name": "tour",
                "scopes": ["tickets:read", "tickets:write"],
                "max_tier": None,
                "expires_at": None,
            },
        },
    )
    def get(self, request: Request) -> Response:
        person = self.person
        return Response(
            {
                "id": person.pk,
                "name": person.name,
                "email": person.email,
                "timezone": person.timezone,
                "language": person.language,
                "organisation": person.organisation_id,
                "is_technician": person.is_technician,
                "is_vendor_guest": person.is_vendor_guest,
                "is_manager": person.is_manager,
                "is_administrator": person.is_administrator,
                "seats": _seats(person),
                "token": _token(request.auth),
            }
        )


def _seats(person: User) -> list[dict[str, Any]]:
    return [
        {"team": seat.team_id, "name": seat.team_name, "tier": seat.tier, "role": seat.role}
        for seat in person.seats
    ]


def _token(token: Any) -> dict[str, Any] | None:
    if not isinstance(token, Token):
        return None
    return {
        "id": token.pk,
        "name": token.name,
        "scopes": [scope for scope in SCOPES if token.allows(scope)],
        "max_tier": token.max_tier,
        "expires_at": stamp(token.expires_at),
    }


class ProblemKind(serializers.Serializer[Any]):
    type = serializers.CharField()
    code = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()
    remedy = serializers.CharField()


PROBLEM = {
    "type": type_of("not_found"),
    "code": "not_found",
    "status": 404,
    "title": in_english(KINDS["not_found"].title),
    "remedy": in_english(KINDS["not_found"].remedy),
}


def _kinds() -> dict[str, dict[str, Any]]:
    rows = {code: (status, title_of(code), words) for code, (status, words) in refusals().items()}
    rows |= {code: (kind.status, str(kind.title), str(kind.remedy)) for code, kind in KINDS.items()}
    return {
        code: {"type": type_of(code), "code": code, "status": status, "title": title, "remedy": remedy}
        for code, (status, title, remedy) in sorted(rows.items())
    }


class Problems(Endpoint):
    @described(
        "What can go wrong",
        "Every type of problem that this API answers with, and what to do about it.",
        response=as_list(ProblemKind),
        operation="problems",
        example={"results": [PROBLEM]},
    )
    def get(self, request: Request) -> Response:
        return Response({"results": list(_kinds().values())})


class OneProblem(Endpoint):
    @described(
        "One type of problem",
        "Where the `type` of a problem leads.",
        response=ProblemKind,
        operation="problem",
        example=PROBLEM,
    )
    def get(self, request: Request, code: str) -> Response:
        kind = _kinds().get(code)
        if kind is None:
            raise Problem("not_found", _("There is no problem of this type."))
        return Response(kind)
