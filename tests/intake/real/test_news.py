"""Being told of news (IDLE), and logging in with tokens (OAuth2)."""

from __future__ import annotations

import base64
import json
import queue
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.utils import timezone

from accounts.models import User
from intake.fetching import watching
from intake.fetching.watching import Watcher, wanted
from intake.models import Mailbox, MailboxConnection
from intake.operations.connections import Wanted, connect
from intake.sealing import unseal
from tests.intake.real.imap_server import ImapServer
from tests.intake.real.test_fetching import Connected, letter, look_into

PATIENCE = 20


def test_a_server_that_tells_of_news_is_listened_to(
    server: ImapServer, connected: Connected, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "STEP_SECONDS", 0.5)
    server.put(user, letter("one"))
    connection = connected(mode="idle")
    rung: queue.Queue[int] = queue.Queue()
    assert set(wanted()) == {(connection.pk, connection.version)}

    watcher = Watcher(connection, rung.put, timezone.now)
    try:
        assert rung.get(timeout=PATIENCE) == connection.pk  # for what came before it listened
        server.put(user, letter("two"))
        assert rung.get(timeout=PATIENCE) == connection.pk
    finally:
        watcher.end()
    assert watcher.join(PATIENCE)


def test_who_only_looks_again_and_again_is_not_listened_to(connected: Connected) -> None:
    connected(mode="poll")
    assert wanted() == {}


@pytest.mark.django_db(transaction=True)
def test_who_wants_to_be_told_is_looked_up_again_and_again(
    server: ImapServer, connected: Connected, user: str, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "STEP_SECONDS", 0.3)
    monkeypatch.setattr(watching, "SETTINGS_SECONDS", 0.2)
    rung: queue.Queue[int] = queue.Queue()
    stop = threading.Event()
    options = {"now": timezone.now, "stop": stop}
    thread = threading.Thread(target=watching.watch, args=(rung.put,), kwargs=options)
    thread.start()
    try:
        connection = connected(mode="idle")
        assert rung.get(timeout=PATIENCE) == connection.pk
        connected(mode="idle", every_seconds=90)  # another version: another line
        assert rung.get(timeout=PATIENCE) == connection.pk
        server.put(user, letter("one"))
        assert rung.get(timeout=PATIENCE) == connection.pk
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


# --- tokens ---


class Provider:
    """A provider's token service, and an IMAP server that lets in whoever has its newest token."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.good = ""
        self.presented: list[str] = []


@pytest.fixture
def provider() -> Iterator[Provider]:
    given = Provider()

    class Tokens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given.asked.append({name: values[0] for name, values in parse_qs(body).items()})
            status, answer = given.answers.pop(0)
            given.good = answer.get("access_token", given.good)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Nothing on the screen."""

    class Imap(socketserver.StreamRequestHandler):
        """As much of IMAP as a login and an empty folder need."""

        def handle(self) -> None:
            self.wfile.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] here\r\n")
            for line in self.rfile:
                tag, command, *rest = line.split()
                answer = getattr(self, command.decode().lower(), self.done)(tag, rest)
                self.wfile.write(answer)
                if command == b"LOGOUT":
                    return

        def done(self, tag: bytes, _rest: list[bytes]) -> bytes:
            return tag + b" OK done\r\n"

        def capability(self, tag: bytes, _rest: list[bytes]) -> bytes:
            return b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n" + tag + b" OK done\r\n"

        def authenticate(self, tag: bytes, rest: list[bytes]) -> bytes:
            self.wfile.write(b"+ \r\n")
            said = base64.b64decode(self.rfile.readline()).decode()
            token = said.split("Bearer ")[1].rstrip("\x01")
            given.presented.append(token)
            if token == given.good:
                return tag + b" OK welcome\r\n"
            self.wfile.write(b"+ " + base64.b64encode(b'{"status":"401"}') + b"\r\n")
            self.rfile.readline()
            return tag + b" NO AUTHENTICATE failed.\r\n"

        def select(self, tag: bytes, _rest: list[bytes]) -> bytes:
            return b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n" + tag + b" OK [READ-WRITE] done\r\n"

        def uid(self, tag: bytes, _rest: list[bytes]) -> bytes:
            return b"* SEARCH\r\n" + tag + b" OK done\r\n"

    class Lines(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with ThreadingHTTPServer(("127.0.0.1", 0), Tokens) as web, Lines(("127.0.0.1", 0), Imap) as mail:
        for each in (web, mail):
            threading.Thread(target=each.serve_forever, daemon=True).start()
        given.web, given.mail = web.server_port, mail.server_address[1]  # type: ignore[attr-defined]
        yield given
        web.shutdown()
        mail.shutdown()


@pytest.fixture
def authorised(
    provider: Any, support: Mailbox, settings: Any, ada: User, at: datetime
) -> Callable[[], MailboxConnection]:
    settings.WEBHOOK_INSIDE_HOSTS = frozenset({"127.0.0.1"})

    def make() -> MailboxConnection:
        wanted = Wanted(
            host="127.0.0.1",
            port=provider.mail,
            security="none",
            user="support@desk.example",
            auth="oauth2",
            provider="other",
            token_url=f"http://127.0.0.1:{provider.web}/token",
            client_id="desk",
            client_secret="s3cret",
            refresh_token="R1",
        )
        return connect(support, wanted, by=ada, at=at)

    return make


def test_a_token_is_renewed_when_it_is_about_to_end(
    provider: Provider, authorised: Callable[[], MailboxConnection], at: datetime
) -> None:
    provider.answers = [
        (200, {"access_token": "A1", "expires_in": 3600, "refresh_token": "R2"}),
        (200, {"access_token": "A2", "expires_in": 3600}),
    ]
    connection = authorised()

    for minutes in (0, 30, 59):
        assert look_into(connection, at + timedelta(minutes=minutes)).trouble is None

    assert provider.presented == ["A1", "A1", "A2"]
    usual = {"grant_type": "refresh_token", "client_id": "desk", "client_secret": "s3cret"}
    assert provider.asked == [{**usual, "refresh_token": "R1"}, {**usual, "refresh_token": "R2"}]
    assert unseal(connection.refresh_token) == "R2"
    assert unseal(connection.access_token) == "A2"
    assert connection.access_token != "A2"


def test_a_token_that_was_taken_back_early_is_renewed_once(
    provider: Provider, authorised: Callable[[], MailboxConnection], at: datetime
) -> None:
    provider.answers = [
        (200, {"access_token": "A1", "expires_in": 3600}),
        (200, {"access_token": "A2", "expires_in": 3600}),
    ]
    connection = authorised()
    look_into(connection, at)
    provider.good = "another"

    assert look_into(connection, at + timedelta(minutes=1)).trouble is None
    assert provider.presented == ["A1", "A1", "A2"]


def test_an_authorisation_that_has_ended_is_told(
    provider: Provider, authorised: Callable[[], MailboxConnection], at: datetime
) -> None:
    provider.answers = [
        (400, {"error": "invalid_grant", "error_description": "AADSTS700082: The refresh token has expired."})
    ]
    connection = authorised()

    look_into(connection, at)
    assert (connection.error, connection.error_detail) == (
        "token",
        "AADSTS700082: The refresh token has expired.",
    )
    assert connection.told_at == at


def test_a_token_service_that_is_down_is_no_reason_to_authorise_anew(
    provider: Provider, authorised: Callable[[], MailboxConnection], at: datetime
) -> None:
    provider.answers = [(503, {})]
    connection = authorised()

    look_into(connection, at)
    assert connection.error == "server"
    assert connection.told_at is None
