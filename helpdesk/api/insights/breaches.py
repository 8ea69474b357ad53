"""Broken promises: which, why, and what is not held against the desk."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.inputs import Choice, Input, Nothing, Text
from helpdesk.api.insights.asked import OF_CUT, OfTheDesk
from helpdesk.api.params import choice_of
from helpdesk.api.rendering import stamp
from insights.breaches import read_token
from insights.models import METRICS, BreachException, Cause
from insights.operations import causes as operations
from insights.operations.causes import LONGEST_WORDS, MOST_AT_ONCE
from insights.permissions import may_read_breach
from insights.queries import breaches as queries
from insights.queries.breaches import UNTOLD, Row

ANY = "any"
CAUSES = (ANY, UNTOLD, *Cause.values)
EXCEPTED = (ANY, "yes", "no")

BREACH = {
    "id": "1042-resolution-0",
    "ticket": "TD-1042",
    "metric": "resolution",
    "tier": None,
    "vendor": "",
    "priority": 2,
    "team": 5,
    "breached_at": "2026-11-23T15:00:00Z",
    "target_seconds": 14400,
    "used_seconds": 19800,
    "over_seconds": 5400,
    "goes_on": False,
    "hands": [{"key": "tier-2", "label": "L2", "seconds": 16200}],
    "cause": "information",
    "words": "Nobody knew the circuit's number.",
    "exception": None,
}
EXCEPTION = {
    "reason": "The move was announced.",
    "approved_by": 9,
    "at": "2026-11-24T08:00:00Z",
    "withdrawn_by": None,
    "withdrawn_at": None,
}
SAID = {"cause": "information", "words": "", "by": 12, "at": "2026-11-23T16:00:00Z"}


class HandShape(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    seconds = serializers.IntegerField(help_text="What the clock counted, in business time.")


class ExceptionShape(serializers.Serializer[Any]):
    reason = serializers.CharField()
    approved_by = serializers.IntegerField()
    at = serializers.DateTimeField()
    withdrawn_by = serializers.IntegerField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class SaidShape(serializers.Serializer[Any]):
    cause = serializers.ChoiceField(choices=["", *Cause.values], help_text="Empty where it was taken back.")
    words = serializers.CharField()
    by = serializers.IntegerField()
    at = serializers.DateTimeField()


class BreachShape(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Ticket, promise and whose it is, in one word.")
    ticket = serializers.CharField()
    metric = serializers.ChoiceField(choices=METRICS)
    tier = serializers.IntegerField(
        allow_null=True, help_text="Whose promise it was, of those between tiers."
    )
    vendor = serializers.CharField(help_text="Whose promise it was, of a vendor's; else empty.")
    priority = serializers.IntegerField()
    team = serializers.IntegerField()
    breached_at = serializers.DateTimeField()
    target_seconds = serializers.IntegerField(help_text="Business time, as the next two.")
    used_seconds = serializers.IntegerField()
    over_seconds = serializers.IntegerField()
    goes_on = serializers.BooleanField(help_text="Nobody has kept it yet: it grows.")
    hands = HandShape(many=True, help_text="Of a resolution: who used the time.")
    cause = serializers.ChoiceField(choices=["", *Cause.values])
    words = serializers.CharField()
    exception = ExceptionShape(allow_null=True, help_text="The agreed exception that stands.")


class OneBreachShape(BreachShape):
    said = SaidShape(many=True, help_text="Every word about it, the newest first.")
    exceptions = ExceptionShape(many=True, help_text="Those that were ever agreed, the newest first.")


class RefusedShape(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    detail = serializers.CharField()


class DoneShape(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    refused = RefusedShape(many=True)


class Named(Input):
    cause = Choice(choices=["", *Cause.values], help_text="Empty takes back what was said.")
    words = Text(max_length=LONGEST_WORDS, required=False, allow_blank=True, default="")


class Agreed(Input):
    reason = Text(max_length=LONGEST_WORDS, help_text="Why it is not held against the desk.")


def _many() -> serializers.ListField:
    return serializers.ListField(
        child=Text(max_length=60), min_length=1, max_length=MOST_AT_ONCE, help_text="By their `id`."
    )


class ManyNamed(Named):
    breaches = _many()


class ManyAgreed(Agreed):
    breaches = _many()


class OfBreaches(OfTheDesk):
    def row(self, token: str) -> Row:
        key = read_token(token)
        row = queries.one(key, self.person, at=self.at) if key else None
        if row is None or not may_read_breach(self.person, row.ticket):
            raise Http404
        return row


class Breaches(OfBreaches):
    params = frozenset(
        {*(one.name for one in OF_CUT), "metric", "cause", "excepted", "hands", *paging.PARAMS}
    )

    @described(
        "List broken promises",
        "Those whose time ran out in the period, also where the ticket is still open, as far as you may open it: "
        "the newest first.",
        response=listed(BreachShape),
        example={"results": [BREACH], "next": None, "previous": None},
        params=(
            *PAGING,
            *OF_CUT,
            OpenApiParameter("metric", str, enum=[ANY, *METRICS], description="Only this promise."),
            OpenApiParameter("cause", str, enum=CAUSES, description="Only these; `untold` have none."),
            OpenApiParameter(
                "excepted", str, enum=EXCEPTED, description="With an agreed exception, or without."
            ),
            OpenApiParameter(
                "hands", str, description="Resolutions of whose time they used a part, such as `tier-2`."
            ),
        ),
        operation="list_breaches",
    )
    def get(self, request: Request) -> Response:
        asked = {
            "metric": choice_of(request, "metric", (ANY, *METRICS), ANY),
            "cause": choice_of(request, "cause", CAUSES, ANY),
            "excepted": choice_of(request, "excepted", EXCEPTED, ANY),
        }
        chosen = {name: "" if value == ANY else value for name, value in asked.items()}
        chosen["hands"] = request.query_params.get("hands", "")
        rows = queries.openable(queries.chosen(self.cut(request), chosen), self.person)
        page = paging.page_of(request, rows.select_related("ticket"), column="breached_at", descending=True)
        return paging.answer(request, page, [shown(row) for row in queries.told(page.rows, at=self.at)])


class OneBreach(OfBreaches):
    @described(
        "One broken promise",
        "With every word that was said about it, and every exception that was agreed.",
        response=OneBreachShape,
        example={**BREACH, "said": [SAID], "exceptions": [EXCEPTION]},
        errors=(404,),
        operation="get_breach",
    )
    def get(self, request: Request, token: str) -> Response:
        return Response(in_full(self.row(token)))


class BreachCause(OfBreaches):
    @described(
        "Say why a promise was broken",
        "For the team that has the ticket, its leads, and the lead of the team that resolved it. Former words stay.",
        request=Named,
        response=OneBreachShape,
        sent={"cause": "information", "words": "Nobody knew the circuit's number."},
        example={**BREACH, "said": [SAID], "exceptions": []},
        errors=(404, 409),
        writes=True,
        operation="name_breach_cause",
    )
    def post(self, request: Request, token: str) -> Response:
        row = self.row(token)
        said: dict[str, Any] = {"metric": row.key.metric, "scope": row.key.scope, **self.read(Named)}
        operations.set_cause(row.ticket, **said, by=self.person, at=self.at)
        return Response(in_full(self.row(token)))


class BreachAgreed(OfBreaches):
    @described(
        "Agree to an exception",
        "For managers, who approve it by name: a second column, no figure changes by it. One that stands gets the "
        "new reason.",
        request=Agreed,
        response=OneBreachShape,
        sent={"reason": "The move was announced."},
        example={**BREACH, "exception": EXCEPTION, "said": [SAID], "exceptions": [EXCEPTION]},
        errors=(404, 409),
        writes=True,
        operation="agree_breach_exception",
    )
    def post(self, request: Request, token: str) -> Response:
        row = self.row(token)
        said: dict[str, Any] = {"metric": row.key.metric, "scope": row.key.scope, **self.read(Agreed)}
        operations.agree_exception(row.ticket, **said, by=self.person, at=self.at)
        return Response(in_full(self.row(token)))


class BreachWithdrawn(OfBreaches):
    @described(
        "Withdraw an exception",
        "That it was agreed stays to be read.",
        request=Nothing,
        response=OneBreachShape,
        sent={},
        example={**BREACH, "said": [SAID], "exceptions": [EXCEPTION]},
        errors=(404, 409),
        writes=True,
        operation="withdraw_breach_exception",
    )
    def post(self, request: Request, token: str) -> Response:
        row = self.row(token)
        self.read(Nothing)
        operations.withdraw_exception(
            row.ticket, metric=row.key.metric, scope=row.key.scope, by=self.person, at=self.at
        )
        return Response(in_full(self.row(token)))


class NameCauses(OfBreaches):
    @described(
        "Say why many were broken",
        "One cause for all of them; what is refused is told, the rest is done.",
        request=ManyNamed,
        response=DoneShape,
        sent={"breaches": ["1042-resolution-0"], "cause": "vendor"},
        example={"done": 1, "refused": []},
        writes=True,
        operation="name_breach_causes",
    )
    def post(self, request: Request) -> Response:
        said = self.read(ManyNamed)
        keys = queries.named(said.pop("breaches"), self.person)
        return done(operations.set_causes(keys, **said, by=self.person, at=self.at))


class AgreeExceptions(OfBreaches):
    @described(
        "Agree to many exceptions",
        "One reason for all of them; what is refused is told, the rest is done.",
        request=ManyAgreed,
        response=DoneShape,
        sent={"breaches": ["1042-resolution-0"], "reason": "The move was announced."},
        example={"done": 1, "refused": []},
        writes=True,
        operation="agree_breach_exceptions",
    )
    def post(self, request: Request) -> Response:
        said = self.read(ManyAgreed)
        keys = queries.named(said.pop("breaches"), self.person)
        return done(operations.agree_exceptions(keys, **said, by=self.person, at=self.at))


def done(found: operations.Done) -> Response:
    refused = [{"ticket": number, "detail": why} for number, why in found.refused]
    return Response({"done": found.done, "refused": refused})


def shown(row: Row) -> dict[str, Any]:
    return {
        "id": row.token,
        "ticket": row.ticket.number,
        "metric": row.key.metric,
        "tier": row.level,
        "vendor": row.about,
        "priority": row.fact.priority,
        "team": row.ticket.team_id,
        "breached_at": stamp(row.fact.breached_at),
        "target_seconds": row.fact.target_seconds,
        "used_seconds": int(row.used.total_seconds()),
        "over_seconds": int(row.over.total_seconds()),
        "goes_on": row.goes_on,
        "hands": [{"key": one.key, "label": one.label, "seconds": one.seconds} for one in row.shares],
        "cause": row.cause,
        "words": row.words,
        "exception": exception(row.exception) if row.exception else None,
    }


def in_full(row: Row) -> dict[str, Any]:
    said = [
        {"cause": one.cause, "words": one.words, "by": one.by_id, "at": stamp(one.at)}
        for one in queries.history(row.key)
    ]
    return {**shown(row), "said": said, "exceptions": [exception(one) for one in queries.exceptions(row.key)]}


def exception(row: BreachException) -> dict[str, Any]:
    return {
        "reason": row.reason,
        "approved_by": row.approved_by_id,
        "at": stamp(row.at),
        "withdrawn_by": row.withdrawn_by_id,
        "withdrawn_at": stamp(row.withdrawn_at),
    }
