"""/healthz and /readyz, and pages while Redis is away."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client
from django.utils import timezone

from accounts.models import User
from delivery.models import Heartbeat
from helpdesk.cache import ForgivingRedisCache

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def all_answer(db: None) -> None:
    Heartbeat.objects.bulk_create(Heartbeat(name=name, at=timezone.now()) for name in Heartbeat.Name.values)


@pytest.fixture
def no_redis(settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis that nobody answers for, in settings and in the cache that exists already."""
    settings.CELERY_BROKER_URL = NOBODY_LISTENS  # type: ignore[attr-defined]
    cache_settings = caches.settings["default"] | {"LOCATION": NOBODY_LISTENS}
    monkeypatch.setitem(caches.settings, "default", cache_settings)
    monkeypatch.setattr(ForgivingRedisCache, "_away_until", 0.0)
    _forget_cache()
    yield
    _forget_cache()


def _forget_cache() -> None:
    """The next question makes one anew, by the settings as they are then."""
    if caches.all(initialized_only=True):
        del caches["default"]


def test_a_living_process_says_so_and_asks_nobody(client: Client) -> None:
    # Without the `db` fixture a query would raise.
    assert client.get("/healthz").json() == {"status": "ok"}


def test_the_desk_is_ready_when_all_answer(client: Client, all_answer: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "redis": "ok",
            "live": "ok",
            "beat": "ok",
            "timers": "ok",
            "worker": "ok",
            "timers lag": "ok",
        },
    }


def test_a_silent_worker_is_named(client: Client, all_answer: None) -> None:
    Heartbeat.objects.filter(name="worker").update(at=timezone.now() - timedelta(minutes=2))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["worker"].startswith("silent for 12")


def test_a_live_process_that_is_away_is_named_and_the_desk_works(
    client: Client, all_answer: None, settings: Any
) -> None:
    settings.LIVE_ADDRESS, settings.LIVE_CHANNEL = "/live/", "nobody:live"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["live"] == "silent"


def test_parts_that_never_answered_are_named(client: Client, db: None) -> None:
    answer = client.get("/readyz").json()
    assert [answer["checks"][name] for name in ("beat", "timers", "worker")] == ["never seen"] * 3


def test_without_redis_the_desk_is_degraded_not_down(
    client: Client, all_answer: None, no_redis: None
) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["redis"] == "away"


def test_without_redis_the_cache_is_empty_and_nothing_fails(no_redis: None) -> None:
    cache.set("a", 1)
    assert cache.get("a", "nothing") == "nothing"
    # Locks are granted, or nobody could log in.
    assert cache.add("a", 1) is True
    assert cache.get_many(["a"]) == {}
    assert cache.has_key("a") is False
    assert cache.delete("a") is False


def test_without_redis_people_stay_logged_in(client: Client, ines: User, no_redis: None) -> None:
    client.force_login(ines)
    assert client.get("/profile/sessions/").status_code == 200


def test_a_request_has_an_id(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "proxy-12345"})["X-Request-Id"] == "proxy-12345"
    assert len(client.get("/healthz", headers={"X-Request-Id": "a b\n"})["X-Request-Id"]) == 32


def test_every_page_carries_the_policy_against_inline_code(client: Client, ines: User) -> None:
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
