"""Carrying out an act on one ticket, on many, or on the next one."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import User
from accounts.models.tokens import Area
from helpdesk.api.asking import Request
from helpdesk.api.describing import IF_MATCH, described
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Input, Text
from helpdesk.api.params import names_of
from helpdesk.api.problems import Problem
from helpdesk.api.tickets import including
from helpdesk.api.tickets.acts import ACTS, BULK, Act
from helpdesk.api.tickets.bodies import Change
from helpdesk.api.tickets.finding import one
from helpdesk.api.tickets.shapes import EXAMPLE, TicketShape
from helpdesk.api.tickets.showing import FIELDS, shown, side_of, url_of
from helpdesk.api.tickets.views import SELECTION, OneTicket, answered
from helpdesk.api.versions import etag, seen
from helpdesk.desk.doing import Led
from helpdesk.desk.guard import pk_of
from tickets import events, operations
from tickets.models import Ticket
from tickets.permissions import is_desk
from tickets.queries.listing import LARGEST_PAGE

OUT_OF_SIGHT = _lazy("It is done. You cannot see the ticket any more.")


class Acted(TicketShape):
    """The ticket as the act has left it: another one, where a reply opened a follow-up or a merge went there."""

    notice = serializers.CharField(help_text="Where it went otherwise than asked.")
    article = serializers.IntegerField(help_text="The draft that an article was begun with.")


def begin(user: User, number: str, act: Act) -> Ticket:
    """The ticket, for somebody of a side that has this act: what else they may the operation says."""
    ticket = one(user, number)
    if side_of(user, ticket) not in act.sides:
        raise Problem("not_allowed", _("This is for others: the desk, or whoever has asked for it."))
    return ticket


def carry_out(request: Request, ticket: Ticket, act: Act, given: dict[str, Any]) -> Response:
    """Do it, and answer the ticket as it is then."""
    user: User = request.user
    version = seen(request, now=ticket.version, needed=act.seen)
    at = timezone.now()
    if act.seen:
        result = act.carry_out(ticket, by=user, at=at, seen=version, **given)
    elif version is not None:
        with transaction.atomic():
            events.lock(ticket, seen=version)
            result = act.carry_out(ticket, by=user, at=at, **given)
    else:
        result = act.carry_out(ticket, by=user, at=at, **given)
    return _answer(request, ticket, result)


def _answer(request: Request, asked: Ticket, result: Any) -> Response:
    left: Ticket = getattr(result, "ticket", result)
    fresh = Ticket.objects.visible_to(request.user).filter(pk=left.pk).exists()
    if not fresh:
        body = {"number": left.number, "id": left.pk, "url": url_of(left.pk), "notice": str(OUT_OF_SIGHT)}
        return Response(body)
    ticket = one(request.user, left.number)
    fields = names_of(request, "fields", FIELDS)
    body = shown(ticket, request.user, fields)
    including.add([body], [ticket], request.user, names_of(request, "include", including.NAMES) or ())
    notice = str(getattr(result, "notice", "") or "")
    if notice:
        body["notice"] = notice
    if isinstance(result, Led) and result.to.startswith("/desk/drafts/"):
        body["article"] = int(result.to.strip("/").rpartition("/")[2])
    headers = {"ETag": etag(ticket.version)}
    if ticket.pk != asked.pk:
        headers["Location"] = url_of(ticket.pk)
    return Response(body, headers=headers)


class DoAct(Endpoint):
    """One act on one ticket; a subclass for each."""

    area = Area.TICKETS
    params = frozenset({"fields", "include"})
    name: str
    act: Act


def view_of(name: str, act: Act) -> type[DoAct]:
    @described(
        act.summary,
        _words(act),
        request=act.body,
        response=Acted,
        sent=act.sent,
        example=EXAMPLE,
        params=(IF_MATCH, *SELECTION),
        writes=True,
        errors=(412, 428) if act.seen else (412,),
        operation=f"{name.replace('-', '_')}_ticket",
    )
    def post(self: DoAct, request: Request, number: str) -> Response:
        ticket = begin(self.person, number, act)
        return carry_out(request, ticket, act, self.read(act.body, ticket=ticket))

    title = "".join(part.capitalize() for part in name.split("-"))
    return type(f"{title}Act", (DoAct,), {"post": post, "name": name, "act": act, "__module__": __name__})


def _words(act: Act) -> str:
    words = f"{act.summary}. Answers the ticket as it is then."
    if act.seen:
        words += " Needs If-Match: it would run over what others have done since."
    return words


class OneTicketChanged(OneTicket):
    """`PATCH` is the act `change`."""

    @described(
        "Correct what is known of a ticket",
        "What is not given stays. Needs If-Match. Impact and urgency set the priority.",
        request=Change,
        response=Acted,
        sent={"category": 12, "impact": 2},
        example=EXAMPLE,
        params=(IF_MATCH, *SELECTION),
        writes=True,
        errors=(412, 428),
        operation="change_facts",
    )
    def patch(self, request: Request, number: str) -> Response:
        ticket = begin(self.person, number, ACTS["change"])
        return carry_out(request, ticket, ACTS["change"], self.read(Change, ticket=ticket))


class Taken(serializers.Serializer[Any]):
    ticket = TicketShape(allow_null=True, help_text="Null where nothing is left.")
    why = serializers.CharField(help_text="Why this one.")


class TakeNext(Endpoint):
    area = Area.TICKETS
    params = frozenset({"fields", "include"})

    @described(
        "Take the next ticket",
        "The best ticket for you, taken: replies that wait, then what is due next. Two people never get the same.",
        response=Taken,
        example={"ticket": EXAMPLE, "why": "It is due next in Service desk."},
        params=SELECTION,
        writes=True,
        operation="take_next_ticket",
    )
    def post(self, request: Request) -> Response:
        if not is_desk(self.person):
            raise Problem("not_allowed", _("Only the desk takes tickets."))
        taken = operations.take_next(by=self.person, at=self.at)
        if taken is None:
            return Response({"ticket": None, "why": ""})
        response = answered(one(self.person, taken.ticket.number), request)
        response.data = {"ticket": response.data, "why": str(taken.why)}
        return response


class OnMany(Input):
    """One act on at most a hundred tickets."""

    act = serializers.ChoiceField(choices=list(BULK))
    tickets = serializers.ListField(child=Text(max_length=30), min_length=1, max_length=LARGEST_PAGE)
    arguments = serializers.DictField(required=False, help_text="The body that the act takes.")


class BulkDone(serializers.Serializer[Any]):
    number = serializers.CharField()
    version = serializers.IntegerField()
    notice = serializers.CharField(required=False)


class BulkRefused(serializers.Serializer[Any]):
    number = serializers.CharField()
    type = serializers.CharField()
    detail = serializers.CharField()


class BulkOutcome(serializers.Serializer[Any]):
    done = BulkDone(many=True)
    refused = BulkRefused(many=True)


class Bulk(Endpoint):
    area = Area.TICKETS

    @described(
        "One act on many tickets",
        "Each is done in its own transaction and told; what is refused keeps no other from its turn. What you may not"
        f" see is refused as not found. Acts: {', '.join(BULK)}.",
        request=OnMany,
        response=BulkOutcome,
        sent={"act": "tag", "tickets": ["TD-1042", "TD-1050"], "arguments": {"names": ["vpn"]}},
        example={
            "done": [{"number": "TD-1042", "version": 4}],
            "refused": [
                {
                    "number": "TD-1050",
                    "type": "/api/v1/problems/not_found/",
                    "detail": _("There is no ticket with this number."),
                }
            ],
        },
        writes=True,
        operation="act_on_many",
    )
    def post(self, request: Request) -> Response:
        if not is_desk(self.person):
            raise Problem("not_allowed", _("Only the desk acts on many tickets at once."))
        given = self.read(OnMany)
        act = BULK[given["act"]]
        body = act.body(data=given.get("arguments", {}), context={"user": self.person})
        if not body.is_valid():
            raise serializers.ValidationError({"arguments": body.errors})
        return Response(_on_many(given["tickets"], act, body.validated_data, by=self.person, at=self.at))


def _on_many(
    numbers: list[str], act: Act, facts: dict[str, Any], *, by: User, at: datetime
) -> dict[str, Any]:
    asked = {pk_of(number): number for number in dict.fromkeys(numbers)}
    rows = Ticket.objects.visible_to(by).select_related("team", "tier", "category").filter(pk__in=asked)
    found = {ticket.pk: ticket for ticket in rows.order_by("pk")}
    result = operations.bulk(act.carry_out, found.values(), by=by, at=at, **facts)
    versions = dict(Ticket.objects.filter(pk__in=found).values_list("pk", "version"))
    done = [
        {"number": ticket.number, "version": versions[ticket.pk]}
        | ({"notice": str(outcome.notice)} if getattr(outcome, "notice", "") else {})
        for ticket, outcome in zip(result.done, result.outcomes, strict=True)
    ]
    refused = [(ticket.number, why.code, str(why)) for ticket, why in result.refused]
    unknown = [
        (number, "not_found", "There is no ticket with this number.")
        for key, number in asked.items()
        if key not in found
    ]
    return {
        "done": done,
        "refused": [
            {"number": number, "type": f"/api/v1/problems/{code}/", "detail": detail}
            for number, code, detail in [*refused, *unknown]
        ],
    }
