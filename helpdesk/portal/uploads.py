"""Files on their way in, one a request, while the form is still being written."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from accounts.models import User
from helpdesk.desk.guard import pk_of
from helpdesk.portal.guard import who_visits
from tickets import operations
from tickets.models import Attachment
from tickets.refusals import Refused


class StopAtLimit(FileUploadHandler):
    """Reads what is too large to its end, so that the browser hears the answer, and keeps none of it."""

    has_stopped = False

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.ATTACHMENT_MAX_BYTES:
            self.has_stopped = True
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        return None


# Handlers must be set before the body is read, and looking for the CSRF token reads it.
@csrf_exempt
@require_POST
def upload(request: HttpRequest) -> HttpResponseBase:
    """Answers {id, name, size, url}, or {error} with a sentence. `?for=TD-1042` serves a visitor by link."""
    limit = StopAtLimit(request)
    request.upload_handlers.insert(0, limit)
    return _upload(request, limit)


@csrf_protect
def _upload(request: HttpRequest, limit: StopAtLimit) -> HttpResponseBase:
    person = uploader(request)
    if person is None:
        return logged_out()
    file = request.FILES.get("file")
    if limit.has_stopped:
        largest = filesizeformat(settings.ATTACHMENT_MAX_BYTES)
        return error(_("This file is too large: at most %(largest)s.") % {"largest": largest}, 413)
    if file is None:
        return nothing_arrived()
    try:
        stored = operations.store_upload(file=file, by=person, at=timezone.now(), tidy=True)
    except Refused as refused:
        return error(str(refused), refused.http_status)
    return told(stored)


# --- For whole files and for those in parts (parts.py) ---


def uploader(request: HttpRequest) -> User | None:
    """Who attaches a file: whoever is logged in, or the visitor by link to the ticket that `?for=` names."""
    return who_visits(request, pk_of(request.GET.get("for", "")))[0]


def told(stored: Attachment) -> JsonResponse:
    return JsonResponse(
        {"id": str(stored.pk), "name": stored.name, "size": stored.size, "url": f"/files/{stored.pk}/"},
        status=201,
    )


def logged_out() -> JsonResponse:
    return error(_("You are no longer logged in. Log in again, then attach the file."), 401)


def nothing_arrived() -> JsonResponse:
    return error(_("No file arrived. Choose it again, please."), 400)


def error(sentence: str, status: int) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=status)


def with_uploads(request: HttpRequest, person: User) -> tuple[QueryDict, list[str]]:
    """What was sent, and why a file was refused.

    Files that came with the form itself (no JavaScript) are kept first, so that a form that comes back
    with an error still has them.
    """
    data, refusals = request.POST.copy(), []
    for file in request.FILES.getlist("files"):
        try:
            stored = operations.store_upload(file=file, by=person, at=timezone.now(), tidy=True)
            data.appendlist("attachments", str(stored.pk))
        except Refused as refused:
            refusals.append(str(refused))
    return data, refusals


def uploads_of(person: User, keys: Iterable[Any]) -> list[Attachment]:
    """Those of the named files that this person has uploaded, in the order they were named."""
    wanted = [key for key in map(_uuid, keys) if key is not None]
    found = Attachment.objects.filter(uploaded_by=person).in_bulk(wanted) if wanted else {}
    return [found[key] for key in dict.fromkeys(wanted) if key in found]


def _uuid(key: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(key))
    except ValueError:
        return None
