"""One more filter for a list. Fields, comparisons and controls are generated from the vocabulary."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from helpdesk.desk.forms.fields import RemoteSelectMultiple
from tickets.vocabulary import (
    OP_LABELS,
    AllOf,
    Field,
    Key,
    Many,
    Not,
    Op,
    Tree,
    Unreadable,
    Word,
    all_fields,
    condition,
    params_from_tree,
    tree_from_params,
)

LIST, QUERY = "_list", "_query"
IS_NOT = "not"
SPANS = (Op.WITHIN, Op.OLDER_THAN)
MOST_OPTIONS = 500

WORD_LABELS = {Word.ME: _("me"), Word.MINE: _("my teams"), Word.NONE: _("none")}
FIRST_FIELD = "status"


class FilterForm(forms.Form):
    """Names begin with an underscore, so that they never meet a filter of the list."""

    def __init__(self, data: QueryDict, *, user: User, applies: bool) -> None:
        self.user = user
        self.known = {field.name: field for field in all_fields(user)}
        self.list_path, self.list_query = _list_of(data)
        self.chosen = self.known.get(data.get("_field", ""), self.known[FIRST_FIELD])
        super().__init__(data if applies else None)
        self.fields["_field"] = forms.ChoiceField(
            label=_("Field"),
            choices=sorted(((name, field.label) for name, field in self.known.items()), key=_by_label),
            initial=self.chosen.name,
            widget=forms.Select(
                {"hx-get": "/desk/filters/", "hx-target": "closest form", "hx-swap": "outerHTML"}
            ),
        )
        operators = _operators(self.chosen)
        op = data.get("_op", "")
        self.op = op if op in dict(operators) else operators[0][0]
        self.fields["_op"] = forms.ChoiceField(
            label=_("Comparison"),
            choices=operators,
            initial=self.op,
            widget=forms.Select(
                {"hx-get": "/desk/filters/", "hx-target": "closest form", "hx-swap": "outerHTML"}
            ),
        )
        if self.op != Op.EMPTY:
            self.fields["_value"] = _control(self.chosen, self.op)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        given = cleaned.get("_value", "true")
        raw = (
            [str(getattr(value, "pk", value)) for value in given] if isinstance(given, list) else [str(given)]
        )
        try:
            found: Tree = condition(self.chosen.name, Op.IS if self.op == IS_NOT else self.op, raw, self.user)
        except Unreadable as error:
            self.add_error("_value" if "_value" in self.fields else None, str(error))
            return cleaned
        cleaned["tree"] = Not(found) if self.op == IS_NOT else found
        return cleaned

    def address(self) -> str:
        """The list with this filter beside those that it has."""
        params = QueryDict(self.list_query, mutable=True)
        known, _errors = tree_from_params(params, self.user)
        parts = known.parts if isinstance(known, AllOf) else (known,)
        found = QueryDict(mutable=True)
        for name, value in params_from_tree(AllOf((*parts, self.cleaned_data["tree"]))):
            found.appendlist(name, value)
        for name in ("sort", "columns", "view"):
            found.setlist(name, params.getlist(name))
        return f"{self.list_path}?{found.urlencode()}"


def _list_of(data: QueryDict) -> tuple[str, str]:
    """The list that the dialog was opened on: carried by the form, or the address that opened it."""
    path = data.get(LIST, "")
    if not path.startswith(("/desk/queues/", "/desk/views/")) or "//" in path:
        path = "/desk/queues/all/"
    if QUERY in data:
        return path, str(data[QUERY])
    rest = data.copy()
    rest.pop(LIST, None)
    return path, rest.urlencode()


def _by_label(choice: tuple[str, Any]) -> str:
    return str(choice[1]).casefold()


def _operators(field: Field) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [(str(op), OP_LABELS[op]) for op in field.operators]
    if Op.IS in field.operators and field.type != "flag":
        found.insert(1, (IS_NOT, _("is not")))
    return found


def _control(field: Field, op: str) -> forms.Field:
    if field.type == "time":
        return _time_control(op)
    if field.type == "number":
        return forms.IntegerField(label=_("Value"), min_value=0)
    options = _options(field)
    if options is None:
        return forms.CharField(label=_("Value"), max_length=250)
    if field.type == "flag":
        return forms.ChoiceField(label=_("Value"), choices=options)
    widget = forms.SelectMultiple({"data-pick": True, "data-placeholder": _("choose one or more")})
    if _model(field) is User:
        widget = RemoteSelectMultiple({"data-placeholder": _("type a name")})
        return AnyChoices(label=_("Value"), choices=options, widget=widget)
    return forms.MultipleChoiceField(label=_("Value"), choices=options, widget=widget)


class AnyChoices(forms.MultipleChoiceField):
    """People are found by typing; the vocabulary checks what comes back."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.choices = self.choices

    def valid_value(self, value: str) -> bool:
        return True


def _time_control(op: str) -> forms.Field:
    if op in SPANS:
        return forms.CharField(label=_("Span"), max_length=6, help_text=_("such as 30m, 2h, 3d or 1w"))
    return forms.DateField(label=_("Day"), widget=forms.DateInput({"type": "date"}))


def _model(field: Field) -> Any:
    return field.model if isinstance(field, Key) else field.keys if isinstance(field, Many) else None


def _options(field: Field) -> list[tuple[str, Any]] | None:
    """The values to choose from; None where any will do."""
    words = [(str(word), WORD_LABELS[word]) for word in getattr(field, "words", ())]
    model = _model(field)
    if model is User:
        return words
    if model is not None:
        return [*words, *((str(row.pk), str(row)) for row in model.objects.all()[:MOST_OPTIONS])]
    return list(field.options()) or None
