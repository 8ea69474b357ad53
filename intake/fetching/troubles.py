"""What goes wrong with a mail server, as one of a few kinds that a person can do something about."""

from __future__ import annotations

import imaplib
import socket
import ssl
from http.client import HTTPException

from imapclient.exceptions import LoginError

from intake.models.connections import Trouble
from intake.sealing import Unreadable

LONGEST_DETAIL = 500

# OpenSSL's numbers of what is wrong with a certificate.
_EXPIRED = {9, 10}
_WRONG_NAME = {62, 64}


class MailTrouble(Exception):
    """The mailbox cannot be fetched now; `kind` says why, `detail` in the server's or the system's words."""

    def __init__(self, kind: Trouble, detail: str = "") -> None:
        super().__init__(f"{kind.value}: {detail}" if detail else kind.value)
        self.kind = kind
        self.detail = readable(detail)


def trouble_of(error: BaseException) -> MailTrouble:
    """The kind of trouble that an exception of socket, TLS or IMAP stands for."""
    if isinstance(error, MailTrouble):
        return error
    return MailTrouble(_kind(error), _words(error))


def is_about_the_line(error: BaseException) -> bool:
    """Whether nothing more can be asked on this connection."""
    return isinstance(error, (imaplib.IMAP4.abort, OSError, EOFError, HTTPException))


def readable(text: str) -> str:
    """The beginning, without the NUL that PostgreSQL refuses in text."""
    return " ".join(text.replace("\x00", "").split())[:LONGEST_DETAIL]


def _kind(error: BaseException) -> Trouble:  # noqa: PLR0911  (a table, in the order of what is most special)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error)
    if isinstance(error, ssl.SSLError):
        return (
            Trouble.DROPPED
            if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
            else Trouble.NO_TLS
        )
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return Trouble.NO_HOST
    if isinstance(error, TimeoutError):
        return Trouble.SILENT
    if isinstance(error, ConnectionRefusedError):
        return Trouble.REFUSED
    if isinstance(error, Unreadable):
        return Trouble.UNREADABLE
    if isinstance(error, LoginError):
        return _of_login(error)
    if is_about_the_line(error):
        return Trouble.DROPPED
    return Trouble.SERVER


def _of_login(error: LoginError) -> Trouble:
    """The library calls all that happens during a login so: a line that was cut, and a server that is busy, too."""
    if isinstance(error.__context__, imaplib.IMAP4.abort):
        return Trouble.DROPPED
    said = _words(error).lower()
    return Trouble.SERVER if any(word in said for word in _FOR_NOW) else Trouble.LOGIN


_FOR_NOW = ("[unavailable]", "[inuse]", "[limit]", "too many", "temporar", "try again later")
"""RFC 5530, and what servers write that do not know it."""


def _of_certificate(error: ssl.SSLCertVerificationError) -> Trouble:
    if error.verify_code in _EXPIRED:
        return Trouble.EXPIRED
    return Trouble.WRONG_NAME if error.verify_code in _WRONG_NAME else Trouble.UNTRUSTED


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    first = error.args[0] if error.args else ""
    if isinstance(first, bytes):
        return first.decode("utf-8", "replace")
    return str(error) or type(error).__name__
