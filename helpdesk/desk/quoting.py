"""What a hand-over begins with: quotes from the conversation, and nothing that nobody wrote."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Membership, User
from tickets.models import Audience, Message, MessageKind, Ticket
from tickets.permissions import readable_messages

NEWEST = 60
"""Messages that are looked through."""
MOST_NOTES = 3
MOST_LINES, MOST_CHARACTERS = 4, 500
FOR_THE_WHOLE_DESK = 1
"""Notes that are marked for a higher tier are not carried to where others read them."""


@dataclass(frozen=True)
class Quotes:
    """`summary`: what was asked, and the last words with the requester. `tried`: what this team wrote about it."""

    summary: str = ""
    tried: str = ""


def quotes_of(ticket: Ticket, user: User) -> Quotes:
    """From what this person may read and everybody of the desk may; three queries."""
    rows = Message.objects.filter(readable_messages(user, ticket), ticket=ticket, redacted_at__isnull=True)
    rows = rows.exclude(body="").filter(min_tier__lte=FOR_THE_WHOLE_DESK).select_related("author")
    newest = list(rows.order_by("-at", "-id")[:NEWEST])
    asked = rows.filter(kind=MessageKind.DESCRIPTION).order_by("at", "id").first()
    team = set(Membership.objects.filter(team=ticket.team_id).values_list("user_id", flat=True))
    return Quotes(_quoted(_exchange(newest, asked)), _quoted(_work(newest, team)))


def _exchange(newest: Iterable[Message], asked: Message | None) -> list[Message]:
    """The description, then the last word of the requester's side and the last of the desk, oldest first."""
    spoken = [row for row in newest if row.audience == Audience.PUBLIC and row != asked]
    last = [next((row for row in spoken if row.from_desk == side), None) for side in (True, False)]
    found = [row for row in last if row is not None]
    return [*([asked] if asked else []), *sorted(found, key=lambda row: (row.at, row.pk))]


def _work(newest: Iterable[Message], team: set[int]) -> list[Message]:
    """The last notes of this team; where there are none, its last replies."""
    ours = [row for row in newest if row.author_id in team]
    notes = [row for row in ours if row.kind == MessageKind.NOTE and row.audience == Audience.INTERNAL]
    said = [row for row in ours if row.kind == MessageKind.REPLY and row.from_desk]
    replies = [
        row for row in said if row.audience == Audience.PUBLIC
    ]  # what one vendor was asked is not another's
    return (notes or replies)[:MOST_NOTES][::-1]


def _quoted(rows: Iterable[Message]) -> str:
    return "\n\n".join(_quote(row) for row in rows)


def _quote(row: Message) -> str:
    """The first lines, each marked as a quote, below who wrote them."""
    text = row.body[:MOST_CHARACTERS]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    cut = len(lines) > MOST_LINES or len(row.body) > MOST_CHARACTERS
    shown = lines[:MOST_LINES]
    if cut and shown:
        shown[-1] += " …"
    who = row.author.name if row.author else _("Somebody")
    return "\n".join([_("%(name)s wrote:") % {"name": who}, *(f"> {line}" for line in shown)])
