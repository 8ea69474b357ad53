"""Logs: one line a thing that happened, JSON for machines or plain for people, with the request's id."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from time import monotonic
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = ("/healthz", "/readyz", "/static/")
# A link without a password opens a request for whoever has it or votes for them, one to a new password opens the
# whole account.
_SECRET = re.compile(
    r"^(/r/|/survey/|/notices/stop/|/accounts/password/reset/key/|/accounts/confirm-email/)[^/]+"
)

log = structlog.get_logger("helpdesk.request")

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

STRUCTLOG: dict[str, Any] = {
    "processors": [
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.UnicodeDecoder(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    "logger_factory": structlog.stdlib.LoggerFactory(),
    "cache_logger_on_first_use": True,
}


def configuration(*, pretty: bool, level: str) -> dict[str, Any]:
    """The LOGGING setting: everything to stderr, ours and that of libraries in one format."""
    renderers: list[Any] = (
        [
            structlog.dev.ConsoleRenderer(
                colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
            )
        ]
        if pretty
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
            }
        },
        "filters": {"short": {"()": "helpdesk.logs.WithoutTraceback"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # Two lines for every tick of every second would bury the rest.
            "celery.beat": {"level": "WARNING", "filters": ["short"]},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
        },
    }


class WithoutTraceback(logging.Filter):
    """While Redis is away beat fails every second: a line says so, hundreds would hide everything else."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True


class RequestLog:
    """Gives each request an id (the proxy's, where it sends one), logs its end, and returns the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = monotonic()
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        if not request.path.startswith(_QUIET):
            log.info(
                "request",
                method=request.method,
                path=_SECRET.sub(r"\1-", request.path),
                status=response.status_code,
                ms=round((monotonic() - started) * 1000),
            )
        return response
