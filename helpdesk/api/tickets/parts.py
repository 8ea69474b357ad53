"""What belongs to a ticket, each under an address of its own: conversation, history, files, ties, work."""

import uuid
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from accounts.models.tokens import Area
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, as_list, described, listed, problems_of_a_file
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.params import limit_of
from helpdesk.api.problems import Problem
from helpdesk.api.rendering import CompactJSON, stamp
from helpdesk.api.tickets import including
from helpdesk.api.tickets.allowed import acts_within_reach
from helpdesk.api.tickets.finding import one
from helpdesk.api.tickets.shapes import (
    EventShape,
    FileShape,
    LinkShape,
    MessageShape,
    PersonRef,
    ReferenceShape,
    WorkShape,
)
from helpdesk.api.tickets.showing import DESK, person, side_of
from helpdesk.portal.files import may_read, send
from tickets import operations, sentences
from tickets.models import Attachment, Message

MESSAGE = {
    "id": 31,
    "kind": "reply",
    "audience": "public",
    "author": {"id": 7, "name": "Mira Kask"},
    "from_desk": True,
    "min_tier": 0,
    "vendor": None,
    "body": "Which access point?",
    "mentions": [],
    "at": "2026-11-27T09:05:00Z",
    "redacted_at": None,
    "attachments": [],
}
FILE = {
    "id": "0b6f9d0c-8f5e-4c57-9a3d-0d0c5b8d2f11",
    "name": "vpn.log",
    "size": 2048,
    "content_type": "text/plain",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "min_tier": 0,
    "message": 31,
    "uploaded_at": "2026-11-27T09:05:00Z",
    "url": "/api/v1/tickets/TD-1042/attachments/0b6f9d0c-8f5e-4c57-9a3d-0d0c5b8d2f11/",
}
EVENT = {
    "id": 80,
    "kind": "ticket.opened",
    "at": "2026-11-27T09:00:00Z",
    "by": {"id": 12, "name": "Ines Okafor"},
    "sentence": "Ines Okafor filed this (API)",
    "message": 30,
}


class Conversation(Endpoint):
    area = Area.TICKETS
    params = paging.PARAMS

    @described(
        "The conversation of a ticket",
        "The messages that you may read, oldest first: a requester what is public, a vendor's guest what was shared"
        " with the vendor, the desk its notes too.",
        response=listed(MessageShape),
        example={"results": [MESSAGE], "next": None, "previous": None},
        params=PAGING,
        operation="list_messages",
    )
    def get(self, request: Request, number: str) -> Response:
        ticket = one(self.person, number)
        rows = Message.objects.filter(including.readable([ticket], self.person)).select_related("author")
        chunk = paging.page_of(request, rows, column="at")
        shown = [message for _key, message in including.shown_messages(chunk.rows, self.person)]
        return paging.answer(request, chunk, shown)


class History(Endpoint):
    area = Area.TICKETS
    params = paging.PARAMS

    @described(
        "The history of a ticket",
        "What happened, oldest first, each in a sentence for you. The desk reads the columns that changed too.",
        response=listed(EventShape),
        example={"results": [EVENT], "next": None, "previous": None},
        params=PAGING,
        operation="list_history",
    )
    def get(self, request: Request, number: str) -> Response:
        ticket = one(self.person, number)
        items = sentences.timeline(ticket, self.person, has_files=False)
        told = [item for item in items if item.event is not None and (item.sentence or item.message)]
        size = limit_of(request)
        place = min(paging.place_of(request), len(told))
        rows = told[place : place + size]
        chunk = paging.Chunk(
            rows,
            next=paging.signed(request, place + size) if place + size < len(told) else None,
            previous=paging.signed(request, max(0, place - size)) if place else None,
        )
        is_desk = side_of(self.person, ticket) == DESK
        return paging.answer(request, chunk, [_event(item, is_desk=is_desk) for item in rows])


def _event(item: Any, *, is_desk: bool) -> dict[str, Any]:
    event = item.event
    shown = {
        "id": event.pk,
        "kind": event.kind,
        "at": stamp(event.at),
        "by": person(event.by),
        "sentence": item.sentence,
        "message": item.message.pk if item.message else None,
    }
    return shown | ({"changes": event.changes, "data": event.data} if is_desk else {})


class _Part(Endpoint):
    """One of the includes, alone."""

    area = Area.TICKETS
    name: str

    def part(self, number: str) -> Response:
        ticket = one(self.person, number)
        include, sides = including.INCLUDES[self.name]
        if side_of(self.person, ticket) not in sides:
            raise Problem("not_allowed", _("This is for the desk."))
        found = include([ticket], self.person).get(ticket.pk, [])
        return Response({"results": found})


def _part(name: str, row: type[serializers.Serializer[Any]], words: str, example: Any) -> type[Endpoint]:
    @described(
        words,
        f"{words}, all of them.",
        response=as_list(row),
        example={"results": [example]},
        operation=f"list_{name}",
    )
    def get(self: _Part, request: Request, number: str) -> Response:
        return self.part(number)

    return type(f"{name.title()}Part", (_Part,), {"name": name, "get": get, "__module__": __name__})


