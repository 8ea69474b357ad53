"""Idempotency-Key: a POST that is sent again is answered as the first time, and done once."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from rest_framework.response import Response

from helpdesk.api.asking import Request
from helpdesk.api.problems import KINDS, Problem
from tickets import operations
from tickets.operations.submitting import API

HEADER = "Idempotency-Key"
SANE = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("ETag", "Location")


def once(request: Request, act: Callable[[], Response]) -> Response:
    """Carry out `act`, or answer what the first request with this key was answered.

    One that comes while the first is under way waits for it. What is refused is not kept, so that it can be tried
    again when the reason is gone.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return act()
    if not SANE.fullmatch(given):
        raise Problem("bad_idempotency_key", str(KINDS["bad_idempotency_key"].remedy), field=HEADER)
    key = API + hashlib.blake2s(given.encode()).hexdigest()
    sent = [request.method, request.get_full_path(), _digest(request)]
    with operations.once(key=key, by=request.user, body=sent, at=timezone.now()) as submission:
        kept = submission.outcome
        if kept:
            response = Response(kept["body"], status=kept["status"], headers=kept["headers"])
            response["Idempotent-Replayed"] = "true"
            return response
        response = act()
        headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
        submission.outcome = {"status": response.status_code, "body": _kept(response), "headers": headers}
    return response


def _kept(response: Response) -> Any:
    """The body without what is shown once, such as a secret: that is kept nowhere."""
    once_only = getattr(response, "shown_once", ())
    return {**response.data, **dict.fromkeys(once_only)} if once_only else response.data


def _digest(request: Request) -> Any:
    """What was sent. Of files their content counts, not how the client has wrapped them."""
    if not request.FILES:
        return request.data
    return [[name, file.name, _content(file)] for name, file in request.FILES.items()]


def _content(file: "UploadedFile[Any]") -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
