"""The list of tickets, one ticket, and filing one."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.params import flag_of, names_of
from helpdesk.api.problems import teach_conflict
from helpdesk.api.tickets import filters, including
from helpdesk.api.tickets.finding import SORTS, one, page
from helpdesk.api.tickets.inputs import NewTicket
from helpdesk.api.tickets.shapes import EXAMPLE, TicketShape
from helpdesk.api.tickets.showing import FIELDS, as_it_is_now, described_as, shown, url_of
from helpdesk.api.versions import etag
from tickets import operations
from tickets.models import Ticket
from tickets.refusals import Conflict

teach_conflict(Conflict, as_it_is_now)

MOST_COUNTED = 10_000
SELECTION = (
    OpenApiParameter("fields", str, description=f"Only these, with commas: {', '.join(FIELDS)}."),
    OpenApiParameter(
        "include", str, description=f"What belongs to it too, with commas: {', '.join(including.NAMES)}."
    ),
)


def answered(ticket: Ticket, request: Request, *, status: int = 200) -> Response:
    """One ticket, whole or as the parameters choose, with its ETag."""
    fields = names_of(request, "fields", [*FIELDS, "description"])
    body = shown(ticket, request.user, fields)
    if fields is None or "description" in fields:
        body["description"] = described_as(ticket, request.user)
    including.add([body], [ticket], request.user, names_of(request, "include", including.NAMES) or ())
    return Response(body, status=status, headers={"ETag": etag(ticket.version)})


def fresh(ticket: Ticket, request: Request, *, status: int = 200) -> Response:
    """What an operation has left, as its answer. Who has lost sight of it by that is told so."""
    return answered(one(request.user, ticket.number), request, status=status)


class TicketList(Endpoint):
    area = Area.TICKETS
    params = frozenset({"q", "sort", "queue", "view", "fields", "include", "count", *paging.PARAMS})

    def knows(self, request: Request, name: str) -> bool:
        return request.method == "GET" and filters.is_filter(name)

    @described(
        "List tickets",
        "Those that you may open, by the filters that the pages have, page by page. `q` searches words and"
        " ranks at most 1,000 hits; `count=true` counts up to 10,000.",
        response=listed(
            TicketShape,
            count=serializers.IntegerField(required=False, help_text="With `count=true`."),
            count_is_minimum=serializers.BooleanField(required=False, help_text="There are more than that."),
            is_cut=serializers.BooleanField(required=False, help_text="The search found more than it ranks."),
        ),
        example={"results": [EXAMPLE], "next": None, "previous": None},
        params=(
            *PAGING,
            OpenApiParameter(
                "q", str, description="Words that all stand in it; quotes for a phrase, - without."
            ),
            OpenApiParameter("sort", str, enum=SORTS, description="Newest first, if not said."),
            OpenApiParameter("queue", str, description="A queue by its name, such as mine or tier-1."),
            OpenApiParameter("view", int, description="A saved view by its id."),
            OpenApiParameter("count", bool, description="How many there are in all."),
            *SELECTION,
            *filters.parameters(),
        ),
        operation="list_tickets",
    )
    def get(self, request: Request) -> Response:
        found = page(request, at=timezone.now())
        fields = names_of(request, "fields", FIELDS)
        results = [shown(ticket, request.user, fields) for ticket in found.rows]
        including.add(results, found.rows, request.user, names_of(request, "include", including.NAMES) or ())
        return paging.answer(request, found, results, **_count(request, found))

    @described(
        "File a ticket",
        "Subject and description are enough: it is then filed for whom the token acts for.",
        request=NewTicket,
        response=TicketShape,
        status=201,
        sent={"subject": "VPN drops every 20 minutes", "description": "Since Friday, when I work from home."},
        example=EXAMPLE,
        writes=True,
        operation="file_ticket",
    )
    def post(self, request: Request) -> Response:
        given = self.read(NewTicket)
        ticket = operations.open_ticket(
            **{"requester": request.user, **given}, by=request.user, at=timezone.now()
        )
        response = fresh(ticket, request, status=201)
        response["Location"] = url_of(ticket.pk)
        return response


def _count(request: Request, found: Any) -> dict[str, Any]:
    more: dict[str, Any] = {"is_cut": True} if found.is_cut else {}
    if flag_of(request, "count"):
        n = found.queryset.order_by()[: MOST_COUNTED + 1].count()
        more |= {"count": min(n, MOST_COUNTED), "count_is_minimum": n > MOST_COUNTED}
    return more


class OneTicket(Endpoint):
    area = Area.TICKETS
    params = frozenset({"fields", "include"})

    @described(
        "One ticket",
        "With its description; `include` adds what belongs to it. The header ETag is for If-Match.",
        response=TicketShape,
        example=EXAMPLE,
        params=SELECTION,
        operation="get_ticket",
    )
    def get(self, request: Request, number: str) -> Response:
        return answered(one(request.user, number), request)
