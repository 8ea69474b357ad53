"""The connection to the mail server: opened once for a batch of mails, not once for each.

A worker that sends hundreds of notices would otherwise spend most of its time on greetings and TLS. Whoever has
delivered a batch hangs up (`delivery/tasks.py`), so that no connection is held while there is nothing to send.
"""

import threading
import time
from typing import Any

from django.conf import settings
from django.core.mail import get_connection

from delivery.smtp import Outgoing

MOST_MAILS = 100
"""Over one connection: many servers hang up after that."""
ASKED_AFTER = 1.0
"""Seconds of silence after which the server is asked whether it is still there."""


class _Line(threading.local):
    connection: Any = None
    to = ""
    mails = 0
    used_at = 0.0


_line = _Line()


def post(message: Outgoing) -> None:
    """Hand a message to the mail server. Whatever fails, the next one has a new connection.

    Raises: what smtplib and the socket raise.
    """
    connection = _open()
    try:
        connection.send_messages([message])
    except Exception:
        hang_up()
        raise
    _line.mails += 1
    _line.used_at = time.monotonic()
    if _line.mails >= MOST_MAILS:
        hang_up()


def hang_up() -> None:
    connection, _line.connection = _line.connection, None
    if connection is not None:
        connection.close()


def _open() -> Any:
    where = f"{settings.EMAIL_BACKEND} {settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    if _line.connection is not None and (where != _line.to or not _is_good()):
        hang_up()
    if _line.connection is None:
        connection = get_connection()
        connection.open()
        _line.connection, _line.to, _line.mails = connection, where, 0
    return _line.connection


def _is_good() -> bool:
    is_fresh = time.monotonic() - _line.used_at < ASKED_AFTER
    ask = getattr(_line.connection, "is_alive", None)
    return is_fresh or ask is None or bool(ask())
