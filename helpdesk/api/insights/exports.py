"""Lists as files: begun here, written by the worker, fetched once they are done."""

from typing import Any

from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import READ, Area
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed, problems_of_a_file
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Choice, Input, Text
from helpdesk.api.permissions import needs_scope
from helpdesk.api.rendering import stamp
from helpdesk.api.rows import row_or_404
from helpdesk.api.tickets.parts import WhateverIsAccepted
from insights.exporting import MOST_IN_SHEET, known_lists, open_listing
from insights.models import Export
from insights.operations import exporting as operations
from insights.views.exporting import named

OF_TICKETS = ("queue", "tickets", "breaches", "answers")
"""Lists that tell of tickets by their subjects: a token that may not read tickets reads none by a file."""
READS_TICKETS = f"{Area.TICKETS}:{READ}"
ROW = {
    "id": 21,
    "list": "tickets",
    "query": "period=last-month&of=resolved",
    "title": "Tickets",
    "format": "xlsx",
    "state": "running",
    "total": 41200,
    "written": 12000,
    "error": "",
    "asked_at": "2026-11-23T09:00:00Z",
    "done_at": None,
    "until": "2026-11-24T09:00:00Z",
    "file": None,
}


class ExportShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    list = serializers.CharField()
    query = serializers.CharField()
    title = serializers.CharField()
    format = serializers.ChoiceField(choices=Export.Format.values)
    state = serializers.ChoiceField(choices=Export.State.values)
    total = serializers.IntegerField(help_text="Rows that there are.")
    written = serializers.IntegerField(help_text="Rows that are written: how far it is.")
    error = serializers.CharField()
    asked_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(help_text="For so long it is kept.")
    file = serializers.CharField(allow_null=True, help_text="Where it is fetched, once it is done.")


class ExportBody(Input):
    list = Text(
        max_length=20, help_text="By its name: tickets, breaches, queue, report, month, figures and so on."
    )
    query = serializers.DictField(
        child=Text(max_length=500, allow_blank=True),
        required=False,
        help_text="What it is asked by: the parameters of its page.",
    )
    format = Choice(
        choices=Export.Format.values,
        help_text=f"`xlsx` holds {MOST_IN_SHEET:,} rows; `parts` are several of them in one archive.",
    )


class OfExports(Endpoint):
    """For everybody who is known: whether a list is theirs, the list itself says."""

    area = Area.INSIGHTS
    reads_by = frozenset({"post"})

    @property
    def rows(self) -> Any:
        return Export.objects.filter(by=self.person, at__gt=self.at - operations.KEPT)


class Exports(OfExports):
    params = paging.PARAMS

    @described(
        "List your exports",
        "Those of the last day, the newest first.",
        response=listed(ExportShape),
        example={"results": [ROW], "next": None, "previous": None},
        params=PAGING,
        operation="list_exports",
    )
    def get(self, request: Request) -> Response:
        return paging.answer(request, paging.page_of(request, self.rows, descending=True), shown)

    @described(
        "Export a list",
        "Written by the worker, piece by piece; ask for it again to see how far it is. Three at a time. Lists of "
        "tickets need the scope tickets:read too.",
        request=ExportBody,
        response=ExportShape,
        status=202,
        sent={"list": "tickets", "query": {"period": "last-month", "of": "resolved"}, "format": "xlsx"},
        example={**ROW, "state": "waiting", "written": 0},
        errors=(409,),
        writes=True,
        operation="export_list",
    )
    def post(self, request: Request) -> Response:
        said = self.read(ExportBody)
        if said["list"] not in known_lists():
            raise serializers.ValidationError(
                {
                    "list": [
                        _("There is no such list. Choose one of: %(known)s.")
                        % {"known": ", ".join(known_lists())}
                    ]
                }
            )
        if said["list"] in OF_TICKETS:
            needs_scope(request, READS_TICKETS)
        asked = urlencode(said.get("query", {}))
        listing = open_listing(said["list"], self.person, asked, at=self.at)
        if listing is None:
            raise Http404
        row = operations.ask(
            source=said["list"],
            asked=asked,
            listing=listing,
            form=said["format"],
            by=self.person,
            at=self.at,
        )
        return Response(shown(row), status=202, headers={"Location": f"/api/v1/exports/{row.pk}/"})


class OneExport(OfExports):
    @described(
        "One export",
        "How far it is, and where its file is fetched.",
        response=ExportShape,
        example=ROW,
        errors=(404,),
        operation="get_export",
    )
    def get(self, request: Request, key: int) -> Response:
        return Response(shown(row_or_404(self.rows, key)))


class ExportFile(OfExports):
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        operation_id="download_export",
        summary="The file of an export",
        description="What you may see is asked again: 410 where it is not what it was, or after a day.",
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="The file"),
            **problems_of_a_file(409, 410),
        },
    )
    def get(self, request: Request, key: int) -> HttpResponseBase:
        row = row_or_404(self.rows, key)
        if row.source in OF_TICKETS:
            needs_scope(request, READS_TICKETS)
        found = operations.fetched(row, by=self.person, at=self.at)
        return named(StreamingHttpResponse(found), row.name, Export.Format(row.format))


def shown(row: Export) -> dict[str, Any]:
    return {
        "id": row.pk,
        "list": row.source,
        "query": row.asked,
        "title": row.title,
        "format": row.format,
        "state": row.state,
        "total": row.total,
        "written": row.seen,
        "error": row.error,
        "asked_at": stamp(row.at),
        "done_at": stamp(row.done_at),
        "until": stamp(row.at + operations.KEPT),
        "file": f"/api/v1/exports/{row.pk}/file/" if row.state == Export.State.DONE else None,
    }
