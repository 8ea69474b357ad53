"""Every event once, in commit order."""

from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from helpdesk.api.asking import Request
from helpdesk.api.describing import described
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.params import limit_of, refuse
from helpdesk.desk.guard import pk_of
from tickets import feed


class TicketOfEvent(serializers.Serializer[Any]):
    number = serializers.CharField()
    url = serializers.CharField(help_text="Where the API has it.")


class LinksOfEvent(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    page = serializers.CharField(help_text="For people.")


class EventEnvelope(serializers.Serializer[Any]):
    """Ids, codes, numbers and times; no words of people. Webhooks send the same."""

    id = serializers.CharField()
    type = serializers.CharField()
    at = serializers.CharField(help_text="When it happened; an import gives the original time.")
    ticket = TicketOfEvent()
    by = serializers.IntegerField(allow_null=True, help_text="Who did it; null for the desk itself.")
    message = serializers.IntegerField(allow_null=True, help_text="The message that it brought.")
    changes = serializers.DictField(help_text="By column `before` and `after`.")
    reworded = serializers.ListField(
        child=serializers.CharField(), help_text="Texts of the ticket that were written anew."
    )
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="Further ids, codes and numbers, by the kind of event."
    )
    links = LinksOfEvent()


class EventPage(serializers.Serializer[Any]):
    results = EventEnvelope(many=True)
    after = serializers.CharField(help_text="Where to go on, also when nothing was found. Keep it.")
    has_more = serializers.BooleanField(help_text="More is there already: ask on at once.")
    next = serializers.CharField(
        allow_null=True, help_text="Address of the next page, null where there is none yet."
    )


EXAMPLE = {
    "id": "evt_51207",
    "type": "ticket.resolved",
    "at": "2026-11-27T09:00:00Z",
    "ticket": {"number": "TD-1042", "url": "https://help.example.com/api/v1/tickets/TD-1042/"},
    "by": 7,
    "message": 90311,
    "changes": {"status": {"before": "open", "after": "resolved"}},
    "reworded": [],
    "data": {"code": "fixed"},
    "links": {
        "ticket": "https://help.example.com/api/v1/tickets/TD-1042/",
        "page": "https://help.example.com/desk/tickets/TD-1042/",
    },
}
CURSOR = "WyJBYkNkRWZHaCIsODE1LDUxMjA3XQ"


class Events(Endpoint):
    area = Area.EVENTS
    params = frozenset({"after", "limit", "types", "ticket"})

    @described(
        "Events in commit order",
        "Every event of the tickets that you may open, once. Begin without `after`, or with `after=now` for what "
        "happens from now on; then send `after` of the last page, as it came. A page may be empty and still move on. "
        "After a restore of the database an old cursor is 410: read the tickets anew and go on from `after=now`.",
        response=EventPage,
        example={"results": [EXAMPLE], "after": CURSOR, "has_more": False, "next": None},
        params=(
            OpenApiParameter("after", str, description="`after` of the last page, or `now`."),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": feed.MOST, "default": feed.USUAL},
                description="Events of a page.",
            ),
            OpenApiParameter(
                "types",
                str,
                description="Kinds with commas, or groups: `ticket.opened,sla.*`. All, if not said.",
            ),
            OpenApiParameter("ticket", str, description="Only of this ticket, such as TD-1042."),
        ),
        errors=(410,),
        operation="list_events",
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        page = feed.page(
            self.person,
            after=asked.get("after", ""),
            limit=limit_of(request, default=feed.USUAL, largest=feed.MOST),
            kinds=[kind.strip() for given in asked.getlist("types") for kind in given.split(",")],
            ticket=_ticket(request),
            at=self.at,
        )
        body = {
            "results": page.events,
            "after": page.next,
            "has_more": page.has_more,
            "next": _link(request, page.next) if page.has_more else None,
        }
        return Response(body)


def _ticket(request: Request) -> int | None:
    given = request.query_params.get("ticket")
    if given is None:
        return None
    key = pk_of(given)
    if not key:
        raise refuse("ticket", _("Give a ticket's number, such as TD-1042."))
    return key


def _link(request: Request, after: str) -> str:
    kept = [
        (name, value) for name, values in request.query_params.lists() for value in values if name != "after"
    ]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*kept, ('after', after)])}")
