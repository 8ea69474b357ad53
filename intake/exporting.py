"""Everything that is known of tickets, as JSON Lines or flat CSV, in constant memory.

Run by the operator, so nothing is hidden: notes, restricted tickets, marked fields. What was redacted
stays empty: its words are no longer in the database.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby, islice
from typing import Any, TextIO, TypeVar

from django.db import reset_queries
from django.db.models import Model, QuerySet

from accounts.models import User
from accounts.moment import one_moment
from tickets.models import (
    NUMBER_PREFIX,
    Attachment,
    Event,
    ExternalReference,
    FieldValue,
    Link,
    Message,
    Tagging,
    Ticket,
    TicketQuerySet,
    Watch,
    WorkLog,
)

AT_ONCE = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection)."""

CODES = (
    "kind", "status", "channel", "impact", "urgency", "priority", "category_confirmed", "priority_confirmed",
    "priority_overridden", "handle_with_care", "is_restricted", "hold_reason", "hold_until",
    "vendor_reference", "resolution_code", "close_reason", "cancel_reason", "rating", "created_at",
    "changed_at", "resolved_at", "closed_at", "tier_since", "status_since", "unaccepted_since",
    "requester_waiting_since", "last_public_reply_at", "reopen_count", "handoff_count", "bounce_count",
    "news_asked_count",
)  # fmt: skip
PEOPLE = ("requester", "assignee", "contact", "opened_by")
Row = TypeVar("Row", bound=Model)


def export_jsonl(tickets: TicketQuerySet, out: TextIO, *, told: Callable[[int], object]) -> int:
    """One ticket a line, with conversation, history, fields, files (without their contents) and links."""
    count = 0
    for together in _in_one_moment(tickets):
        for ticket in _whole(together):
            out.write(json.dumps(ticket, ensure_ascii=False, default=_plain) + "\n")
        count += len(together)
        told(len(together))
    return count


def export_csv(tickets: TicketQuerySet, out: TextIO, *, told: Callable[[int], object]) -> int:
    """One ticket a row: its columns, without conversation and history."""
    out.write("\ufeff")  # without it a spreadsheet takes UTF-8 for its own code page
    count, writer = 0, csv.writer(out)
    for together in _in_one_moment(tickets):
        references = _by_ticket(ExternalReference.objects.all(), together)
        tags = _by_ticket(Tagging.objects.select_related("tag"), together)
        for ticket in together:
            flat = _flat(ticket, references.get(ticket.pk, []), tags.get(ticket.pk, []))
            if not count:
                writer.writerow(flat)
            writer.writerow([_cell(value) for value in flat.values()])
            count += 1
        told(len(together))
    return count


def _in_one_moment(tickets: TicketQuerySet) -> Iterator[list[Ticket]]:
    """Batches by a server-side cursor, all as of one moment: nothing that changes meanwhile is half in."""
    rows = tickets.select_related(
        "tier", "team", "assignee", "contact", "requester", "opened_by", "organisation", "category", "vendor"
    )
    with one_moment():
        streamed = rows.order_by("pk").iterator(chunk_size=AT_ONCE)
        while together := list(islice(streamed, AT_ONCE)):
            yield together
            reset_queries()  # with DEBUG Django keeps the last 9,000 statements


def _whole(together: list[Ticket]) -> Iterator[dict[str, Any]]:
    messages = _by_ticket(Message.objects.select_related("author", "vendor"), together)
    events = _by_ticket(Event.objects.select_related("by"), together)
    files = _by_ticket(Attachment.objects.select_related("uploaded_by"), together)
    values = _by_ticket(FieldValue.objects.select_related("field", "revision"), together)
    references = _by_ticket(ExternalReference.objects.all(), together)
    links = _by_ticket(Link.objects.all(), together)
    tags = _by_ticket(Tagging.objects.select_related("tag"), together)
    watches = _by_ticket(Watch.objects.select_related("user"), together)
    work = _by_ticket(WorkLog.objects.select_related("by"), together)
    for ticket in together:
        key = ticket.pk
        yield _facts(ticket) | {
            "tags": [row.tag.name for row in tags.get(key, [])],
            "watchers": [_person(row.user) for row in watches.get(key, [])],
            "fields": {row.field.key: row.value for row in values.get(key, [])},
            "external_references": [
                {"system": row.system, "key": row.key, "url": row.url} for row in references.get(key, [])
            ],
            "links": [
                {"type": row.type, "other": f"{NUMBER_PREFIX}{row.other_id}", "blocks": row.blocks}
                for row in links.get(key, [])
            ],
            "work": [
                {"by": _person(row.by), "at": row.at, "minutes": row.minutes, "billable": row.is_billable}
                for row in work.get(key, [])
            ],
            "messages": [_message(row) for row in messages.get(key, [])],
            "attachments": [_file(row) for row in files.get(key, [])],
            "history": [_event(row) for row in events.get(key, [])],
        }


def _facts(ticket: Ticket) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        **{name: getattr(ticket, name) for name in CODES},
        "tier": ticket.tier.code,
        "path": [f"L{level}" for level in ticket.path],
        "team": ticket.team.name,
        **{name: _person(getattr(ticket, name)) for name in PEOPLE},
        "organisation": ticket.organisation.name if ticket.organisation else None,
        "category": str(ticket.category) if ticket.category else None,
        "vendor": ticket.vendor.name if ticket.vendor else None,
        "merged_into": f"{NUMBER_PREFIX}{ticket.merged_into_id}" if ticket.merged_into_id else None,
        "location": ticket.location,
        "device": ticket.device,
    }


def _flat(ticket: Ticket, references: list[ExternalReference], tags: list[Tagging]) -> dict[str, Any]:
    facts = _facts(ticket)
    for name in PEOPLE:
        person = facts.pop(name)
        facts |= {name: person and person["name"], f"{name}_mail": person and person["mail"]}
    facts["path"] = " > ".join(facts["path"])
    facts["tags"] = ", ".join(row.tag.name for row in tags)
    facts["external_references"] = ", ".join(f"{row.system} {row.key}" for row in references)
    return facts


def _message(row: Message) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": row.at,
        "kind": row.kind,
        "audience": row.audience,
        "vendor": row.vendor.name if row.vendor else None,
        "author": _person(row.author),
        "from_desk": row.from_desk,
        "min_tier": row.min_tier,
        "body": row.body,
        "redacted_at": row.redacted_at,
    }


def _file(row: Attachment) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "message": row.message_id,
        "name": row.name,
        "content_type": row.content_type,
        "size": row.size,
        "sha256": row.sha256,
        "uploaded_by": _person(row.uploaded_by),
        "uploaded_at": row.uploaded_at,
        "redacted_at": row.redacted_at,
    }


def _event(row: Event) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": row.at,
        "kind": row.kind,
        "by": _person(row.by),
        "message": row.message_id,
        "changes": row.changes,
        "data": row.data,
    }


def _person(user: User | None) -> dict[str, Any] | None:
    return {"id": user.pk, "name": user.name, "mail": user.email} if user else None


def _by_ticket(rows: "QuerySet[Row]", together: Iterable[Ticket]) -> dict[int, list[Row]]:
    """The rows that hang on these tickets, in the order they were written."""
    found = rows.filter(ticket__in=[ticket.pk for ticket in together]).order_by("ticket_id", "pk")
    grouped = groupby(found, key=lambda row: row.ticket_id)  # type: ignore[attr-defined]
    return {key: list(group) for key, group in grouped}


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cell(value: Any) -> str:
    """A cell as text that no spreadsheet carries out."""
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
