"""`include=`: what belongs to tickets, in the same answer; so many queries a kind, however many tickets there are."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from accounts.models import Organisation, Team, User
from helpdesk.api.rendering import stamp
from helpdesk.api.tickets.showing import DESK, GUEST, REQUESTER, person, side_of
from sla.queries.clocks import open_clocks
from tickets.mentions import DATA, mentions_in, named
from tickets.models import (
    Attachment,
    Event,
    ExternalReference,
    FieldValue,
    Link,
    Message,
    Tagging,
    Ticket,
    Watch,
    WorkLog,
)
from tickets.permissions import is_desk, readable_messages, reads_as_vendor

MOST_MESSAGES = 20
"""Of each ticket in a list: the newest. All stand in its conversation."""
Rows = dict[int, Any]
Include = Callable[[Sequence[Ticket], User], Rows]


def add(
    shown: Sequence[dict[str, Any]], tickets: Sequence[Ticket], user: User, names: Collection[str]
) -> None:
    """Put what was asked for into what is shown, for those tickets whose reader may know it."""
    for name in names:
        if name in INSIDE:
            _widen(shown, tickets, user, name)
            continue
        include, sides = INCLUDES[name]
        theirs = [ticket for ticket in tickets if side_of(user, ticket) in sides]
        rows = include(theirs, user) if theirs else {}
        for each, ticket in zip(shown, tickets, strict=True):
            if side_of(user, ticket) in sides:
                each[name] = rows.get(ticket.pk, {} if name == "fields" else [])


def _widen(shown: Sequence[dict[str, Any]], tickets: Sequence[Ticket], user: User, name: str) -> None:
    """Who is of the desk may look these up; others read of them what the ticket tells."""
    if not is_desk(user):
        return
    for each, ticket in zip(shown, tickets, strict=True):
        row = getattr(ticket, name)
        if row is not None and name in each:
            each[name] = INSIDE[name](row)


def person_in_full(row: User) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "email": row.email,
        "phone": row.phone,
        "organisation_id": row.organisation_id,
        "timezone": row.timezone,
        "language": row.language,
        "location": row.location,
        "is_vip": row.is_vip,
    }


def team_in_full(row: Team) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "tier": row.tier_id,
        "takes": row.takes,
        "organisation_id": row.organisation_id,
    }


def organisation_in_full(row: Organisation) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "kind": row.kind, "support_plan": row.support_plan}


INSIDE: dict[str, Callable[[Any], dict[str, Any]]] = {
    "requester": person_in_full,
    "assignee": person_in_full,
    "contact": person_in_full,
    "opened_by": person_in_full,
    "team": team_in_full,
    "organisation": organisation_in_full,
}
"""What stands in the ticket itself, read with it: `include` tells more of it."""


def messages(tickets: Sequence[Ticket], user: User) -> Rows:
    newest = Window(RowNumber(), partition_by=F("ticket_id"), order_by=[F("at").desc(), F("id").desc()])
    rows = Message.objects.filter(readable(tickets, user)).annotate(place=newest)
    rows = rows.filter(place__lte=MOST_MESSAGES).select_related("author").order_by("at", "id")
    return _grouped(shown_messages(list(rows), user))


def readable(tickets: Iterable[Ticket], user: User) -> Q:
    """Which messages of these tickets this person reads: by their side of each."""
    if is_desk(user):
        keys = [ticket.pk for ticket in tickets]
        return Q(ticket_id__in=keys) & readable_messages(user, Ticket())
    found = Q(pk__in=[])
    for ticket in tickets:
        found |= Q(ticket_id=ticket.pk) & readable_messages(user, ticket)
    return found


def shown_messages(rows: Sequence[Message], user: User) -> list[tuple[int, dict[str, Any]]]:
    """Messages with their files, each beside its ticket's key."""
    files: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in files_of(user, message_id__in=[message.pk for message in rows]):
        files[row.message_id or 0].append(file(row))
    called = mentions_of(rows, user)
    return [
        (message.ticket_id, message_shown(message, files.get(message.pk, []), called.get(message.pk, [])))
        for message in rows
    ]


def mentions_of(rows: Sequence[Message], user: User) -> dict[int, list[dict[str, Any]]]:
    """By message whom it calls, for the desk alone: others read the names in its text."""
    written = {row.pk: row for row in rows if "@" in row.body} if is_desk(user) else {}
    if not written:
        return {}
    events = Event.objects.filter(
        ticket__in={row.ticket_id for row in written.values()}, message__in=written, data__has_key=DATA
    )
    return {
        event.message_id: [
            {"kind": each.kind, "id": each.key, "name": named(written[event.message_id].body, each)}
            for each in mentions_in(event.data)
        ]
        for event in events.order_by("id")
        if event.message_id
    }


def message_shown(
    message: Message, files: list[dict[str, Any]], mentions: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": message.pk,
        "kind": str(message.kind),
        "audience": str(message.audience),
        "author": person(message.author),
        "from_desk": message.from_desk,
        "min_tier": message.min_tier,
        "vendor": message.vendor_id,
        "body": message.body,
        "mentions": mentions,
        "at": stamp(message.at),
        "redacted_at": stamp(message.redacted_at),
        "attachments": files,
    }


def files_of(user: User, **where: Any) -> Iterable[Attachment]:
    rows = Attachment.objects.filter(redacted_at=None, **where)
    if is_desk(user):
        rows = rows.filter(Q(min_tier__lte=user.clearance) | Q(uploaded_by=user))
    return rows.order_by("uploaded_at", "id")


