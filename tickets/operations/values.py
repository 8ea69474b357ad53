"""Custom fields: checking a value against its field, and keeping it with its revision."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from tickets.events import NOTHING_YET
from tickets.models import CustomField, FieldValue, Revision, Ticket
from tickets.operations.guards import line
from tickets.queries.asked import fields_that_apply
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
    clean = {key: clean_value(known[key], value) for key, value in values.items()}
    if required and asked:
        # Whoever files is a requester, who is shown neither the desk's own fields nor marked ones.
        is_filing = required == CustomField.Required.FILING
        shown = [field for field in known.values() if not is_filing or _is_for_requesters(field)]
        _require(ticket, shown, clean, required)
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


def _without_nothing(ticket: Ticket, given: dict[CustomField, Any]) -> dict[CustomField, Any]:
    """What is left to keep: an answer that was emptied loses its row, one that never was has none."""
    empty = [field for field, value in given.items() if value is None]
    emptied = set[int]()
    if empty and ticket.known is not NOTHING_YET:
        rows = FieldValue.objects.filter(ticket=ticket, field__in=empty)
        emptied |= set(rows.values_list("field_id", flat=True))
        rows.filter(field__in=emptied).delete()
    return {field: value for field, value in given.items() if value is not None or field.pk in emptied}


def clean_value(field: CustomField, value: Any) -> Any:
    """The value as JSON keeps it; None for none.

    Raises:
        Invalid: naming the field and what it takes.
    """
    if field.type == CustomField.Type.CHECKBOX:
        return value in (True, "true", "on", "1", 1)
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
    if field.type == CustomField.Type.CHOICE and text not in field.choices:
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


def _is_for_requesters(field: CustomField) -> bool:
    return field.for_requesters and field.min_tier == 0


def _require(ticket: Ticket, fields: Iterable[CustomField], given: Mapping[str, Any], required: str) -> None:
    wanted = [
        field for field in fields if field.required == required and given.get(field.key) in (None, "", False)
    ]
    if not wanted:
        return
    held = set(FieldValue.objects.filter(ticket=ticket, field__in=wanted).values_list("field_id", flat=True))
    for field in wanted:
        if field.pk not in held or field.key in given:
            raise Invalid(_("%(label)s is needed.") % {"label": field.label}, field=f"fields.{field.key}")
