"""What stands beside the conversation: other tickets of the requester, links, custom fields."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Case, Q, Value, When
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from tickets.models import CustomField, LinkType, Ticket
from tickets.queries.beside import with_names
from tickets.queries.visible import PreparedFor

MOST_OTHERS = 6

BACKWARDS = {
    LinkType.CHILD: gettext_lazy("parent of"),
    LinkType.DUPLICATE: gettext_lazy("has the duplicate"),
    LinkType.CAUSED_BY: gettext_lazy("cause of"),
    LinkType.RELATED: LinkType.RELATED.label,
    LinkType.FOLLOW_UP: gettext_lazy("followed up by"),
    LinkType.SPLIT: gettext_lazy("split into"),
}


@dataclass(frozen=True)
class Tie:
    """A link, read from this ticket; `other` is None where the person may not open it."""

    key: int
    words: str
    other: Ticket | None
    other_key: int
    blocks: bool


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    level: int = 0
    is_hidden: bool = False


@dataclass
class Panels:
    others: list[Ticket] = field(default_factory=list)
    has_more_others: bool = False
    ties: list[Tie] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


def panels_of(ticket: Ticket, user: User) -> Panels:
    """Needs what `whole_ticket` read; one query for all the other tickets."""
    rows: list[dict[str, Any]] = ticket.links_of  # type: ignore[attr-defined]
    linked = {row["other"] if row["ticket"] == ticket.pk else row["ticket"] for row in rows}
    found = {row.pk: row for row in _others(ticket, user, linked)}
    others = [row for row in found.values() if row.requester_id == ticket.requester_id and row.is_open]
    return Panels(
        others=others[:MOST_OTHERS],
        has_more_others=len(others) > MOST_OTHERS,
        ties=[_tie(row, ticket, found) for row in rows],
        facts=_facts(ticket.values_of_fields, user),  # type: ignore[attr-defined]
    )


def _others(ticket: Ticket, user: User, linked: set[int]) -> Sequence[Ticket]:
    """What it is linked with, and the newest that its requester has open."""
    if linked:
        wanted = Q(requester_id=ticket.requester_id, in_queue=True) | Q(pk__in=linked)
        linked_first = Case(When(pk__in=linked, then=Value(0)), default=Value(1))
        rows = Ticket.objects.visible_to(user).filter(wanted).exclude(pk=ticket.pk)
        found = list(rows.order_by(linked_first, "-pk")[: len(linked) + MOST_OTHERS + 1])
    else:
        found = _newest_open(user, requester=ticket.requester_id, ticket=ticket.pk)
    return with_names(found, people=(), places=("tier",))


_newest_open: PreparedFor[Ticket] = PreparedFor(
    lambda user, requester, ticket: (
        Ticket.objects.visible_to(user)
        .filter(requester_id=requester, in_queue=True)
        .exclude(pk=ticket)
        .order_by("-pk")[: MOST_OTHERS + 1]
    ),
    "requester",
    "ticket",
)


def _tie(row: dict[str, Any], ticket: Ticket, found: dict[int, Ticket]) -> Tie:
    is_ours = row["ticket"] == ticket.pk
    key = row["other"] if is_ours else row["ticket"]
    type_ = LinkType(row["type"])
    words = str(type_.label if is_ours else BACKWARDS[type_])
    return Tie(row["id"], words, found.get(key), key, row["blocks"])


def _facts(rows: list[dict[str, Any]], user: User) -> list[Fact]:
    """A field that is marked for a higher tier says that it is there, not what it holds."""
    people = [row["value"] for row in rows if row["type"] == CustomField.Type.USER and row["value"]]
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name")) if people else {}
    return [
        Fact(row["label"], "", row["min_tier"], is_hidden=True)
        if row["min_tier"] > user.clearance
        else Fact(row["label"], _shown(row, names), row["min_tier"])
        for row in rows
        if row["value"] not in (None, "", False)
    ]


def _shown(row: dict[str, Any], names: dict[int, str]) -> str:
    value = row["value"]
    match row["type"]:
        case CustomField.Type.USER:
            return names.get(value, "")
        case CustomField.Type.CHECKBOX:
            return _("yes")
        case CustomField.Type.DATE:
            return formats.date_format(date.fromisoformat(value), "DATE_FORMAT")
    return str(value)
