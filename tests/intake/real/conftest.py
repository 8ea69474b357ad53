"""Real mail servers: Dovecot for what comes in, aiosmtpd for what goes out, and a certificate authority of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import trustme

from accounts.models import User
from helpdesk import environment
from intake.models import Mailbox, MailboxConnection
from intake.operations.connections import Wanted, connect
from tests.intake.real import imap_server, smtp_server
from tests.intake.real.imap_server import PASSWORD, ImapServer
from tests.intake.real.proxy import Proxy
from tests.intake.real.smtp_server import SmtpServer


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def server(authority: trustme.CA) -> Iterator[ImapServer]:
    """One for all tests; each has a user, and so a mailbox, of its own."""
    if imap_server.executable() is None:
        pytest.skip(imap_server.NO_SERVER)
    certificate = authority.issue_cert("localhost")
    chain = b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
    running = imap_server.start(chain, certificate.private_key_pem.bytes())
    yield running
    imap_server.remove(running)


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    return str(request.node.name).replace("[", "-").replace("]", "")[:60].lower()


@pytest.fixture
def support(db: None, at: datetime) -> Mailbox:
    known = Mailbox.objects.filter(name="support").first()
    return known or Mailbox.objects.create(
        name="support", address="support@desk.example", is_default=True, created_at=at
    )


@pytest.fixture
def connected(
    support: Mailbox, server: ImapServer, user: str, authority: trustme.CA, ada: User, at: datetime
) -> Callable[..., MailboxConnection]:
    """`connected(done="move", ...)`: the mailbox is fetched from the server, as this test's user."""

    def make(mailbox: Mailbox = support, **facts: Any) -> MailboxConnection:
        usual: dict[str, Any] = {
            "host": "localhost",
            "port": server.tls,
            "user": user,
            "secret": PASSWORD,
            "authority": authority.cert_pem.bytes().decode(),
        }
        return connect(mailbox, Wanted(**{**usual, **facts}), by=ada, at=at)

    return make


@pytest.fixture
def proxy(server: ImapServer) -> Iterator[Proxy]:
    """Between the desk and the server's port without encryption."""
    running = Proxy(server.plain)
    yield running
    running.close()


@pytest.fixture
def post(settings: Any) -> Iterator[SmtpServer]:
    """Where the desk's mail goes."""
    running, stop = smtp_server.start()
    settings.EMAIL_BACKEND = environment.email("smtp://127.0.0.1:25")["EMAIL_BACKEND"]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
    settings.DEFAULT_FROM_EMAIL = "Help desk <support@desk.example>"
    yield running
    stop()
