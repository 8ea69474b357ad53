"""What the editors of policies and of rules share: a condition in rows or written, groups of rows that grow, and what
was typed, kept while a row is added."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import yaml
from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.forms.conditions import ALL, ANY, TREE, ConditionRow, rows_of
from sla.queries.named import Named
from tickets.refusals import Invalid
from tickets.vocabulary import Field, Tree

MOST_ROWS = 40


class RowsForm(forms.Form):
    """Names of rows: `c0-field`. A hidden field of each group says how many rows it has, such as `n-conditions`."""

    counted: ClassVar[Mapping[str, int]] = {"conditions": MOST_ROWS}
    """Groups of rows that can grow, and the most that they may have."""
    row: ClassVar[type[ConditionRow]] = ConditionRow
    tree_help: ClassVar[str | Promise]

    match = forms.ChoiceField(
        label=gettext_lazy("For tickets with"),
        choices=[
            (ALL, gettext_lazy("all of these")),
            (ANY, gettext_lazy("any of these")),
            (TREE, gettext_lazy("what is written below")),
        ],
    )
    tree = forms.CharField(
        label=gettext_lazy("Written condition"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 6, "class": "mono", "spellcheck": "false"}),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, known: Named, initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=dict(initial))
        self.known = known
        self.fields["tree"].help_text = str(self.tree_help)
        source: Mapping[str, Any] = data if data is not None else initial
        self.counts = {group: _count(source, group, most) for group, most in self.counted.items()}
        asked = self.asked()
        self.conditions = [
            self.row(data, prefix=f"c{n}", initial=initial.get(f"c{n}", {}), known=asked)
            for n in range(self.counts["conditions"] if asked else 0)
        ]
        for group in self.counted:
            self.fields[f"n-{group}"] = forms.IntegerField(
                required=False, widget=forms.HiddenInput, initial=self.counts[group]
            )

    def asked(self) -> Mapping[str, Field]:
        """What a row may ask; nothing where there is no condition."""
        raise NotImplementedError

    def read_tree(self, text: str) -> dict[str, Any]:
        """The written condition; refuses (Invalid) what cannot be read."""
        raise NotImplementedError

    def refuse_rows(self, *rows: forms.Form) -> None:
        """Carry the errors of rows to the form that has them."""
        for row in rows:
            for errors in row.errors.values():
                self.add_error(None, errors)

    def when(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """The condition as it is typed.

        Raises:
            Invalid: about `tree` or `match`.
        """
        if cleaned["match"] == TREE:
            try:
                return self.read_tree(cleaned["tree"] or "all: []")
            except Invalid as refusal:
                raise Invalid(str(refusal), field="tree") from refusal
        rows = [row.json for row in self.conditions if row.json is not None]
        if cleaned["match"] == ANY and not rows:
            raise Invalid(_("Any of nothing is no ticket at all. Add a row."), field="match")
        return {cleaned["match"]: rows}

    def typed(self, data: QueryDict, *, grow: str) -> dict[str, Any]:
        """What was typed, not judged yet, with one row more in the group `grow`."""
        found: dict[str, Any] = {
            name: field.widget.value_from_datadict(data, self.files, name)
            for name, field in self.fields.items()
        }
        found |= {str(row.prefix): typed_row(data, str(row.prefix)) for row in self.conditions}
        return found | {f"n-{group}": self.counts[group] + (group == grow) for group in self.counted}


def typed_row(data: QueryDict, prefix: str) -> dict[str, Any]:
    return {
        "field": data.get(f"{prefix}-field", ""),
        "op": data.get(f"{prefix}-op", ""),
        "value": data.getlist(f"{prefix}-value"),
    }


def condition_initial(said: Any, read: Callable[[], Tree]) -> dict[str, Any]:
    """As rows where rows can say it, else as the written tree.

    Args:
        said: the tree with names in place of keys; `read`: the same as a tree, or Invalid.
    """
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True)
    written: dict[str, Any] = {"match": TREE, "tree": text, "n-conditions": 1}
    try:
        rows = rows_of(read())
    except Invalid:
        return written
    if rows is None:
        return written
    how, found = rows
    counted = {f"c{n}": row for n, row in enumerate(found)}
    return {"match": how, "tree": "", "n-conditions": len(found) + 1, **counted}


def _count(source: Mapping[str, Any], group: str, most: int) -> int:
    raw = str(source.get(f"n-{group}", ""))
    return min(int(raw), most) if raw.isascii() and raw.isdecimal() and len(raw) < 4 else 1