LINK = {
    "id": 5,
    "type": "related",
    "direction": "out",
    "other": "TD-1040",
    "subject": "VPN is slow",
    "status": "open",
    "blocks": False,
}
WORK = {
    "id": 9,
    "by": {"id": 7, "name": "Mira Kask"},
    "minutes": 15,
    "billable": False,
    "at": "2026-11-27T09:20:00Z",
}
PARTS: dict[str, type[Endpoint]] = {
    "attachments": _part("attachments", FileShape, "The files of a ticket", FILE),
    "links": _part("links", LinkShape, "The links of a ticket", LINK),
    "watchers": _part("watchers", PersonRef, "Who follows a ticket", {"id": 7, "name": "Mira Kask"}),
    "work": _part("work", WorkShape, "The minutes worked on a ticket", WORK),
    "references": _part(
        "references",
        ReferenceShape,
        "The numbers of a ticket in other systems",
        {"system": "Zabbix", "key": "4711", "url": ""},
    ),
}


class TagNames(serializers.Serializer[Any]):
    results = serializers.ListField(child=serializers.CharField())


class TagPart(_Part):
    name = "tags"

    @described(
        "The tags of a ticket",
        "The names of its tags, all of them.",
        response=TagNames,
        example={"results": ["vpn"]},
        operation="list_tags",
    )
    def get(self, request: Request, number: str) -> Response:
        return self.part(number)


class AllowedShape(serializers.Serializer[Any]):
    acts = serializers.ListField(child=serializers.CharField())


class Allowed(Endpoint):
    area = Area.TICKETS

    @described(
        "What you may do with a ticket now",
        "The acts within your reach, each the last part of its address. The operation asks once more.",
        response=AllowedShape,
        example={"acts": ["reply", "note", "hand-over", "resolve", "assign"]},
        operation="list_allowed",
    )
    def get(self, request: Request, number: str) -> Response:
        return Response({"acts": acts_within_reach(self.person, one(self.person, number))})


class WhateverIsAccepted(BaseContentNegotiation):
    """A file has its own type; problems come as JSON."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return CompactJSON(), CompactJSON.media_type


def _described_file(summary: str, operation: str) -> Any:
    binary = {
        status: OpenApiResponse(OpenApiTypes.BINARY, description=words)
        for status, words in (("200", "The whole file"), ("206", "The part that Range asks for"))
    }
    return extend_schema(
        summary=summary,
        description=f"{summary}, streamed. `Range` asks for a part, `If-None-Match` whether it is still the same.",
        operation_id=operation,
        parameters=[
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="Such as bytes=0-1023.")
        ],
        responses={
            **{(int(status), "application/octet-stream"): answer for status, answer in binary.items()},
            304: OpenApiResponse(description="Still the same"),
            416: OpenApiResponse(description="No such part"),
            **problems_of_a_file(),
        },
    )


class Download(Endpoint):
    area = Area.TICKETS
    content_negotiation_class = WhateverIsAccepted

    @_described_file("A file of a ticket", "download_attachment")
    def get(self, request: Request, number: str, key: uuid.UUID) -> HttpResponseBase:
        ticket = one(self.person, number)
        row = Attachment.objects.select_related("message").filter(pk=key, ticket=ticket).first()
        return _sent(self, request, row)


class Upload(Endpoint):
    """A file that no message names yet: its uploader alone has it."""

    area = Area.TICKETS
    content_negotiation_class = WhateverIsAccepted

    @_described_file("An upload of yours", "download_upload")
    def get(self, request: Request, key: uuid.UUID) -> HttpResponseBase:
        row = Attachment.objects.filter(pk=key, ticket=None, uploaded_by=self.person).first()
        return _sent(self, request, row)


def _sent(view: Endpoint, request: Request, row: Attachment | None) -> HttpResponseBase:
    if row is None or not may_read(view.person, row, by_link=False):
        raise Http404
    return send(request._request, row)  # noqa: SLF001  (what sends files knows Django's request)


class UploadBody(serializers.Serializer[Any]):
    file = serializers.FileField()


class Uploads(Endpoint):
    area = Area.TICKETS
    parser_classes = [MultiPartParser]

    @described(
        "Upload a file",
        "As multipart/form-data. Name its id in `attachments` of what you write; until then only you have it, and"
        " after a day without it is gone.",
        request={"multipart/form-data": UploadBody},
        response=FileShape,
        status=201,
        example=FILE | {"message": None, "url": f"/api/v1/uploads/{FILE['id']}/"},
        writes=True,
        operation="upload_file",
    )
    def post(self, request: Request) -> Response:
        unknown = [name for name in request.data if name != "file"]
        if unknown:
            told = _("There is no field of this name. Known: file.")
            raise serializers.ValidationError({name: [told] for name in unknown})
        files = request.FILES.getlist("file")
        if len(files) != 1:
            raise serializers.ValidationError({"file": [_("Send one file in the part “file”.")]})
        row = operations.store_upload(file=files[0], by=self.person, at=self.at)
        shown = including.file(row)
        return Response(shown, status=201, headers={"Location": shown["url"]})
