"""A ticket's conversation and history in one order, as its reader may know it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import Team, User
from accounts.prepared import Prepared
from tickets.models import Attachment, Event, Message, Ticket
from tickets.permissions import is_desk, readable_messages, reads_as_vendor, vendors_of
from tickets.sentences.names import Line, Names
from tickets.sentences.saying import say


@dataclass(frozen=True)
class Item:
    """A message card, an event's line, or both: a card with the sentence of the event that wrote it."""

    at: datetime
    sentence: str = ""
    event: Event | None = None
    message: Message | None = None
    attachments: list[Attachment] = field(default_factory=list)
    by: User | None = None
    from_tier: int | None = None
    to_tier: int | None = None
    """Where a move went, for the two badges."""

    @property
    def is_message(self) -> bool:
        return self.message is not None

    @property
    def kind(self) -> str:
        return self.event.kind if self.event else ""


def timeline(ticket: Ticket, user: User, *, known: Iterable[Any] = (), has_files: bool = True) -> list[Item]:
    """Everything that this person may read of the ticket, oldest first, in a constant number of queries.

    `known` are rows that the caller has read already (people, tags ...): fewer to look up.
    """
    messages = {message.pk: message for message in _messages(ticket, user)}
    files = _files(messages, user) if has_files else {}
    events = _events(ticket=ticket.pk)
    wrote = {key for row in messages.values() for key in (row.author_id, row.redacted_by_id) if key}
    names = Names.of(events, known, people=wrote)
    _put_people(events, messages.values(), names)
    items: list[Item] = []
    team: Team | None = None
    theirs = vendors_of(user) if reads_as_vendor(user, ticket) else None
    with_another = False
    for event in events:
        if "team_id" in event.changes:
            team = names.row(Team, event.changes["team_id"][1])
        if theirs is not None and "vendor_id" in event.changes:
            with_another = event.changes["vendor_id"][1] not in (None, *theirs)
        message = messages.pop(event.message_id, None) if event.message_id else None
        # What a vendor did, and what was done about it, is not for the guests of the next one.
        text = "" if with_another else say(Line(event, names, user, team))
        if message is not None or text:
            items.append(_item(event, text, message, files, shows_tiers=is_desk(user)))
    items += [_card(message, files) for message in messages.values()]
    return sorted(items, key=lambda item: item.at)


_events = Prepared(
    lambda ticket: Event.objects.filter(ticket_id=ticket).select_related("message").order_by("id"), "ticket"
)


def _messages(ticket: Ticket, user: User) -> list[Message]:
    rows = Message.objects.filter(readable_messages(user, ticket), ticket=ticket).select_related("vendor")
    return list(rows.order_by("at", "id"))


def _put_people(events: Iterable[Event], messages: Iterable[Message], names: Names) -> None:
    for event in events:
        event.by = names.row(User, event.by_id)
    for message in messages:
        message.author = names.row(User, message.author_id)
        message.redacted_by = names.row(User, message.redacted_by_id)


def _files(messages: dict[int, Message], user: User) -> dict[int, list[Attachment]]:
    files: dict[int, list[Attachment]] = defaultdict(list)
    rows = Attachment.objects.filter(message_id__in=messages)
    if is_desk(user):
        rows = rows.filter(min_tier__lte=user.clearance) | rows.filter(uploaded_by=user)
    for row in rows.order_by("uploaded_at", "id"):
        files[row.message_id or 0].append(row)
    return files


def _item(
    event: Event,
    text: str,
    message: Message | None,
    files: dict[int, list[Attachment]],
    *,
    shows_tiers: bool,
) -> Item:
    before, after = event.changes.get("tier_id", (None, None)) if shows_tiers else (None, None)
    return Item(
        at=event.at,
        sentence=text,
        event=event,
        message=message,
        attachments=files.get(message.pk, []) if message else [],
        by=event.by,
        from_tier=before,
        to_tier=after if before is not None else None,
    )


def _card(message: Message, files: dict[int, list[Attachment]]) -> Item:
    """A message whose event stands in another ticket's history: it was merged into this one."""
    return Item(at=message.at, message=message, attachments=files.get(message.pk, []), by=message.author)
