"""Files in parts, for networks that break off: begin, ask how far it came, send what is missing.

    POST   /files/parts/        {"name", "type", "size"}         201 {"id", "offset"}
    PATCH  /files/parts/<id>/   Upload-Offset: 524288, bytes     200 {"offset"}; whole: 201, as an upload
    GET    /files/parts/<id>/                                    200 {"offset"}; whole: 201, as an upload
    DELETE /files/parts/<id>/                                    204

A part that breaks off is kept as far as it came. 409 {"offset"} names the byte that is awaited. Small on purpose:
tus 1.0 has more (concatenation, checksums, deferred lengths) than a helpdesk's files need.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.keys import LONGEST
from helpdesk.portal.drafts import storable
from helpdesk.portal.uploads import error, logged_out, nothing_arrived, told, uploader
from tickets.models import PartialUpload
from tickets.operations import uploading
from tickets.operations.uploading import WrongOffset
from tickets.refusals import Refused

AT_ONCE = 64 * 1024
LONGEST_WORDS = 4_000


@require_POST
def begin(request: HttpRequest) -> HttpResponseBase:
    person = uploader(request)
    if person is None:
        return logged_out()
    try:
        said = _said(request)
    except (ValueError, KeyError, TypeError, RecursionError):
        return nothing_arrived()
    try:
        upload = uploading.begin_upload(**said, by=person, at=timezone.now())
    except Refused as refused:
        return error(str(refused), refused.http_status)
    return JsonResponse({"id": str(upload.pk), "offset": 0}, status=201)


def _said(request: HttpRequest) -> dict[str, Any]:
    body = json.loads(request.read(LONGEST_WORDS))
    name, kind, size = body["name"], body.get("type", ""), body["size"]
    if not isinstance(name, str) or not isinstance(kind, str) or type(size) is not int:
        raise ValueError("fields")
    return {"name": storable(name), "content_type": storable(kind), "size": size}


@never_cache
@require_http_methods(["GET", "PATCH", "DELETE"])
def part(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    person = uploader(request)
    if person is None:
        return logged_out()
    upload = PartialUpload.objects.select_related("attachment", "owner").filter(pk=key, owner=person).first()
    if upload is None:
        return error(_("This upload has ended. Choose the file again, please."), 404)
    if request.method == "DELETE":
        uploading.drop_upload(upload)
        return HttpResponse(status=204)
    return _receive(request, upload) if request.method == "PATCH" else _told(upload)


def _receive(request: HttpRequest, upload: PartialUpload) -> HttpResponseBase:
    offset = request.headers.get("Upload-Offset", "")
    if not offset.isdecimal() or len(offset) > LONGEST:
        return nothing_arrived()
    if upload.attachment is not None:
        return _told(upload)  # the last answer was lost on its way
    try:
        return _told(
            uploading.add_part(
                upload, offset=int(offset), data=_as_far_as_it_comes(request), at=timezone.now()
            )
        )
    except WrongOffset as wrong:
        return JsonResponse({"offset": wrong.facts["offset"]}, status=409)
    except Refused as refused:
        return error(str(refused), refused.http_status)


def _as_far_as_it_comes(request: HttpRequest) -> Iterator[bytes]:
    """The body; where the connection is cut, what came before."""
    while True:
        try:
            chunk = request.read(AT_ONCE)
        except (UnreadablePostError, OSError):
            return
        if not chunk:
            return
        yield chunk


def _told(upload: PartialUpload) -> JsonResponse:
    stored = upload.attachment
    return JsonResponse({"offset": upload.received}) if stored is None else told(stored)
