"""A real live process for a test: `live` serves sockets on the test's own database and Redis."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from delivery.doorbell import breaker
from helpdesk.live import lines
from helpdesk.local import processes
from helpdesk.local.places import BASE_DIR
from helpdesk.local.redis import Redis
from tests.plugins.worker import PATIENCE, environment


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # One of the processes starts it, for all.
        if "live" in getattr(item, "fixturenames", ()) and item.get_closest_marker("e2e") is None:
            item.add_marker(pytest.mark.xdist_group("live"))


class Live:
    """A live process that can be killed and started again at the same address."""

    def __init__(self, **variables: str) -> None:
        self.port = processes.free_port()
        self.variables = variables
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/live/"

    def start(self) -> None:
        command = [sys.executable, "-m", "helpdesk.live"]
        given = environment() | {"LIVE_PORT": str(self.port), "BIND": "127.0.0.1"} | self.variables
        self.process = subprocess.Popen(command, env=given, cwd=BASE_DIR)
        until = time.monotonic() + PATIENCE
        while self.health().get("redis") != "ok":
            assert self.process.poll() is None, "the live process ended at once; its reason stands above"
            assert time.monotonic() < until, "the live process did not answer"
            time.sleep(0.05)

    def kill(self) -> None:
        """As a kill -9 does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(PATIENCE)

    def health(self) -> dict[str, Any]:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz") as answer:
            return dict(json.load(answer))
        return {}

    def wait_until_left(self) -> None:
        """Until it serves nobody any more."""
        until = time.monotonic() + PATIENCE
        while (said := self.health())["sockets"] or said["people"]:
            assert time.monotonic() < until, said
            time.sleep(0.05)


class Tab:
    """An open page, as the live process knows it."""

    def __init__(self, line: ClientConnection) -> None:
        self.socket = line
        self.told: list[dict[str, Any]] = []

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def hear(self, name: str) -> Any:
        """What it is told next by this name; what comes in between is kept in `told`. Signs of life come for ever."""
        until = time.monotonic() + PATIENCE
        while True:
            message = json.loads(self.socket.recv(timeout=max(until - time.monotonic(), 0)))
            self.told.append(message)
            if name in message:
                return message[name]

    def hear_of(self, ticket: Any) -> int:
        """The version of this ticket that it is told of next."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for key, version in self.hear("tickets"):
                if key == ticket.pk:
                    return int(version)
        raise TimeoutError(f"{ticket} was not told of")

    @property
    def heard_of(self) -> set[int]:
        """The tickets that it was told of so far."""
        return {key for message in self.told for key, _version in message.get("tickets", ())}

    def vanish(self) -> None:
        """As when the browser ends, or the network."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)

    def see(self, *scopes: str) -> dict[str, int]:
        self.say(see=list(scopes))
        return dict(self.hear("seen"))

    def closed(self) -> int:
        """Why it was ended."""
        until = time.monotonic() + PATIENCE
        with suppress(Exception):
            while True:
                self.socket.recv(timeout=max(until - time.monotonic(), 0))
        assert self.socket.close_code is not None
        return self.socket.close_code


@pytest.fixture(scope="session")
def _live_process(django_db_setup: None) -> Iterator[Live]:
    live = Live()
    live.start()
    yield live
    live.stop()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Redis is not away because the machine is busy: what is told is told once, and waited for."""
    monkeypatch.setattr(lines, "SOCKET_TIMEOUT", PATIENCE)
    monkeypatch.setattr(breaker, "trip", lambda: None)
    lines._client.cache_clear()
    yield
    lines._client.cache_clear()


@pytest.fixture
def live(patient: None, _live_process: Live, transactional_db: None, settings: Any, real_clock: None) -> Live:
    """Pages of this test find it; it hears what this test's operations tell."""
    settings.LIVE_ADDRESS = f":{_live_process.port}"
    return _live_process


@pytest.fixture
def tab(live: Live) -> Iterator[Callable[..., Tab]]:
    """`tab(mira)`: a page that Mira has open, logged in by her cookie."""
    with ExitStack() as opened:

        def open_tab(
            user: Any, *, origin: str = "http://127.0.0.1:8000", session: str = "", live: Live = live
        ) -> Tab:
            cookie = session or session_of(user)
            headers = {"Cookie": f"{django_settings.SESSION_COOKIE_NAME}={cookie}"}
            wanted = connect(
                live.url, origin=Origin(origin), additional_headers=headers, open_timeout=PATIENCE
            )
            return Tab(opened.enter_context(wanted))

        yield open_tab


def session_of(user: Any) -> str:
    client = Client()
    client.force_login(user, backend="accounts.backend.AuthenticationBackend")
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def own_redis(tmp_path: Path, transactional_db: None, settings: Any, real_clock: None) -> Iterator[Redis]:
    """A Redis that this test may stop: what live pages are told goes through it, and through no other."""
    redis = Redis()
    redis.home, redis.note = tmp_path / "redis", tmp_path / "redis" / "server.json"
    redis.ensure_runs()
    settings.CELERY_BROKER_URL = redis.url()
    yield redis
    redis.stop()


@pytest.fixture
def own_live(own_redis: Redis, settings: Any) -> Iterator[Live]:
    """A live process that this test may kill, on a Redis of its own."""
    live = Live(REDIS_URL=own_redis.url())
    live.start()
    settings.LIVE_ADDRESS = f":{live.port}"
    yield live
    live.stop()
