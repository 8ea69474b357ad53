"""Files on their way out: only to whoever may read the message they hang on, and never as a page."""

import uuid
from typing import IO

from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.models import User
from helpdesk.portal.guard import who_visits
from helpdesk.portal.ranges import PartOfFile, requested_range
from knowledgebase.models import ArticleFile
from tickets.models import Attachment, Audience, Message, Ticket
from tickets.operations.writing import clean_name
from tickets.permissions import readable_messages, reads_as_vendor

SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


@require_safe
def attachment(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    row = Attachment.objects.select_related("message").filter(pk=key).first()
    person, by_link = who_visits(request, (row.ticket_id or 0) if row else 0)
    if person is None:
        return redirect_to_login(request.get_full_path())
    if row is None or not may_read(person, row, by_link=by_link):
        raise Http404
    return send(request, row)


def may_read(person: User, row: Attachment, *, by_link: bool) -> bool:
    """An unsent file belongs to who uploaded it. A sent one goes with its message, unless it is marked."""
    if row.redacted_at is not None or not row.file:
        return False
    is_own = row.uploaded_by_id == person.pk
    if row.ticket_id is None:
        return is_own
    ticket = Ticket.objects.visible_to(person).filter(pk=row.ticket_id).first()
    if ticket is None or (row.min_tier > person.clearance and not is_own):
        return False
    if row.message is None:
        return not reads_as_vendor(person, ticket)
    if by_link and row.message.audience != Audience.PUBLIC:
        return False
    return Message.objects.filter(readable_messages(person, ticket), pk=row.message.pk).exists()


def send(request: HttpRequest, row: Attachment | ArticleFile) -> HttpResponseBase:
    """A stored file, whole or the part that is asked for; it runs nothing and is no page of ours."""
    try:
        file = row.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    etag = f'"{row.sha256}"' if row.sha256 else None
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        file.close()
        return unchanged
    picture = picture_type(file.read(16))
    file.seek(0)
    response = _whole_or_part(request, file, row.size, etag)
    response["Content-Type"] = picture or "application/octet-stream"
    name = content_disposition_header(as_attachment=picture is None, filename=clean_name(row.name))
    response["Content-Disposition"] = name or "attachment"
    _harden(response)
    if etag:
        response["ETag"] = etag
    return response


def picture_type(head: bytes) -> str | None:
    """The type of a picture that a browser may show, told by its own first bytes, never by what was said of it."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for mark, kind in SIGNATURES.items() if head.startswith(mark)), None)


def _whole_or_part(request: HttpRequest, file: IO[bytes], size: int, etag: str | None) -> HttpResponseBase:
    asked = request.headers.get("Range", "")
    if request.headers.get("If-Range", etag) != etag:
        asked = ""
    part = requested_range(asked, size)
    response: HttpResponseBase
    if part is None:
        response = FileResponse(file)
    elif part.is_empty:
        file.close()
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
    else:
        response = StreamingHttpResponse(PartOfFile(file, part), status=206)
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
        response["Content-Length"] = str(part.length)
    response["Accept-Ranges"] = "bytes"
    return response


def _harden(response: HttpResponseBase) -> None:
    """Whatever the file holds, it runs nothing and is no page of ours."""
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # Compressing would lose the length, and with it progress and ranges.
    response["Content-Encoding"] = "identity"
    patch_cache_control(response, private=True, no_cache=True)