def file(row: Attachment) -> dict[str, Any]:
    where = "uploads" if row.ticket_id is None else f"tickets/TD-{row.ticket_id}/attachments"
    return {
        "id": str(row.pk),
        "name": row.name,
        "size": row.size,
        "content_type": row.content_type,
        "sha256": row.sha256,
        "min_tier": row.min_tier,
        "message": row.message_id,
        "uploaded_at": stamp(row.uploaded_at),
        "url": f"/api/v1/{where}/{row.pk}/",
    }


def attachments(tickets: Sequence[Ticket], user: User) -> Rows:
    """Those on messages that the person reads, and, but for a vendor's guest, those on none."""
    texts = Message.objects.filter(readable(tickets, user)).values("pk")
    bare = [ticket.pk for ticket in tickets if not reads_as_vendor(user, ticket)]
    keys = [ticket.pk for ticket in tickets]
    on_readable = Q(message__in=texts) | Q(message=None, ticket_id__in=bare)
    rows = Attachment.objects.filter(on_readable, redacted_at=None, ticket_id__in=keys)
    if is_desk(user):
        rows = rows.filter(Q(min_tier__lte=user.clearance) | Q(uploaded_by=user))
    return _grouped([(row.ticket_id or 0, file(row)) for row in rows.order_by("uploaded_at", "id")])


def tags(tickets: Sequence[Ticket], user: User) -> Rows:
    rows = Tagging.objects.filter(ticket__in=_keys(tickets)).order_by("tag__name")
    return _grouped(list(rows.values_list("ticket_id", "tag__name")))


def watchers(tickets: Sequence[Ticket], user: User) -> Rows:
    rows = Watch.objects.filter(ticket__in=_keys(tickets)).select_related("user").order_by("user__name", "id")
    return _grouped([(row.ticket_id, person(row.user)) for row in rows])


def links(tickets: Sequence[Ticket], user: User) -> Rows:
    """To tickets that the person may open; others they are not told of."""
    keys = _keys(tickets)
    rows = list(Link.objects.filter(Q(ticket__in=keys) | Q(other__in=keys)).order_by("id"))
    ends = {key for row in rows for key in (row.ticket_id, row.other_id)}
    known = Ticket.objects.visible_to(user).only("id", "subject", "status").in_bulk(ends) if ends else {}
    found = []
    for row in rows:
        for own, other, way in ((row.ticket_id, row.other_id, "out"), (row.other_id, row.ticket_id, "in")):
            there = known.get(other)
            if own in keys and there is not None:
                found.append((own, _link(row, there, way)))
    return _grouped(found)


def _link(row: Link, other: Ticket, way: str) -> dict[str, Any]:
    return {
        "id": row.pk,
        "type": str(row.type),
        "direction": way,
        "other": other.number,
        "subject": other.subject,
        "status": str(other.status),
        "blocks": row.blocks,
    }


def references(tickets: Sequence[Ticket], user: User) -> Rows:
    rows = ExternalReference.objects.filter(ticket__in=_keys(tickets)).order_by("id")
    return _grouped([(row.ticket_id, {"system": row.system, "key": row.key, "url": row.url}) for row in rows])


def work(tickets: Sequence[Ticket], user: User) -> Rows:
    rows = WorkLog.objects.filter(ticket__in=_keys(tickets)).select_related("by").order_by("at", "id")
    return _grouped([(row.ticket_id, work_shown(row)) for row in rows])


def work_shown(row: WorkLog) -> dict[str, Any]:
    return {
        "id": row.pk,
        "by": person(row.by),
        "minutes": row.minutes,
        "billable": row.is_billable,
        "at": stamp(row.at),
    }


def custom(tickets: Sequence[Ticket], user: User) -> Rows:
    rows = FieldValue.objects.filter(ticket__in=_keys(tickets), field__min_tier__lte=user.clearance)
    found: Rows = {}
    for row in rows.select_related("field").order_by("field__key"):
        found.setdefault(row.ticket_id, {})[row.field.key] = row.value
    return found


def clocks(tickets: Sequence[Ticket], user: User) -> Rows:
    """The promises that are open; what becomes of all of them is told by the area `sla`."""
    found = open_clocks([ticket.pk for ticket in tickets])
    return {
        key: [
            {
                "metric": str(cycle.metric),
                "target": f"PT{int(cycle.target.total_seconds())}S",
                "due_at": stamp(cycle.due_at),
                "state": str(cycle.state),
            }
            for cycle in cycles
        ]
        for key, cycles in found.items()
    }


INCLUDES: dict[str, tuple[Include, Collection[str]]] = {
    "messages": (messages, (DESK, REQUESTER, GUEST)),
    "attachments": (attachments, (DESK, REQUESTER, GUEST)),
    "tags": (tags, (DESK,)),
    "watchers": (watchers, (DESK, REQUESTER)),
    "links": (links, (DESK,)),
    "references": (references, (DESK,)),
    "work": (work, (DESK,)),
    "fields": (custom, (DESK,)),
    "clocks": (clocks, (DESK,)),
}
NAMES = (*INSIDE, *INCLUDES)


def _keys(tickets: Sequence[Ticket]) -> set[int]:
    return {ticket.pk for ticket in tickets}


def _grouped(rows: Iterable[tuple[int, Any]]) -> Rows:
    found: Rows = defaultdict(list)
    for key, row in rows:
        found[key].append(row)
    return found
