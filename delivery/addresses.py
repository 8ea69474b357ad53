"""The address that a mail of a ticket is answered to, and the line above which the answer is written.

`support@demo.example` becomes `support+t123.k3v...@demo.example`: the part after the plus names the ticket and
is signed, so that an answer finds its ticket although its subject and its headers were rewritten on the way,
and so that nobody can write into a ticket by counting up. The signature says which ticket is meant; whether the
sender may write there is asked by whoever files the mail.

This module imports no models: the parser of incoming mail uses it too.
"""

import base64
import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

LONGEST_LOCAL_PART = 64
"""RFC 5321, 4.5.3.1.1: what stands before the @ has at most so many characters."""

REPLY_MARKER = ("##-", "-##")
"""How the line begins and ends below which a mail quotes. What stands between them is in the reader's language, so
a parser looks for these two alone: the first line that holds both, whatever quotes it (`> `), ends the answer."""

REPLY_MARKER_LINE = re.compile(r"^[^\w\n]*?##-[^\n]{0,120}?-##\W*$", re.MULTILINE)

_SALT = "delivery.addresses.reply"
_SIGNATURE_BYTES = 10
_TAG = re.compile(r"\+t(?P<ticket>[0-9]{1,18})(?:-(?P<mail>[0-9]{1,18}))?\.(?P<signature>[a-z2-7]{16})$")


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """What a reply address names: the ticket, and the mail of the outbox that is answered, where it says so."""

    ticket: int
    mail: int | None


def reply_address(desk_address: str, ticket_number: int, mail_key: int | None = None) -> str:
    """The desk's address with the signed name of the ticket in it.

    Small letters and digits only, for some servers fold the case of what stands before the @. Where that part
    would grow beyond 64 characters, the mail is left out, then everything: answers then find their ticket by
    their headers.
    """
    local, _at, domain = desk_address.rpartition("@")
    for key in dict.fromkeys((mail_key, None)):
        tagged = f"{local}+{_tag(ticket_number, key)}"
        if len(tagged) <= LONGEST_LOCAL_PART:
            return f"{tagged}@{domain}"
    return desk_address


def ticket_of(address: str) -> int | None:
    """The number of the ticket that a reply address names; None for any other address and for a forged one."""
    target = reply_target(address)
    return target.ticket if target else None


def reply_target(address: str) -> ReplyTarget | None:
    """Like `ticket_of`, with the mail that is answered. Signatures under SECRET_KEY_FALLBACKS hold too."""
    found = _TAG.search(address.rpartition("@")[0].strip().lower())
    if found is None:
        return None
    ticket = int(found["ticket"])
    mail = int(found["mail"]) if found["mail"] else None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    signatures = [_signature(ticket, mail, key) for key in keys]
    if not any(constant_time_compare(found["signature"], wanted) for wanted in signatures):
        return None
    return ReplyTarget(ticket, mail)


def without_tag(address: str) -> str:
    """The desk's own address of a reply address; any other address as it is."""
    local, at, domain = address.rpartition("@")
    return f"{_TAG.sub('', local.strip().lower())}{at}{domain}" if reply_target(address) else address


def marker_line(words: str) -> str:
    """The line to write above, with its words in the reader's language."""
    begin, end = REPLY_MARKER
    return f"{begin} {' '.join(words.replace('#', '').split())} {end}"


def _tag(ticket: int, mail: int | None) -> str:
    return f"{_named(ticket, mail)}.{_signature(ticket, mail, settings.SECRET_KEY)}"


def _named(ticket: int, mail: int | None) -> str:
    return f"t{ticket}-{mail}" if mail is not None else f"t{ticket}"


def _signature(ticket: int, mail: int | None, key: str | bytes) -> str:
    """80 bits as 16 letters and digits: base32, for base64 dies when its case is folded."""
    digest = salted_hmac(_SALT, _named(ticket, mail), secret=key, algorithm="sha256").digest()
    return base64.b32encode(digest[:_SIGNATURE_BYTES]).decode("ascii").lower()
