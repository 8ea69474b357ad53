"""A ticket's conversation as the page draws it: cards for messages, lines for events, oldest first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from accounts.models import User
from escalation import events as escalation
from escalation.models import ReturnReason
from helpdesk.desk.why import Reason, reasons
from intake import events as mail
from tickets import events
from tickets.markdown import render_with_mentions
from tickets.mentions import DATA, PERSON, mentions_in
from tickets.models import NUMBER_PREFIX, Attachment, Audience, Event, Message, MessageKind, Ticket
from tickets.sentences import Item, timeline

BY_MACHINE = (mail.MAIL_AUTOMATIC, mail.MAIL_BOUNCED, mail.MAIL_NAMED_OTHER)
TOLD_BY_CARD = (events.NOTED, events.SHARED, events.VENDOR_REPLIED)
"""Kinds whose message says it all: the card needs no line beside it."""

MENTIONING = (events.NOTED, events.REPLIED, events.SHARED)
"""Kinds of events whose mentions are places in their message."""

ABOUT = {
    MessageKind.QUESTION: lambda: _("asks and waits for the answer"),
    MessageKind.RESOLUTION: lambda: _("the solution"),
    MessageKind.HANDOFF: lambda: _("hand-off"),
    MessageKind.RETURN: lambda: _("return"),
    MessageKind.PROPOSAL: lambda: _("proposed, not sent by itself"),
    MessageKind.COMMENT: lambda: _("with the rating"),
    MessageKind.AUTOMATIC: lambda: _("sent by a machine"),
}


@dataclass(frozen=True)
class File:
    """An attachment as components/_attachments.html lists it."""

    key: str
    name: str
    size: int
    url: str
    min_tier: int


@dataclass(frozen=True)
class Shown:
    """One item on the page: a line, a card, or a line with its card below."""

    item: Item
    files: list[File]
    about: str
    tier: int | None
    has_line: bool
    why: Reason | None = None
    """Where a rule did it."""
    html: str = ""
    """The text with those whom it mentions, where it mentions somebody; else the template renders it."""

    @property
    def message(self) -> Message | None:
        return self.item.message

    @property
    def anchor(self) -> str:
        return f"message-{self.message.pk}" if self.message else ""

    @property
    def line_anchor(self) -> str:
        return f"event-{self.item.event.pk}" if self.item.event else ""

    @property
    def is_note(self) -> bool:
        return self.message is not None and self.message.audience == Audience.INTERNAL

    @property
    def is_automatic(self) -> bool:
        return self.message is not None and self.message.kind == MessageKind.AUTOMATIC

    @property
    def original(self) -> str:
        """The page of the mail that this came by; "" where it came by another road."""
        event = self.item.event
        if event is None or "mail_in" not in event.data or not self._tells_of_mail(event):
            return ""
        return f"/tickets/{NUMBER_PREFIX}{event.ticket_id}/mails/{event.data['mail_in']}/"

    def _tells_of_mail(self, event: Event) -> bool:
        """Whatever a mail has caused names it: the message itself leads there, and what is told of machines."""
        return self.message is not None or event.kind in BY_MACHINE

    @property
    def is_for_vendor(self) -> bool:
        return self.message is not None and self.message.audience == Audience.VENDOR

    @property
    def redacted(self) -> str:
        message = self.message
        if message is None or message.redacted_at is None:
            return ""
        return _("%(name)s emptied this text: %(why)s") % {
            "name": message.redacted_by or _("Somebody"),
            "why": message.redacted_why,
        }


@dataclass(frozen=True)
class Move:
    """The last hand-over or return."""

    item: Item

    @property
    def return_reason(self) -> str:
        event = self.item.event
        if event is None or event.kind != escalation.RETURNED:
            return ""
        return str(ReturnReason(event.data["reason"]).label)


@dataclass
class Talk:
    items: list[Shown] = field(default_factory=list)

    @property
    def events(self) -> list[Event]:
        return [shown.item.event for shown in self.items if shown.item.event]

    @property
    def files(self) -> list[File]:
        return [file for shown in self.items for file in shown.files]

    @property
    def last_move(self) -> Move | None:
        """How it came to where it is."""
        kinds = (escalation.HANDED_OVER, escalation.RETURNED, escalation.OWNER_NAMED)
        told = [shown.item for shown in self.items if shown.item.kind in kinds]
        moves = [item for item in told if item.event and "team_id" in item.event.changes]
        return Move(moves[-1]) if moves else None

    @property
    def just_reopened(self) -> bool:
        """The last thing that anybody wrote was a reply that reopened it."""
        written = [shown.item for shown in self.items if shown.message and shown.item.event]
        last = written[-1].event if written else None
        return last is not None and last.kind == events.REPLIED and bool(last.data.get("reopened"))


def conversation(
    ticket: Ticket,
    user: User,
    *,
    tiers: dict[int, int] | None = None,
    known: Iterable[Any] = (),
    has_files: bool = True,
) -> Talk:
    """All that this person may read.

    `tiers` says on which tier the authors sit, by person; `known` are rows that need not be read again.
    """
    items = timeline(ticket, user, known=known, has_files=has_files)
    why = reasons(ticket, [item.event for item in items if item.event], user)
    return Talk([_shown(item, ticket, tiers or {}, why, user) for item in items])


def _shown(item: Item, ticket: Ticket, tiers: dict[int, int], why: Mapping[int, Reason], user: User) -> Shown:
    message = item.message
    return Shown(
        item=item,
        files=[_file(row) for row in item.attachments if row.redacted_at is None],
        about=_about(item, ticket) if message else "",
        tier=tiers.get(message.author_id or 0) if message and message.from_desk else None,
        has_line=_needs_line(item),
        why=why.get(item.event.pk) if item.event else None,
        html=_with_mentions(item, user),
    )


def _with_mentions(item: Item, user: User) -> str:
    message, event = item.message, item.event
    if message is None or event is None or DATA not in event.data or event.kind not in MENTIONING:
        return ""
    mentions = mentions_in(event.data)
    mine = [
        each.start for each in mentions if each.key in ([user.pk] if each.kind == PERSON else user.team_ids)
    ]
    return mark_safe(render_with_mentions(message.body, mentions, mine=mine))  # noqa: S308 (cleaned by nh3)


def _file(row: Attachment) -> File:
    return File(str(row.pk), row.name, row.size, f"/files/{row.pk}/", row.min_tier)


def _needs_line(item: Item) -> bool:
    if item.message is None:
        return True
    event = item.event
    if event is None or event.kind in TOLD_BY_CARD:
        return False
    if event.kind == events.REPLIED:
        return bool(event.data.get("reopened"))
    if event.kind == events.OPENED:
        return item.message.author_id != event.by_id
    return bool(item.sentence)


def _about(item: Item, ticket: Ticket) -> str:
    message: Any = item.message
    parts = []
    if message.kind == MessageKind.DESCRIPTION:
        parts += [ticket.organisation.name if ticket.organisation else "", ticket.get_channel_display()]
    elif message.audience == Audience.PUBLIC and message.from_desk:
        parts.append(_("to %(name)s") % {"name": ticket.requester.first_name})
    elif message.vendor is not None:
        parts.append(_("with %(vendor)s") % {"vendor": message.vendor})
    if message.kind in ABOUT:
        parts.append(ABOUT[message.kind]())
    if message.audience == Audience.INTERNAL and message.min_tier > 1:
        parts.append(_("from L%(level)s up") % {"level": message.min_tier})
    return " · ".join(filter(None, parts))
