"""Custom fields as filter fields, `field.<key>`: read anew from their rows, so that every process agrees."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, Exists, Func, OuterRef, Q, QuerySet, When
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from accounts.models import User
from tickets.models import CustomField, FieldValue
from tickets.vocabulary.fields import Field, Moment, Op, Values, Word, registered
from tickets.vocabulary.types import LONGEST_TEXT, NEVER, either, labels_of, resolve
from tickets.words import fold_words, normal_value

PREFIX = "field."
# Checked before a value is read as its type: an administrator may have changed the type since it was written.
NUMBER = "[+-]?[0-9]{1,30}([.][0-9]{1,30})?(e[+-]?[0-9]{1,2})?"
DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
Type = CustomField.Type

TAKES: dict[str, tuple[Op, ...]] = {
    Type.TEXT: (Op.CONTAINS, Op.IS, Op.EMPTY),
    Type.NUMBER: (Op.AT_LEAST, Op.AT_MOST, Op.IS, Op.EMPTY),
    Type.CHOICE: (Op.IS, Op.EMPTY),
    Type.DATE: (Op.BEFORE, Op.AFTER, Op.IS, Op.EMPTY),
    Type.USER: (Op.IS, Op.EMPTY),
    Type.CHECKBOX: (Op.IS, Op.EMPTY),
}
LOOKUPS = {
    Op.IS: "exact",
    Op.AT_LEAST: "gte",
    Op.AT_MOST: "lte",
    Op.BEFORE: "lt",
    Op.AFTER: "gte",
    Op.CONTAINS: "contains",
}


def field_named(name: str, user: User | None = None) -> Field | None:
    """The field of this name, if this reader may know it."""
    if not name.startswith(PREFIX):
        return registered().get(name)
    row = _known_to(user).filter(key=name.removeprefix(PREFIX)).first()
    return _field(row) if row else None


def all_fields(user: User | None = None) -> list[Field]:
    """Every field that this reader may filter by, for builders and documentation."""
    return [*registered().values(), *(_field(row) for row in _known_to(user))]


def _known_to(user: User | None) -> QuerySet[CustomField]:
    """Without the fields that are marked for a higher tier: a filter would tell their values."""
    rows = CustomField.objects.filter(is_active=True)
    return rows if user is None else rows.filter(min_tier__lte=user.clearance)


def _field(row: CustomField) -> "Custom":
    key = row.key
    return Custom(
        name=f"{PREFIX}{key}",
        label=row.label,
        read=lambda _state, facts: facts.fields.get(key, ""),
        operators=TAKES[row.type],
        key=row.pk,
        of=row.type,
        choices=(*row.choices, *row.retired_choices),
    )


@dataclass(frozen=True, kw_only=True)
class Custom(Field):
    """A custom field, compared by the text that `FieldValue.normal` holds; "" says that there is none."""

    key: int
    of: str
    choices: tuple[str, ...] = ()

    @property
    def type(self) -> str:  # type: ignore[override]
        return {"user": "key", "checkbox": "flag"}.get(self.of, self.of)

    def parse_value(self, op: Op, raw: str) -> Any:
        match self.of:
            case Type.NUMBER if re.fullmatch(NUMBER, folded := fold_words(raw)):
                return Decimal(folded)
            case Type.NUMBER:
                raise self.unreadable(raw, _("give a number"))
            case Type.DATE:
                return self._parse_date(raw)
            case Type.CHECKBOX:
                return self.parse_flag(raw)
            case Type.USER:
                return self._parse_person(raw)
            case Type.CHOICE:
                return self._parse_choice(raw)
        if not fold_words(raw).strip() or len(raw) > LONGEST_TEXT:
            raise self.unreadable(raw, _("give 1 to %(longest)d characters") % {"longest": LONGEST_TEXT})
        return raw

    def _parse_date(self, raw: str) -> date:
        try:
            found = parse_date(raw)
        except ValueError:
            found = None
        if found is None:
            raise self.unreadable(raw, _("give a date such as 2026-01-31"))
        return found

    def _parse_person(self, raw: str) -> Any:
        if raw == Word.ME:
            return Word.ME
        if raw.isascii() and raw.isdecimal() and len(raw) < 19:
            return int(raw)
        raise self.unreadable(raw, _("give the number of one, or me"))

    def _parse_choice(self, raw: str) -> str:
        for choice in self.choices:
            if normal_value(choice) == normal_value(raw):
                return choice
        raise self.unreadable(raw, _("give one of: %(known)s") % {"known": ", ".join(self.choices)})

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        rows = FieldValue.objects.filter(ticket=OuterRef("pk"), field=self.key).exclude(normal="")
        if op == Op.EMPTY:
            return either(values, ~Q(Exists(rows)))
        if self.of == Type.NUMBER:
            rows = rows.annotate(number=_number())
        wanted = NEVER
        for column, value in self._wanted(values, moment):
            wanted |= Q(**{f"{column}__{LOOKUPS[op]}": value})
        if self.of == Type.DATE:
            rows = rows.filter(normal__regex=f"^{DATE}$")
        return Q(Exists(rows.filter(wanted)))

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        if op == Op.EMPTY:
            return (found == "") in values
        if not found:
            return False
        wanted = [value for _column, value in self._wanted(values, moment)]
        if self.of == Type.NUMBER:
            if not re.fullmatch(NUMBER, found):
                return False
            found = Decimal(found)
        if self.of == Type.DATE and not re.fullmatch(DATE, found):
            return False
        return any(_compare(op, found, value) for value in wanted)

    def _wanted(self, values: Values, moment: Moment) -> list[tuple[str, Any]]:
        match self.of:
            case Type.NUMBER:
                return [("number", value) for value in values]
            case Type.USER:
                return [("normal", str(key)) for key in sorted(resolve(values, moment)[0])]
            case Type.DATE:
                return [("normal", value.isoformat()) for value in values]
            case Type.CHECKBOX:
                return [("normal", str(value).lower()) for value in values]
        return [("normal", normal_value(value)) for value in values]

    def options(self) -> list[tuple[str, str]]:
        if self.of == Type.CHECKBOX:
            return [("true", _("yes")), ("false", _("no"))]
        return [(choice, choice) for choice in self.choices] if self.of == Type.CHOICE else []

    def labels(self, values: Iterable[Any]) -> dict[Any, str]:
        if self.of == Type.USER:
            return labels_of(User, values)
        yes_no = {True: _("yes"), False: _("no")}
        return {value: yes_no[value] if isinstance(value, bool) else str(value) for value in values}


def _number() -> Case:
    """The value as a number where it is one. CASE, since a cast that stands beside the check may run first."""
    numeric = DecimalField(max_digits=200, decimal_places=100)
    cast = Func("normal", template="(%(expressions)s)::numeric", output_field=numeric)
    return Case(When(normal__regex=f"^{NUMBER}$", then=cast), output_field=numeric)


def _compare(op: Op, found: Any, value: Any) -> bool:
    match op:
        case Op.CONTAINS:
            return bool(value in found)
        case Op.AT_LEAST | Op.AFTER:
            return bool(found >= value)
        case Op.AT_MOST:
            return bool(found <= value)
        case Op.BEFORE:
            return bool(found < value)
    return bool(found == value)
