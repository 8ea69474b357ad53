"""The headers of a mail about a ticket: whose name it bears, where answers go, what it belongs to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.core import signing

from accounts.models import User
from delivery import threading
from delivery.addresses import reply_address
from delivery.models import Mail
from delivery.threading import Sender
from delivery.vocabulary import NoticeKind

STOP_PATH = "/notices/stop/"
STOP_SALT = "delivery.notices.stop"
MOST_REFERENCES = 10
"""Of what came in, and of what went out: a mail program needs the first and the last, not all of a long ticket."""
LONGEST_NAME = 80

_ID = re.compile(r"<[^<>\s]{1,240}>")
_UNQUOTED = re.compile(r'[\\"\x00-\x1f<>]')


@dataclass(frozen=True)
class Thread:
    """What was written about one ticket to one address, as its mail program strings it together."""

    references: list[str]
    answers: str
    """The Message-ID to which the next one is the answer; empty where there is none yet."""
    subject: str
    """Of the last mail; empty where there is none."""

    @property
    def headers(self) -> dict[str, str]:
        headers = {"References": " ".join(self.references)}
        return {**headers, "In-Reply-To": self.answers} if self.answers else headers


def thread_of(ticket_number: int, to: str) -> Thread:
    """A ticket has one name that stands first in every mail about it, so that all of them are one conversation also
    where the first is lost; then come what came in and what went out to this address, oldest first.
    """
    sent = Mail.objects.filter(about_ticket=ticket_number, to=to).exclude(kind="")
    rows = list(sent.order_by("-id").values_list("message_id", "subject")[:MOST_REFERENCES])
    incoming = [name for name in threading.incoming_ids(ticket_number) if _ID.fullmatch(name)]
    outgoing = [name for name, _subject in reversed(rows)]
    known = [*incoming[:1], *incoming[1:][-MOST_REFERENCES:], *outgoing]
    answers = incoming[-1] if incoming else outgoing[-1] if outgoing else ""
    references = [root_id(ticket_number), *(name for name in dict.fromkeys(known) if name != answers)]
    return Thread([*references, answers] if answers else references, answers, rows[0][1] if rows else "")


def root_id(ticket_number: int) -> str:
    return f"<ticket.{ticket_number}@{domain()}>"


def from_header(sender: Sender | None, name: str, desk: str) -> str:
    """`"Mira Kask (Northwind IT)" <support@demo.example>`; without a name, the desk's alone."""
    address = sender.address if sender else parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    place = (sender.name if sender else "") or desk
    shown = f"{name} ({place})" if name else place
    return f'"{_quotable(shown)}" <{address}>'


def reply_headers(sender: Sender | None, ticket_number: int | None) -> dict[str, str]:
    """Where answers go: to the mailbox, with the ticket in the address where the mailbox takes that."""
    if sender is None:
        return {}
    if ticket_number is None or not sender.takes_plus:
        return {"Reply-To": sender.address}
    return {"Reply-To": reply_address(sender.address, ticket_number)}


def list_headers(person: User | None, kinds: Sequence[NoticeKind]) -> dict[str, str]:
    """How to leave by one click (RFC 8058), of what one may switch off and what is no letter from a person.

    A letter that is answered is no list: a mail program would offer to leave the conversation, and other desks
    would take it for a newsletter.

    Args:
        kinds: all that the mail tells of; the link stops each of them that can be stopped.
    """
    stoppable = [kind.code for kind in kinds if not kind.is_fixed]
    if person is None or not stoppable or any(kind.is_correspondence for kind in kinds):
        return {}
    name = stoppable[0].replace("_", "-") if len(stoppable) == 1 else "digest"
    return {
        "List-Id": f"<{name}.notices.{domain()}>",
        "List-Unsubscribe": f"<{stop_url(person, *stoppable)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
    }


def stop_url(person: User, *kinds: str) -> str:
    token = signing.Signer(salt=STOP_SALT).sign_object([person.pk, *kinds])
    return f"{settings.BASE_URL.rstrip('/')}{STOP_PATH}{token}/"


def read_stop(token: str) -> tuple[int, list[str]] | None:
    """Whose mails of which kinds such a link stops; None for a forged one. It never ends, as mails are kept long."""
    try:
        person, *kinds = signing.Signer(salt=STOP_SALT).unsign_object(token)
        return (int(person), [str(kind) for kind in kinds]) if kinds else None
    except (signing.BadSignature, ValueError, TypeError):
        return None


def domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def _quotable(name: str) -> str:
    return " ".join(_UNQUOTED.sub(" ", name).split())[:LONGEST_NAME]
