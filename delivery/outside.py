"""Reaching a program outside: where an address leads, and one message with its answer.

The address comes from a person and may point anywhere, so the host is resolved here, every address that
it has must be public, and the connection goes to the very address that was checked: what the name means a moment
later does not matter. No redirect is followed. Hosts in `settings.WEBHOOK_INSIDE_HOSTS` are excepted from the
check and may speak plain http.

A receiver that hangs costs `WHOLE_SECONDS` at most.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

STEP_SECONDS, WHOLE_SECONDS = 5, 10
"""For connecting and for each silence; and for all of it, against answers that drip."""
MOST_READ = 64 * 1024


class NotOutside(Exception):
    """The address is none that a webhook may reach."""


@dataclass(frozen=True)
class Answered:
    """What came back: the status, and the first `MOST_READ` bytes as text."""

    status: int
    text: str

    @property
    def is_yes(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Target:
    """Where a message goes: the name for TLS and the Host line, and the address that was checked."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def resolve(url: str) -> Target:
    """The address that a message may go to.

    Raises:
        NotOutside: no https, a login in the address, or a host that has an address inside.
        OSError: the host cannot be resolved now.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    is_inside = host in settings.WEBHOOK_INSIDE_HOSTS
    if parts.scheme != "https" and not (is_inside and parts.scheme == "http"):
        raise NotOutside("A webhook's address begins with https://.")
    if not host or parts.username is not None or parts.password is not None:
        raise NotOutside("A webhook's address names a host and no login.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(row[4][0]) for row in rows]
    inside = [] if is_inside else [address for address in addresses if not is_public(address)]
    if inside or not addresses:
        raise NotOutside(f"{host} leads to {inside[0] if inside else 'nowhere'}: that is not outside.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, addresses[0])


def is_public(address: str) -> bool:
    """Whether an address lies in the internet: not here, not in a private net, and none that stands for one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def post(target: Target, body: bytes, headers: Mapping[str, str]) -> Answered:
    """Send it and read the answer, up to a limit.

    Raises:
        OSError, http.client.HTTPException: nobody there, or not in time.
    """
    line = [socket.create_connection((target.address, target.port), timeout=STEP_SECONDS)]
    end = threading.Timer(WHOLE_SECONDS, _cut, [line])
    end.daemon = True
    end.start()
    connection = http.client.HTTPConnection(target.host, target.port, timeout=STEP_SECONDS)
    try:
        connection.sock = _encrypted(line, target.host) if target.scheme == "https" else line[0]
        connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": _host(target), **headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answered(answer.status, answer.read(MOST_READ).decode("utf-8", "replace"))
    finally:
        end.cancel()
        connection.close()
        line[0].close()


def _encrypted(line: list[socket.socket], host: str) -> socket.socket:
    """The same line with TLS on it; from now on it is this one that can be cut, also during the handshake."""
    context = ssl.create_default_context()
    encrypted = context.wrap_socket(line[0], server_hostname=host, do_handshake_on_connect=False)
    line[0] = encrypted
    encrypted.do_handshake()
    return encrypted


def _host(target: Target) -> str:
    name = f"[{target.host}]" if ":" in target.host else target.host
    is_usual = target.port == (443 if target.scheme == "https" else 80)
    return name if is_usual else f"{name}:{target.port}"


def _cut(line: list[socket.socket]) -> None:
    """End a conversation from outside of it: whoever waits in it gets an error at once."""
    with contextlib.suppress(OSError):  # it may have ended by itself
        line[0].shutdown(socket.SHUT_RDWR)
