"""What goes wrong, as RFC 9457 problem documents: one shape, a stable type, the field and the remedy.

Refusals of the domain keep their own `code`; what the frame refuses has the codes of `KINDS`.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFilesSent,
)
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django_stubs_ext import StrOrPromise
from rest_framework import exceptions
from rest_framework.response import Response

from accounts import refusals as accounts
from tickets import refusals as tickets
from tickets.operations import KeyReused

CONTENT_TYPE = "application/problem+json"
QUERY_CANCELED = "57014"
logger = logging.getLogger("django.request")


@dataclass(frozen=True)
class Kind:
    status: int
    title: StrOrPromise
    remedy: StrOrPromise


KINDS: dict[str, Kind] = {
    "invalid": Kind(
        400, _lazy("Something in the request cannot be used"), _lazy("Correct what `errors` name.")
    ),
    "malformed": Kind(400, _lazy("The request cannot be read"), _lazy("Send JSON (RFC 8259) in UTF-8.")),
    "bad_idempotency_key": Kind(
        400,
        _lazy("The Idempotency-Key cannot be used"),
        _lazy("Send 1 to 255 printable characters, such as a UUID."),
    ),
    "not_authenticated": Kind(
        401, _lazy("Nobody is logged in"), _lazy("Send `Authorization: Bearer TOKEN`.")
    ),
    "token_not_valid": Kind(
        401, _lazy("The token lets nobody in"), _lazy("Make a new one: it is unknown, revoked or over.")
    ),
    "not_allowed": Kind(
        403, _lazy("You may not do this"), _lazy("Ask somebody who may, or the administrators for the right.")
    ),
    "scope_missing": Kind(
        403, _lazy("The token's scopes do not reach so far"), _lazy("Make a token with the scope it names.")
    ),
    "csrf": Kind(
        403, _lazy("The page's CSRF token is missing"), _lazy("Send the header X-CSRFToken with the session.")
    ),
    "not_found": Kind(
        404,
        _lazy("There is nothing here that you may see"),
        _lazy("Look at the address; every path ends with a slash."),
    ),
    "method_not_allowed": Kind(
        405, _lazy("This address does not take that method"), _lazy("Use one that `Allow` names.")
    ),
    "not_acceptable": Kind(406, _lazy("There is no such representation"), _lazy("Accept application/json.")),
    "key_reused": Kind(
        409, _lazy("This Idempotency-Key came with another request before"), _lazy("Use a new key.")
    ),
    "conflict": Kind(409, _lazy("It has been changed meanwhile"), _lazy("Look at it again, then decide.")),
    "repeats_note": Kind(
        409,
        _lazy("The requester would read words of an internal note"),
        _lazy("Leave out `words`, or send it again with `despite_note`: the key of the `note`."),
    ),
    "cursor_gone": Kind(
        410,
        _lazy("The cursor is from before a restore"),
        _lazy("Read the tickets anew, then go on from after=now."),
    ),
    "precondition_failed": Kind(
        412,
        _lazy("It has been changed since you read it"),
        _lazy("Look at `current`, then send again with its ETag."),
    ),
    "too_large": Kind(
        413, _lazy("The request is too large"), _lazy("Send less at once; files go to the uploads.")
    ),
    "unsupported_media_type": Kind(
        415, _lazy("This content type is not read here"), _lazy("Send application/json.")
    ),
    "precondition_required": Kind(
        428,
        _lazy("If-Match is missing"),
        _lazy("Send the ETag that you read as If-Match, or * to overwrite."),
    ),
    "too_many_requests": Kind(429, _lazy("Too many requests"), _lazy("Wait for the seconds in Retry-After.")),
    "unavailable": Kind(503, _lazy("The database cannot answer now"), _lazy("Try again in a moment.")),
    "took_too_long": Kind(
        503, _lazy("The question takes too long to answer"), _lazy("Narrow it: fewer rows, a shorter time.")
    ),
    "internal": Kind(
        500,
        _lazy("Something went wrong on our side"),
        _lazy("Try again; name `request_id` when you ask for help."),
    ),
}


class Problem(Exception):
    """A request is not carried out; the answer says why."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str = "",
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.field = code, detail, field
        self.errors, self.headers, self.more = list(errors), dict(headers or {}), more


def error(pointer: str, detail: str, *, code: str = "invalid", field: str = "") -> dict[str, str]:
    """One thing that is wrong; `pointer` is a JSON pointer into the body (RFC 6901), or names a parameter."""
    return {"pointer": pointer, "field": field or pointer.rpartition("/")[2], "detail": detail, "code": code}


def parameter_error(name: str, detail: str) -> dict[str, str]:
    return {"parameter": name, "field": name, "detail": detail, "code": "invalid"}


Current = Callable[[Any, Any], Mapping[str, Any]]
_current: dict[type[Exception], Current] = {}


def teach_conflict(refusal: type[Exception], current: Current) -> None:
    """Say what a conflict of this kind shows of the row as it is now: `current(conflict, request)`.

    It answers with what goes into the problem; an `etag` in it goes into the header.
    """
    _current[refusal] = current


