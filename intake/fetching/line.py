"""A line to a mail server: connected, encrypted as wanted, logged in; and cut when it takes too long."""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, LoginError

from delivery.webhooks import is_public
from intake.fetching.oauth import access_token, renew
from intake.fetching.troubles import MailTrouble
from intake.models import MailboxConnection
from intake.models.connections import Trouble
from intake.sealing import unseal

CONNECT_SECONDS, SILENCE_SECONDS = 10, 20
"""For connecting, and for each silence afterwards."""
LONGEST_SECONDS = 300
"""For one conversation or one large message, against servers that drip."""

# The numbers of all that waits come in one line: with the library's million bytes, 140,000 messages were the end.
imaplib._MAXLINE = max(imaplib._MAXLINE, 20_000_000)  # type: ignore[attr-defined]  # noqa: SLF001

_Security, _Auth = MailboxConnection.Security, MailboxConnection.Auth


@contextlib.contextmanager
def opened(
    connection: MailboxConnection, *, at: datetime, seconds: float | None = None
) -> Iterator[IMAPClient]:
    """A line that is logged in, and is closed afterwards whatever happens; it is cut after so many seconds.

    Raises:
        MailTrouble, OSError, imaplib.IMAP4.error: as `troubles.trouble_of` tells them apart.
    """
    client = connect(connection)
    try:
        with Alarm(client):
            log_in(client, connection, at=at)
        with Alarm(client, seconds) if seconds else contextlib.nullcontext():
            yield client
    finally:
        hang_up(client)


def connect(connection: MailboxConnection) -> IMAPClient:
    """Connect and encrypt; nobody is logged in yet."""
    security = connection.security
    if security == _Security.NONE:
        require_private(connection.host)
    context = _context(connection)
    client = IMAPClient(
        connection.host,
        port=connection.port,
        ssl=security == _Security.TLS,
        ssl_context=context if security == _Security.TLS else None,
        use_uid=True,
        timeout=SocketTimeout(CONNECT_SECONDS, SILENCE_SECONDS),
    )
    # Dates as they are, with their zone: the library would take it off.
    client.normalise_times = False
    if security == _Security.STARTTLS:
        try:
            client.starttls(context)
        except CapabilityError as refusal:
            hang_up(client)
            raise MailTrouble(Trouble.NO_TLS, "the server offers no STARTTLS") from refusal
        except BaseException:
            hang_up(client)
            raise
    return client


def log_in(client: IMAPClient, connection: MailboxConnection, *, at: datetime) -> None:
    """Say who we are. A token that the server does not like any more is renewed once."""
    if connection.auth == _Auth.PASSWORD:
        password = unseal(connection.secret)
        if password.isascii() and connection.user.isascii():
            client.login(connection.user, password)
        else:  # LOGIN carries ASCII only
            client.plain_login(connection.user, password)
        return
    token = access_token(connection, at=at)
    try:
        client.oauth2_login(connection.user, token)
    except LoginError:
        try:
            client.oauth2_login(connection.user, renew(connection, at=at))
        except LoginError as refusal:
            raise MailTrouble(Trouble.TOKEN, str(refusal)) from refusal


def require_private(host: str) -> None:
    """Unencrypted passwords do not leave the house.

    Raises:
        MailTrouble: the host has an address in the internet.
        OSError: it cannot be resolved.
    """
    rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    if any(is_public(str(row[4][0])) for row in rows):
        raise MailTrouble(Trouble.NOT_PRIVATE)


def _context(connection: MailboxConnection) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if connection.authority:
        context.load_verify_locations(cadata=connection.authority)
    return context


class Alarm:
    """Cuts a line that is still in use after so long: whoever waits on it gets an error at once."""

    def __init__(self, client: IMAPClient, seconds: float = LONGEST_SECONDS) -> None:
        self._client, self._seconds = client, seconds
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Alarm:
        self.wind()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def wind(self) -> None:
        """Begin to count anew."""
        self._stop()
        self._timer = threading.Timer(self._seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _cut(self) -> None:
        with contextlib.suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)


def hang_up(client: IMAPClient) -> None:
    """Politely, and never waiting long or failing."""
    with contextlib.suppress(Exception):
        client.socket().settimeout(2)
        client.logout()
    with contextlib.suppress(Exception):
        client.shutdown()
