"""/healthz says that this process lives; /readyz says that the desk works, and what of it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from delivery import queries
from helpdesk.live import lines
from sla.queries.timers import late_by

# Ticks come every second and expire after five.
FRESH = 10.0


@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    """Asks nothing of anybody, so that an orchestrator restarts only what really hangs."""
    return JsonResponse({"status": "ok"})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """`ok` when all works; `degraded`, still 200, when only work behind the pages waits; else `down`, 503.

    Redis or a worker that is away delays mail and timers and loses nothing, and without a live process pages
    ask by themselves now and then: taking the pages away as well would only make it worse.
    """
    needed = {"database": _check(_database), "migrations": _check(_migrations)}
    if any(said != "ok" for said in needed.values()):
        response = JsonResponse({"status": "down", "checks": needed}, status=503)
        # Whoever asks is told, every second while a desk starts: no line in the log for each.
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  (django.utils.log asks for it)
        return response
    at = timezone.now()
    wanted = {"redis": _check(_redis), "live": _check(_live), **_heartbeats(at=at), "timers lag": _lag(at=at)}
    status = "ok" if all(said == "ok" for said in wanted.values()) else "degraded"
    return JsonResponse({"status": status, "checks": needed | wanted})


def _check(ask: Callable[[], str]) -> str:
    """The reason stays in the log: an address anybody may open tells no details."""
    try:
        return ask()
    except (DatabaseError, redis.RedisError):
        return "away"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


_migrated = False


def _migrations() -> str:
    """Reading all migrations takes long, and once applied they stay so while this process lives."""
    global _migrated  # noqa: PLW0603
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if _migrated else "not applied: run manage.py migrate"


def _redis() -> str:
    with redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=0.2, socket_connect_timeout=0.2
    ) as asked:
        asked.ping()
    return "ok"


def _live() -> str:
    """Whether a live process gave a sign of life within seconds; nobody asks where none is to run."""
    if not settings.LIVE_ADDRESS:
        return "ok"
    return "ok" if lines.client().exists(lines.pulse_key()) else "silent"


def _heartbeats(*, at: datetime) -> dict[str, str]:
    return {name: _said(age) for name, age in queries.freshness(at).items()}


def _lag(*, at: datetime) -> str:
    """Deadlines that wait are told even while beat and worker answer: they may not keep up."""
    late = late_by(at).total_seconds()
    return (
        "ok" if late <= settings.TIMERS_LAG_LIMIT_SECONDS else f"the oldest deadline waits for {late:.0f} s"
    )


def _said(age: float) -> str:
    if age == float("inf"):
        return "never seen"
    return "ok" if age < FRESH else f"silent for {age:.0f} s"