def handle(exc: Exception, context: Mapping[str, Any]) -> Response:
    """The handler of the framework: every exception becomes a document, also what nobody has expected."""
    request = context["request"]
    problem = _problem_of(exc, request)
    if problem is None:
        # As Django's own handling does: told to whoever listens (the log, the tests), never to the caller.
        got_request_exception.send(sender=None, request=request._request)  # noqa: SLF001
        logger.error("Internal Server Error: %s", request.path, exc_info=exc)
        problem = Problem("internal", str(KINDS["internal"].title))
    status = problem.more.pop("status", None) or KINDS[problem.code].status
    response = Response(document(problem, status, request.path), status=status, content_type=CONTENT_TYPE)
    response._has_been_logged = status >= 500  # type: ignore[attr-defined]  # noqa: SLF001  (with its traceback, here)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def answer(request: HttpRequest, code: str, detail: str = "") -> JsonResponse:
    """The same document where the framework has not been reached."""
    kind = KINDS[code]
    body = document(Problem(code, detail or str(kind.title)), kind.status, request.path)
    return JsonResponse(body, status=kind.status, content_type=CONTENT_TYPE)


def document(problem: Problem, status: int, path: str) -> dict[str, Any]:
    kind = KINDS.get(problem.code)
    body: dict[str, Any] = {
        "type": type_of(problem.code),
        "title": str(kind.title) if kind else title_of(problem.code),
        "status": status,
        "detail": problem.detail,
        "instance": path,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
    }
    if kind:
        body["remedy"] = str(kind.remedy)
    if problem.field:
        body["field"] = problem.field
    if problem.errors:
        body["errors"] = problem.errors
    return body | problem.more


def type_of(code: str) -> str:
    return f"/api/v1/problems/{code}/"


def in_english(text: StrOrPromise) -> str:
    """For the description of the API, which is written once for everybody."""
    with translation.override("en"):
        return str(text)


def title_of(code: str) -> str:
    return str(capfirst(code.replace("_", " ")))


def refusals() -> dict[str, tuple[int, str]]:
    """Status and meaning of every code that an operation may refuse with."""
    found: dict[str, tuple[int, str]] = {}
    for each in (*_below(tickets.Refused), *_below(accounts.Refused)):
        words = " ".join((each.__doc__ or "").split()) or title_of(each.code) + "."
        found.setdefault(each.code, (each.http_status, words))
    return found


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)


def _problem_of(exc: Exception, request: Any) -> Problem | None:  # noqa: PLR0911  (one for each kind)
    match exc:
        case Problem():
            return exc
        case KeyReused():
            return Problem("key_reused", f"{KINDS['key_reused'].title}.", field="Idempotency-Key")
        case tickets.Refused() | accounts.Refused():
            return _refusal(exc, request)
        case exceptions.ValidationError():
            errors = list(_errors(exc.detail, ""))
            field = errors[0]["field"] if len(errors) == 1 else ""
            return Problem("invalid", errors[0]["detail"] if errors else "", field=field, errors=errors)
        case exceptions.APIException():
            return _of_framework(exc)
        case Http404():
            return Problem("not_found", f"{KINDS['not_found'].title}.")
        case PermissionDenied():
            return Problem("not_allowed", str(exc) or f"{KINDS['not_allowed'].title}.")
        case RequestDataTooBig() | TooManyFilesSent():
            return too_large()
        case OperationalError():
            return _of_database(exc)
        case BadRequest() | SuspiciousOperation() | UnreadablePostError():
            return Problem("malformed", _("The request cannot be read."))
    return None


def _of_database(exc: OperationalError) -> Problem:
    """It is away, or has ended a query that took longer than it may (DB_STATEMENT_TIMEOUT_MS)."""
    logger.warning("the database gave no answer", exc_info=exc)
    is_slow = getattr(exc.__cause__, "pgcode", None) == QUERY_CANCELED
    code = "took_too_long" if is_slow else "unavailable"
    return Problem(code, f"{KINDS[code].title}.", headers={"Retry-After": "5"})


def too_large() -> Problem:
    limit = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // 2**20
    return Problem("too_large", _("A body holds at most %(limit)s MB.") % {"limit": limit})


_FRAMEWORK: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "malformed",
    exceptions.AuthenticationFailed: "token_not_valid",
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.PermissionDenied: "not_allowed",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "too_many_requests",
}


def _of_framework(exc: exceptions.APIException) -> Problem | None:
    code = _FRAMEWORK.get(type(exc))
    if code is None:
        return None
    headers = {"WWW-Authenticate": 'Bearer realm="api"'} if KINDS[code].status == 401 else {}
    wait = getattr(exc, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    detail = str(exc.detail)
    if detail.startswith("CSRF"):
        return Problem("csrf", detail)
    return Problem(code, detail, headers=headers)


def _refusal(exc: tickets.Refused | accounts.Refused, request: Any) -> Problem:
    facts = getattr(exc, "facts", {})
    more: dict[str, Any] = {"status": exc.http_status}
    if "legal" in facts:
        more["legal"] = [str(code) for code in facts["legal"]]
    if "children" in facts:
        more["children"] = facts["children"]
    more |= {name: facts[name] for name in ("note", "words") if name in facts}
    headers: dict[str, str] = {}
    code = exc.code
    current = _current.get(type(exc))
    if current is not None:
        shown = dict(current(exc, request))
        headers["ETag"] = shown.pop("etag")
        more["current"] = shown
        if request.headers.get("If-Match"):
            code, more["status"] = "precondition_failed", 412
    errors = [error(f"/{exc.field}", str(exc), code=exc.code)] if exc.field and exc.http_status == 400 else []
    return Problem(code, str(exc), field=exc.field or "", errors=errors, headers=headers, **more)


def _errors(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """The framework's nested errors, flat: each with the place that it is about."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else f"/{_escaped(name)}"
            yield from _errors(inner, f"{pointer}{step}")
    elif isinstance(detail, list | tuple):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list | tuple)
            yield from _errors(inner, f"{pointer}/{place}" if nested else pointer)
    else:
        yield error(pointer, str(detail), code=getattr(detail, "code", "invalid"))


def _escaped(name: Any) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
