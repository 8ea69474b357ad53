"""Why a rule's condition held or not: each condition with the value it found, as codes that can be kept."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.rules import spec
from tickets.models import Revision, Ticket
from tickets.state import State
from tickets.vocabulary import (
    OP_LABELS,
    AllOf,
    AnyOf,
    Condition,
    Facts,
    Field,
    Moment,
    Not,
    Op,
    Time,
    Tree,
    Unreadable,
    field_named,
)


def explain(tree: Tree, state: State, facts: Facts, *, at: datetime) -> list[dict[str, Any]]:
    """Every condition of the tree, in order: field, operator, values asked for, value found, whether it held.

    A condition below `not` is marked, for there it helps by not holding.
    """
    return _explain(tree, state, facts, Moment(at, None), negated=False)


def _explain(
    tree: Tree, state: State, facts: Facts, moment: Moment, *, negated: bool
) -> list[dict[str, Any]]:
    match tree:
        case AllOf(parts) | AnyOf(parts):
            return [row for part in parts for row in _explain(part, state, facts, moment, negated=negated)]
        case Not(part):
            return _explain(part, state, facts, moment, negated=not negated)
        case Condition(field=known, op=op, raw=raw, values=values):
            found = known.read(state, facts)
            row: dict[str, Any] = {
                "field": known.name,
                "op": str(op),
                "value": list(raw),
                **_found(known, state, found),
                "held": known.holds(op, values, moment, found),
            }
            return [row | {"not": True}] if negated else [row]


def _found(known: Field, state: State, found: Any) -> dict[str, Any]:
    """The value, or for words of people the revision that keeps them: a firing outlives what is redacted."""
    if known.type != "text":
        return {"found": plain(found)}
    revision = state.words.get(known.name)
    return {"found": None} | ({"revision": revision} if revision is not None else {})


def plain(found: Any) -> Any:
    """A value of any field as JSON keeps it."""
    if isinstance(found, datetime | date):
        return found.isoformat()
    if isinstance(found, timedelta):
        return int(found.total_seconds())
    if isinstance(found, tuple | list | set | frozenset):
        return sorted((plain(one) for one in found), key=str)
    return found if isinstance(found, str | int | float | bool | None) else str(found)


# --- in words ---


def say(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The rows of `explain` as people read them: what was asked, what was found, whether it held."""
    rows = list(rows)
    revisions = Revision.objects.in_bulk([row["revision"] for row in rows if row.get("revision")])
    return [_say(row, revisions) for row in rows]


def say_found(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Of the rows that helped what was found, in few words: “Priority was P1”."""
    rows = [row for row in rows if bool(row["held"]) != bool(row.get("not"))]
    revisions = Revision.objects.in_bulk([row["revision"] for row in rows if row.get("revision")])
    return [_say_found(row, revisions) for row in rows]


def _say_found(row: Mapping[str, Any], revisions: Mapping[int, Revision]) -> str:
    field, found = field_named(row["field"]), _found_in_words(row, revisions)
    if field is None or found is None or row["op"] == "since":
        return _("not: %(asked)s") % {"asked": _asked(row)} if row.get("not") else _asked(row)
    return _("%(field)s was %(found)s") % {"field": field.label, "found": found}


def _say(row: Mapping[str, Any], revisions: Mapping[int, Revision]) -> str:
    asked = _asked(row)
    if row.get("not"):
        asked = _("not: %(asked)s") % {"asked": asked}
    verdict = _("yes") if bool(row["held"]) != bool(row.get("not")) else _("no")
    found = _found_in_words(row, revisions)
    if found is None:
        return f"{asked}: {verdict}"
    return _("%(asked)s: found %(found)s, %(verdict)s") % {
        "asked": asked,
        "found": found,
        "verdict": verdict,
    }


def _asked(row: Mapping[str, Any]) -> str:
    field = field_named(row["field"])
    if row["op"] == "since":
        label = Ticket._meta.get_field(row["field"]).verbose_name  # type: ignore[union-attr]
        return _("%(since)s for %(minutes)s min") % {"since": label, "minutes": row["value"][0]}
    if field is None:
        return f"{row['field']} {row['op']} {', '.join(row['value'])}"
    op = Op(row["op"])
    try:
        values = [field.parse(op, raw) for raw in row["value"]]
        shown = [str(text) for text in field.labels(values).values()]
    except Unreadable:
        shown = list(row["value"])
    if op == Op.EMPTY:
        is_empty = "true" in (raw.lower() for raw in row["value"])
        return f"{field.label} {OP_LABELS[op] if is_empty else _('is not empty')}"
    return f"{field.label} {OP_LABELS[op]} {get_text_list(shown, _('or'))}"


def _found_in_words(row: Mapping[str, Any], revisions: Mapping[int, Revision]) -> str | None:
    """The value found; None where there is nothing to show, because the words are not kept or the field has none."""
    if row.get("revision"):
        revision = revisions.get(row["revision"])
        return _("“%(title)s”") % {"title": revision.text} if revision is not None else None
    found, field = row["found"], field_named(row["field"])
    if found is None:
        return (
            None if (field is not None and field.type == "text") or row["field"] == "hours" else _("nothing")
        )
    if isinstance(found, bool):
        return _("yes") if found else _("no")
    many = found if isinstance(found, list) else [found]
    if field is None or isinstance(field, Time) or row["op"] == "since":
        return ", ".join(map(_moment, many))
    return ", ".join(_label(field, one) for one in many) or _("nothing")


def _label(field: Field, found: Any) -> str:
    try:
        return str(field.labels([found])[found])
    except (ValueError, TypeError, KeyError):  # a code that the list no longer has
        return str(found)


def _moment(found: Any) -> str:
    try:
        at = datetime.fromisoformat(str(found))
    except ValueError:
        return str(found)
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT") if at.tzinfo else str(found)


TRIGGER_LABELS: Mapping[str, str | Promise] = {
    spec.CREATED: gettext_lazy("it is filed"),
    spec.CHANGED: gettext_lazy("something of it changes"),
    spec.REQUESTER_REPLIED: gettext_lazy("the requester writes"),
    spec.TECHNICIAN_REPLIED: gettext_lazy("the desk writes to the requester"),
    spec.RETURNED: gettext_lazy("it is returned"),
    spec.REOPENED: gettext_lazy("it is reopened"),
    spec.SLA_WARNING: gettext_lazy("a promise to the requester runs short"),
    spec.SLA_BREACH: gettext_lazy("a promise to the requester is broken"),
    spec.OLA_WARNING: gettext_lazy("a tier's promise runs short"),
    spec.OLA_BREACH: gettext_lazy("a tier's promise is broken"),
    spec.VENDOR_WARNING: gettext_lazy("a vendor's promise runs short"),
    spec.VENDOR_BREACH: gettext_lazy("a vendor's promise is broken"),
}


def trigger_label(name: str) -> str:
    """What people read for a trigger; `changed:priority` names the column."""
    kind, _colon, column = name.partition(":")
    if not column:
        return str(TRIGGER_LABELS.get(kind, name))
    label = Ticket._meta.get_field(column.removesuffix("_id")).verbose_name  # type: ignore[union-attr]
    return _("%(column)s changes") % {"column": label}
