"""Sending one message to a webhook: the handler of deliveries of kind `webhook`.

The address comes from an administrator and may point anywhere, so the host is resolved here, every address that
it has must be public, and the connection goes to the very address that was checked: what the name means a moment
later does not matter. No redirect is followed. Hosts in `settings.WEBHOOK_INSIDE_HOSTS` are excepted from the
check and may speak plain http.

A receiver that hangs costs a worker `WHOLE_SECONDS` at most, and waits for nobody but itself: the deliveries of
one webhook are made one after the other.
"""

import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from delivery.handlers import Undeliverable
from delivery.models import Delivery, Webhook, WebhookCall

KIND = "webhook"
MOST_ATTEMPTS = 8
"""The last of them three quarters of an hour after the first; what is given up can be replayed."""
STEP_SECONDS, WHOLE_SECONDS = 5, 10
"""For connecting and for each silence; and for all of it, against answers that drip."""
MOST_READ = 64 * 1024
GONE = 410
MOST_KEPT = 2_000
"""Characters of an answer or an error that are kept for reading."""
TEST = "test"
"""In a payload: somebody tries the webhook, also where it is not in use yet."""


class NotAnswered(Exception):
    """The receiver did not say that it has it; it is asked again."""


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


def deliver_webhook(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Send `payload["body"]` to the webhook, signed with this attempt's time.

    Raises:
        Undeliverable: the webhook is gone or not in use, or its address is not allowed.
        NotAnswered: no 2xx came back.
    """
    webhook = Webhook.objects.filter(pk=payload["webhook"]).first()
    if webhook is None or not (webhook.is_enabled or payload.get(TEST)):
        raise Undeliverable("The webhook is gone or not in use.")
    answered = call(webhook, payload["body"], delivery=delivery.pk, at=at)
    if answered.status == GONE:
        raise Undeliverable("The receiver answered 410: it does not want messages any more.")
    if not answered.is_yes:
        redirect = _REDIRECT if 300 <= answered.status < 400 else ""
        raise NotAnswered(f"The receiver answered {answered.status}.{redirect}")


def call(webhook: Webhook, message: Mapping[str, Any], *, delivery: int, at: datetime) -> Answered:
    """Send a message, signed with this attempt's time, and wait for the answer. What was sent and what came is kept.

    Raises:
        Undeliverable: the address is not allowed.
        OSError, http.client.HTTPException: nobody there, or not in time.
    """
    body = json.dumps(message, separators=(",", ":"), sort_keys=True).encode()
    headers = headers_for(webhook.secret, body, delivery=delivery, at=at)
    begun, came = time.monotonic(), _Came()
    try:
        answered = post(resolve(webhook.url), body, headers)
        came = _Came(answered.status, answered.text)
    except NotOutside as refusal:
        came = _Came(error=str(refusal))
        raise Undeliverable(str(refusal)) from refusal
    except Exception as error:
        came = _Came(error=f"{type(error).__name__}: {error}")
        raise
    finally:
        spent = time.monotonic() - begun
        _keep(webhook, body, headers, came, delivery=delivery, spent=spent, at=at)
    return answered


@dataclass(frozen=True)
class _Came:
    status: int | None = None
    text: str = ""
    error: str = ""


def _keep(
    webhook: Webhook,
    body: bytes,
    headers: Mapping[str, str],
    came: _Came,
    *,
    delivery: int,
    spent: float,
    at: datetime,
) -> None:
    WebhookCall.objects.create(
        webhook=webhook,
        delivery_id=delivery,
        created_at=at,
        is_test=Delivery.objects.filter(pk=delivery, payload__has_key=TEST).exists(),
        url=webhook.url,
        headers=dict(headers),
        body=body.decode(),
        milliseconds=round(spent * 1000),
        status=came.status,
        answer=_readable(came.text),
        error=_readable(came.error),
    )


def _readable(text: str) -> str:
    """The beginning, without the NUL that PostgreSQL refuses in text."""
    return text.replace("\x00", "")[:MOST_KEPT]


_REDIRECT = " Redirects are not followed: give the address where it ends."


def headers_for(secret: str, body: bytes, *, delivery: int, at: datetime) -> dict[str, str]:
    """The signature covers time and body, so that nobody can send it again later or change it."""
    stamp = str(int(at.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "Tierdesk-Webhook/1",
        "X-Tierdesk-Delivery": str(delivery),
        "X-Tierdesk-Timestamp": stamp,
        "X-Tierdesk-Signature": f"v1={signature(secret, stamp, body)}",
        "Connection": "close",
    }


def signature(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 of `<timestamp>.<body>`, in hexadecimal."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


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
