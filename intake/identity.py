"""What tells one message from another: its id as it is kept, and the mark by which a copy of it is known."""

import hashlib
from datetime import datetime

from intake.mail.parsed import ParsedMail
from intake.models import LONGEST_ID

LONGEST_ADDRESS = 254
MOST_REFERENCES = 60
"""Of a long thread its first id and its last ones are kept: answers name those."""


def storable(text: str) -> str:
    """A text as PostgreSQL takes it: without NUL, and without halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def one_line(text: str, longest: int) -> str:
    return " ".join(storable(text).split())[:longest]


def kept_date(date: datetime | None) -> datetime | None:
    """When it says that it was sent; None for a year in which nobody writes mails, for such dates end programs."""
    return date if date is not None and 1970 <= date.year <= 2200 else None


def kept_address(address: str) -> str:
    """In lower case, as it is looked for."""
    return one_line(address, LONGEST_ADDRESS).lower()[:LONGEST_ADDRESS]


def is_address(address: str) -> bool:
    """Whether it can be anybody's: something before one @ and something behind it, without blanks."""
    local, at, domain = address.rpartition("@")
    return bool(local and at and domain) and not any(mark.isspace() or mark in "<>," for mark in address)


def kept_id(message_id: str) -> str:
    """A Message-ID as the table holds it and looks for it: one word, and of an endless one its digest."""
    word = "".join(storable(message_id).split())
    if len(word) <= LONGEST_ID:
        return word
    return f"<{hashlib.sha256(word.encode('utf-8', 'replace')).hexdigest()}@long.invalid>"


def kept_ids(parsed: ParsedMail) -> list[str]:
    """What it answers and refers to, the nearest first."""
    named = [*parsed.in_reply_to, *reversed(parsed.references)]
    ids = list(dict.fromkeys(filter(None, map(kept_id, named))))
    return ids if len(ids) <= MOST_REFERENCES else [*ids[: MOST_REFERENCES - 1], ids[-1]]


def fingerprint(parsed: ParsedMail) -> str:
    """The mark of a message's content, the same for each copy of it, whatever the servers on its way have added.

    A sender that gives every message the same id still writes different words or at another time.
    """
    digest = hashlib.sha256()
    date = parsed.date.isoformat() if parsed.date else ""
    for part in (kept_id(parsed.message_id), _from(parsed), date, parsed.subject, squeezed(parsed.text)):
        digest.update(part.encode("utf-8", "replace") + b"\x00")
    for attachment in parsed.attachments:
        digest.update(hashlib.sha256(attachment.content).digest())
    return digest.hexdigest()


def squeezed(text: str) -> str:
    """Words alone: servers wrap lines and add blanks."""
    return " ".join(text.split())


def _from(parsed: ParsedMail) -> str:
    return parsed.from_.address.lower() if parsed.from_ else ""
