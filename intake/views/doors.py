"""Where mail providers deliver by HTTP. 200 is answered once the message is stored, and not before."""

from typing import Any

import structlog
from anymail.exceptions import AnymailWebhookValidationFailure
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from intake import providers
from intake.models import MailboxDoor
from intake.multipart import NoForm, parts_of
from intake.operations import doors
from intake.operations.receiving import store
from intake.providers import Fields
from intake.sealing import Unreadable, unseal

log = structlog.get_logger(__name__)

MULTIPART = "multipart/form-data"


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def door(request: HttpRequest, provider: str, secret: str) -> HttpResponse:
    """A wrong address looks like any address that is none; a wrong signature is refused without a word."""
    row = doors.door_of(provider, secret)
    if row is None:
        return HttpResponseNotFound()
    if request.method == "HEAD":  # Mandrill asks whether there is somebody
        return HttpResponse()
    try:
        fields = _read(request)
    except (TooMuch, NoForm) as refusal:
        return _refuse(row, refusal, 413 if isinstance(refusal, TooMuch) else 400)
    url = settings.BASE_URL + reverse("mail-door", args=[provider, secret])
    try:
        view = providers.reader(provider, key=unseal(row.signing_key), url=url)
        view.run_validators(request)
    except (AnymailWebhookValidationFailure, Unreadable, ValueError) as refusal:
        return _refuse(row, refusal, 403)
    try:
        posted = providers.messages(provider, view, request, fields)
    except providers.Unexpected as refusal:
        return _refuse(row, refusal, 400)
    at = timezone.now()
    for each in posted:
        store(each.raw, mailbox=row.mailbox, at=at, source=provider, envelope_to=each.envelope_to)
    doors.note_delivered(row, at=at)
    return HttpResponse()


class TooMuch(ValueError):
    """More was posted than a message of the greatest size takes."""


def _limit() -> int:
    """Base64 makes a third more of it, JSON and further fields a little."""
    return settings.MAIL_MAX_BYTES * 3 // 2 + 1024 * 1024


def _read(request: Any) -> Fields:
    """The body, whole and once, and its fields; for what is read of the request later as well."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > _limit():
        raise TooMuch(f"{length} bytes were posted")
    body = request.read(_limit() + 1)
    if len(body) > _limit():
        raise TooMuch("too much was posted")
    request._body = body  # noqa: SLF001  (what Django itself keeps there)
    if request.content_type != MULTIPART:
        return Fields({name: str(value).encode() for name, value in request.POST.items()})
    return _read_parts(request, body)


def _read_parts(request: Any, body: bytes) -> Fields:
    post, files = QueryDict(mutable=True), MultiValueDict[str, Any]()
    fields: dict[str, bytes] = {}
    for part in parts_of(request.META["CONTENT_TYPE"], body):
        if part.file_name is None:
            fields[part.name] = part.content
            post.appendlist(part.name, part.content.decode("utf-8", "replace"))
        else:
            file = SimpleUploadedFile(part.file_name, part.content, part.content_type)
            files.appendlist(part.name, file)
    request._post, request._files = post, files  # noqa: SLF001
    return Fields(fields)


def _refuse(row: MailboxDoor, refusal: Exception, status: int) -> HttpResponse:
    """The provider is told nothing; administrators read it on the page of the mailbox."""
    log.warning("mail of a provider refused", mailbox=row.mailbox.name, why=str(refusal), status=status)
    doors.note_refused(row, f"{type(refusal).__name__}: {refusal}", at=timezone.now())
    return HttpResponse(status=status)
