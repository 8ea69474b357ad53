"""A policy's condition as rows: field, comparison, values. Made from the vocabulary, as the filters of lists are.

What rows cannot say (parts in parts) is written as the tree that the YAML of policies has.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from sla.conditions import check_condition
from sla.exchange import keys_of, names_of
from tickets.refusals import Invalid
from tickets.vocabulary import (
    OP_LABELS,
    AllOf,
    AnyOf,
    Condition,
    Field,
    Key,
    Not,
    Op,
    Tree,
    Word,
    to_json,
)

ALL, ANY, TREE = "all", "any", "tree"
IS_NOT = "not"
SEPARATOR = ";"
MOST_OPTIONS = 500
ROW_URL = "/settings/policies/condition/"


class ConditionRow(forms.Form):
    """One row. Without a field it asks nothing; `json` is what it asks once it is valid.

    Rules have rows of their own kind (escalation.forms.rules): what may be asked there is more.
    """

    url = ROW_URL
    """Draws a row anew after its field or comparison was changed."""

    @staticmethod
    def check(found: dict[str, Any]) -> object:
        """Refuse what may not be asked here (Invalid)."""
        return check_condition(found)

    @staticmethod
    def keys(name: str, raw: list[str]) -> list[str]:
        """Keys for the names that were typed."""
        return keys_of(name, raw)

    @staticmethod
    def names(name: str, raw: list[str]) -> list[str]:
        """The reverse."""
        return names_of(name, raw)

    def __init__(self, *args: Any, known: Mapping[str, Field], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.json: dict[str, Any] | None = None
        redraw = {
            "hx-get": self.url,
            "hx-include": "closest [data-condition]",
            "hx-target": "closest [data-condition]",
            "hx-swap": "outerHTML",
            "hx-vals": f'{{"row": "{self.prefix}"}}',
        }
        names = [("", _("choose a field")), *((name, str(field.label)) for name, field in known.items())]
        self.fields["field"] = forms.ChoiceField(
            label=_("Field"), choices=names, required=False, widget=forms.Select(redraw)
        )
        self.chosen = known.get(str(self["field"].value() or ""))
        if self.chosen is None:
            return
        operators = operators_of(self.chosen)
        self.fields["op"] = forms.ChoiceField(
            label=_("Comparison"), choices=operators, required=False, widget=forms.Select(redraw)
        )
        given = str(self["op"].value() or "")
        self.op = given if given in dict(operators) else operators[0][0]
        self.fields["value"] = control(self.chosen, self.op)
        if not self.is_bound:
            self.initial["value"] = self._shown(self.initial.get("value", []))

    def _shown(self, raw: Any) -> Any:
        """Values as the control takes them."""
        values = [str(value) for value in (raw if isinstance(raw, list) else [raw])]
        field = self.fields["value"]
        if isinstance(field, forms.MultipleChoiceField):
            return values
        if isinstance(field, forms.ChoiceField):
            return values[0] if values else ""
        names = self.names(self.chosen.name, values) if self.chosen else values
        return f"{SEPARATOR} ".join(names)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.chosen is None or self.errors:
            return cleaned
        op = cleaned.get("op") or self.op
        try:
            raw = self._given(cleaned.get("value"))
            if op != Op.EMPTY:
                raw = self.keys(self.chosen.name, raw)
            found = {"field": self.chosen.name, "op": Op.IS.value if op == IS_NOT else op, "value": raw}
            self.check(found)
            self.json = {"not": found} if op == IS_NOT else found
        except Invalid as refusal:
            self.add_error("value", str(refusal))
        return cleaned

    def _given(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return [str(each) for each in value]
        if isinstance(self.fields["value"], forms.ChoiceField):
            return [str(value)]
        return [part.strip() for part in str(value or "").split(SEPARATOR) if part.strip()]


def operators_of(field: Field) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [(str(op), OP_LABELS[op]) for op in field.operators]
    if Op.IS in field.operators and field.type != "flag":
        place = next(n for n, (op, _label) in enumerate(found) if op == Op.IS)
        found.insert(place + 1, (IS_NOT, _("is not")))
    return sorted(found, key=lambda choice: choice[0] != field.default_op)


def control(field: Field, op: str) -> forms.Field:
    """What the value is given with."""
    if op == Op.EMPTY:
        yes_no = [("true", _("yes")), ("false", _("no"))]
        return forms.ChoiceField(label=_("Value"), choices=yes_no, required=False)
    if field.type == "flag":
        return forms.ChoiceField(label=_("Value"), choices=field.options(), required=False)
    options = _options(field)
    if options:
        widget = forms.SelectMultiple({"data-pick": True, "data-placeholder": _("choose one or more")})
        return forms.MultipleChoiceField(label=_("Values"), choices=options, required=False, widget=widget)
    return forms.CharField(
        label=_("Values"),
        max_length=2_000,
        required=False,
        widget=forms.TextInput({"placeholder": _hint(field), "autocomplete": "off"}),
    )


def _options(field: Field) -> list[tuple[str, Any]]:
    """What to choose from; empty where the values are typed."""
    if not isinstance(field, Key):
        return list(field.options())
    if field.model is User:
        return []
    found: QuerySet[Any] = QuerySet(field.model)
    rows = [(str(row.pk), str(row)) for row in found[: MOST_OPTIONS + 1]]
    none = [("none", _("none"))] if Word.NONE in field.words else []
    return [*none, *rows] if len(rows) <= MOST_OPTIONS else []


def _hint(field: Field) -> Any:
    if field.type == "key":
        return _("mail addresses or names, with ; between them")
    return _("several with ; between them")


def rows_of(tree: Tree) -> tuple[str, list[dict[str, Any]]] | None:
    """The tree as rows (all or any of them), or None where rows cannot say it."""
    match tree:
        case AllOf(parts) | AnyOf(parts) if parts or isinstance(tree, AllOf):
            rows = [_row(part) for part in parts]
            how = ANY if isinstance(tree, AnyOf) else ALL
        case _:
            rows, how = [_row(tree)], ALL
    found = [row for row in rows if row is not None]
    return (how, found) if len(found) == len(rows) else None


def _row(part: Tree) -> dict[str, Any] | None:
    if isinstance(part, Not) and isinstance(part.part, Condition) and part.part.op == Op.IS:
        return to_json(part.part) | {"op": IS_NOT}
    return to_json(part) if isinstance(part, Condition) else None
