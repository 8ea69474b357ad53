"""Custom fields: checking a value against its field, and keeping it with its revision."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from tickets.conditions import TICKED, answers_among, deciding, shown, words_of_answer
from tickets.events import NOTHING_YET
from tickets.models import CustomField, FieldValue, Revision, Ticket
from tickets.operations.guards import line
from tickets.queries.asked import fields_that_apply, questions_for
from tickets.refusals import Invalid
from tickets.words import normal_value


def fields_of(ticket: Ticket) -> list[CustomField]:
    """The custom fields that apply to the ticket's kind and category, in their order."""
    ancestry = ticket.category.ancestry if ticket.category_id and ticket.category else []
    return fields_that_apply(ticket.kind, ancestry)


def set_values(
    ticket: Ticket,
    values: Mapping[str, Any],
    *,
    by: User | None,
    at: datetime,
    required: str | None = None,
    asked: bool = True,
) -> None:
    """Keep the values and name their revisions in `ticket.words`, which the next `record` carries.

    A field that is shown only for other answers is neither needed nor kept while they are not given: a value for it is
    refused, and one that the ticket has goes when the answer that showed it changes.

    Args:
        required: refuse when a field that is required at this moment has no value.
        asked: the person was shown these fields; without it a missing one is left for later.

    Raises:
        Invalid: `field` is `fields.<key>`.
    """
    known = {field.key: field for field in fields_of(ticket)}
    for key in values:
        if key not in known:
            raise Invalid(_("There is no field “%(key)s” here.") % {"key": key}, field=f"fields.{key}")
    needed = _needed(ticket, known, required) if required and asked else []
    held = _held(ticket, known.values()) if values or needed else {}
    clean = {
        key: clean_value(known[key], value, held=held.get(key, (None, None))[1])
        for key, value in values.items()
    }
    hidden = _hidden(known, {key: value for key, (_pk, value) in held.items()} | clean)
    for key in hidden & clean.keys():
        if clean[key] not in (None, "", False):
            raise Invalid(_only_when(known[key], known), field=f"fields.{key}")
    clean = {key: value for key, value in clean.items() if key not in hidden}
    _require([field for field in needed if field.key not in hidden], clean, held)
    if clean.keys() & deciding(known.values()):
        clean |= dict.fromkeys(hidden & held.keys())
    given = _without_nothing(ticket, {known[key]: value for key, value in clean.items()})
    if not given:
        return
    revisions = Revision.objects.bulk_create(
        Revision(ticket=ticket, column=f"field:{field.pk}", text=_shown(value), by=by, at=at)
        for field, value in given.items()
    )
    ticket.words = ticket.words | {row.column: row.pk for row in revisions}
    FieldValue.objects.bulk_create(
        [
            FieldValue(ticket=ticket, field=field, value=value, normal=normal(value), revision=revision)
            for (field, value), revision in zip(given.items(), revisions, strict=True)
            if value is not None
        ],
        update_conflicts=True,
        unique_fields=["ticket", "field"],
        update_fields=["value", "normal", "revision"],
    )


def _held(ticket: Ticket, known: Collection[CustomField]) -> dict[str, tuple[int, Any]]:
    """What the ticket says already, by key: the field and the value. One that is just being filed says nothing."""
    if not known or ticket.known is NOTHING_YET:
        return {}
    keys = {field.pk: field.key for field in known}
    rows = FieldValue.objects.filter(ticket=ticket, field__in=keys).values_list("field_id", "value")
    return {keys[pk]: (pk, value) for pk, value in rows}


def _hidden(known: Mapping[str, CustomField], values: Mapping[str, Any]) -> set[str]:
    if not deciding(known.values()):
        return set()
    answers = answers_among(known.values(), values)
    return known.keys() - {field.key for field in shown([*known.values()], answers)}


def _only_when(field: CustomField, known: Mapping[str, CustomField]) -> str:
    for key, wanted in field.shown_when.items():
        if key in known:
            return _("%(label)s is asked only when %(other)s is: %(answers)s.") % {
                "label": field.label,
                "other": known[key].label,
                "answers": ", ".join(words_of_answer(answer) for answer in wanted),
            }
    return _("%(label)s is not asked here.") % {"label": field.label}


def _needed(ticket: Ticket, known: Mapping[str, CustomField], required: str) -> list[CustomField]:
    """Whoever files is a requester, who is asked what the form of the category says; the desk what fields say."""
    if required == CustomField.Required.FILING:
        asked = questions_for(ticket.kind, ticket.category)
        return [row.field for row in asked if row.field is not None and row.is_required]
    return [field for field in known.values() if field.required == required]


def _require(wanted: Iterable[CustomField], given: Mapping[str, Any], held: Mapping[str, Any]) -> None:
    for field in wanted:
        is_missing = given.get(field.key) in (None, "", False)
        if is_missing and (field.key in given or field.key not in held):
            raise Invalid(_("%(label)s is needed.") % {"label": field.label}, field=f"fields.{field.key}")


def _without_nothing(ticket: Ticket, given: dict[CustomField, Any]) -> dict[CustomField, Any]:
    """What is left to keep: an answer that was emptied loses its row, one that never was has none."""
    empty = [field for field, value in given.items() if value is None]
    emptied = set[int]()
    if empty and ticket.known is not NOTHING_YET:
        rows = FieldValue.objects.filter(ticket=ticket, field__in=empty)
        emptied |= set(rows.values_list("field_id", flat=True))
        rows.filter(field__in=emptied).delete()
    return {field: value for field, value in given.items() if value is not None or field.pk in emptied}


def clean_value(field: CustomField, value: Any, *, held: Any = None) -> Any:
    """The value as JSON keeps it; None for none. A choice that was taken away stays with who has it (`held`).

    Raises:
        Invalid: naming the field and what it takes.
    """
    if field.type == CustomField.Type.CHECKBOX:
        return value in TICKED
    if value is None or value == "":
        return None
    name = f"fields.{field.key}"
    try:
        match field.type:
            case CustomField.Type.NUMBER:
                return str(_number(value))
            case CustomField.Type.DATE:
                return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
            case CustomField.Type.USER:
                key = value.pk if isinstance(value, User) else int(value)
                return User.objects.active().get(pk=key).pk
    except (ValueError, InvalidOperation, User.DoesNotExist):
        raise Invalid(
            _("%(label)s takes a %(type)s.") % {"label": field.label, "type": field.get_type_display()},
            field=name,
        ) from None
    text = line(str(value), name, longest=2_000)
    if field.type == CustomField.Type.CHOICE and text not in (*field.choices, held):
        raise Invalid(
            _("%(label)s is one of: %(choices)s.")
            % {"label": field.label, "choices": ", ".join(field.choices)},
            field=name,
        )
    return text


def normal(value: Any) -> str:
    """What filters compare: case, accents and length do not matter."""
    return normal_value(_shown(value))


def _number(value: Any) -> Decimal:
    number = Decimal(str(value).replace(",", "."))
    if not number.is_finite() or abs(number) > Decimal(10) ** 15:
        raise ValueError(value)
    return number


def _shown(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
