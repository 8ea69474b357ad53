"""Two people at one ticket: what does not clash is put together, and for the rest one chooses, field by field."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.keys import key_of
from helpdesk.desk.forms.facts import ChangeForm
from helpdesk.desk.guard import DeskRequest
from helpdesk.desk.sending import version_of
from tickets import events
from tickets.models import Event, Revision, Ticket

HARMLESS = (
    events.TAGGED,
    events.UNTAGGED,
    events.WATCHED,
    events.UNWATCHED,
    events.WORKED,
    events.LINKED,
    events.UNLINKED,
    events.REFERENCED,
    events.PRIORITY_CONFIRMED,
    events.CONTACT_SET,
    events.CHANGED,
)
"""What somebody else may do while a reply is written, without the reply being another one for it."""

MINE, THEIRS, CLASH = "mine", "theirs", "clash"


@dataclass(frozen=True)
class Row:
    """A field that somebody has touched: what it was, what it is, what was typed, and what is sent."""

    name: str
    label: str
    base: str
    theirs: str
    mine: str
    state: str
    mine_values: list[str]
    theirs_values: list[str]

    @property
    def values(self) -> list[str]:
        return self.theirs_values if self.state == THEIRS else self.mine_values

    @property
    def is_asked(self) -> bool:
        """One of two values is chosen by a press; of a choice of many what was typed is sent, and that is said."""
        return self.state == CLASH and len(self.mine_values) == len(self.theirs_values) == 1


@dataclass(frozen=True)
class Merged:
    rows: list[Row]
    others: list[tuple[str, str]]
    """What nobody has touched, as it is sent again."""

    @property
    def clashes(self) -> int:
        return sum(row.state == CLASH for row in self.rows)

    @property
    def sent(self) -> list[tuple[str, str]]:
        decided = [(row.name, value) for row in self.rows if not row.is_asked for value in row.values]
        return [*decided, *self.others]


def version_for_reply(request: DeskRequest, ticket: Ticket) -> int | None:
    """The version that a reply is written for. What happened since and does not touch it counts as seen."""
    seen = version_of(request)
    if seen is None or seen >= ticket.version:
        return seen
    kinds = changes_since(ticket, seen).values_list("kind", flat=True)
    return ticket.version if all(kind in HARMLESS for kind in kinds) else seen


def changes_since(ticket: Ticket, seen: int) -> QuerySet[Event]:
    """Newest first: every change of a ticket has one event and counts its version up by one; what is quiet does not."""
    told = Event.objects.filter(ticket=ticket, is_quiet=False).order_by("-id")
    return told[: max(ticket.version - seen, 0)]


def merge(form: ChangeForm, *, seen: int) -> Merged:
    """What the form has sent beside what others have changed since that version. The form's ticket is as it is now."""
    before = _before(form.ticket, seen)
    rows: list[Row] = []
    others: list[tuple[str, str]] = []
    for bound in form.visible_fields():
        row = _row(form, bound, before)
        if row is None:
            others += [(bound.name, value) for value in _posted(form, bound)]
        else:
            rows.append(row)
    return Merged(rows, others)


def _before(ticket: Ticket, seen: int) -> dict[str, Any]:
    """By column, and by word and custom field, what it was in that version; only of what has changed since."""
    found: dict[str, Any] = {}
    revisions: dict[str, int | None] = {}
    for event in reversed(changes_since(ticket, seen)):
        for column, (was, is_now) in event.changes.items():
            if column != "words":
                found.setdefault(column, was)
                continue
            for name, revision in (is_now or {}).items():
                if (was or {}).get(name) != revision:
                    revisions.setdefault(name, (was or {}).get(name))
    texts = Revision.objects.in_bulk([key for key in revisions.values() if key])
    return found | {name: texts[key].text if key in texts else "" for name, key in revisions.items()}


def _row(form: ChangeForm, bound: forms.BoundField, before: dict[str, Any]) -> Row | None:
    field, name, theirs_raw = bound.field, bound.name, bound.field.initial
    column = _column(form, name)
    is_theirs = column in before
    base_raw = before[column] if is_theirs else theirs_raw
    typed = bound.data
    is_mine = field.has_changed(base_raw, typed)
    if not is_theirs and not is_mine:
        return None
    is_same = not field.has_changed(theirs_raw, typed)
    state = MINE if not is_theirs or is_same else CLASH if is_mine else THEIRS
    return Row(
        name=name,
        label=str(bound.label),
        base=_shown(field, base_raw),
        theirs=_shown(field, theirs_raw),
        mine=_shown(field, typed),
        state=state,
        mine_values=_posted(form, bound),
        theirs_values=list(_values(field, theirs_raw)),
    )


def _column(form: ChangeForm, name: str) -> str:
    """Under which name the history keeps a field of the form."""
    if name in form.field_keys:
        return f"field:{form.field_keys[name]}"
    return f"{name}_id" if name in ("category", "requester") else name


def _posted(form: ChangeForm, bound: forms.BoundField) -> list[str]:
    data: Any = form.data
    return [str(value) for value in data.getlist(bound.html_name)]


def _values(field: forms.Field, raw: Any) -> Iterator[str]:
    """A value as its control would send it."""
    if isinstance(field, forms.BooleanField):
        yield from ["on"] if raw else []
        return
    shown = field.widget.format_value(field.prepare_value(raw))
    for value in shown if isinstance(shown, list | tuple) else [shown]:
        yield "" if value is None else str(value)


def _shown(field: forms.Field, raw: Any) -> str:
    if isinstance(field, forms.BooleanField):
        return _("yes") if raw in (True, "on", "True", "true") else _("no")
    if raw in (None, "", []):
        return "–"
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
        row = field.queryset.model._base_manager.filter(pk=key_of(raw)).first()
        return str(row or raw)
    choices = dict(getattr(field, "choices", ()))
    known = {str(value): str(label) for value, label in choices.items()}
    many = raw if isinstance(raw, list | tuple) else [raw]
    return ", ".join(known.get(str(value), str(value)) for value in many)
