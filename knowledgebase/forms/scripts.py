"""The editor of scripts: one form for each step, and one for the script as text."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, Tier
from delivery.models import Webhook
from escalation.models import Reason
from knowledgebase.models import Article, ArticleKind
from knowledgebase.scripts.reading import KEY, LONGEST_SCRIPT, LONGEST_TEXT, LONGEST_WAIT, MOST_OPTIONS
from knowledgebase.scripts.spec import (
    ACT_LABELS,
    ACTS,
    CHECKLIST,
    FAILED,
    LABELS,
    NO,
    OK,
    ON_TICKET,
    PASSED,
    SUMMARY,
    TAKES,
    TRIED,
    WAYS,
    YES,
    Kind,
    mapping_of,
)
from tickets.models import ResolutionCode
from tickets.vocabulary import registered

NONE = [("", _("none"))]
INPUT = {"class": "input"}
FIXED_WAYS: dict[Kind, dict[str, Any]] = {
    Kind.YES_NO: {YES: _("After Yes"), NO: _("After No")},
    Kind.VERIFY: {PASSED: _("When verified"), FAILED: _("When not verified")},
    Kind.ACTION: {OK: _("When done"), FAILED: _("When it failed")},
}
ROWS = {Kind.CHOICE: "options", Kind.BRANCH: "cases"}
"""Kinds with rows, and what their rows are."""


def _line(label: Any, help_text: Any = "", longest: int = 200) -> Callable[[], forms.Field]:
    return lambda: forms.CharField(label=label, max_length=longest, required=False, help_text=help_text)


PLAIN: dict[str, Callable[[], forms.Field]] = {
    "label": _line(_("Label")),
    "pattern": _line(_("Pattern"), _("A regular expression for the whole answer, such as [0-9]{4}.")),
    "article": _line(_("Article"), _("The short name in its address."), 120),
    "url": _line(_("Or an address")),
    "required": lambda: forms.BooleanField(label=_("An answer is needed"), required=False),
    "min": lambda: forms.FloatField(label=_("Smallest number"), required=False),
    "max": lambda: forms.FloatField(label=_("Largest number"), required=False),
    "minutes": lambda: forms.IntegerField(label=_("Minutes"), min_value=1, max_value=LONGEST_WAIT),
    "ways": lambda: forms.MultipleChoiceField(
        label=_("Ways"), choices=list(WAYS.items()), widget=forms.CheckboxSelectMultiple
    ),
}
"""Fields of a step that are typed or ticked."""

Choices = list[Any]


def _named(rows: QuerySet[Any]) -> Choices:
    return [(name, name) for name in rows.order_by("name").values_list("name", flat=True)]


def _fields_of_tickets() -> Choices:
    return [(f"{ON_TICKET}{field.name}", field.label) for field in registered().values()]


def _scripts() -> Choices:
    rows = Article.objects.filter(kind=ArticleKind.SOP).order_by("title")
    return list(rows.values_list("slug", "title"))


CHOSEN: dict[str, tuple[Any, Callable[[], Choices]]] = {
    "webhook": (_("Webhook"), lambda: _named(Webhook.objects.filter(is_enabled=True))),
    "of": (_("Looks at"), lambda: [(_("the ticket"), _fields_of_tickets())]),
    "act": (_("Ends with"), lambda: [(act, ACT_LABELS[act]) for act in ACTS]),
    "code": (_("Resolved as"), lambda: list(ResolutionCode.choices)),
    "tier": (_("To the tier"), lambda: [(tier.code, str(tier)) for tier in Tier.objects.enabled()]),
    "team": (_("Or to the team"), lambda: _named(Team.objects.in_use())),
    "reason": (_("Reason"), lambda: list(Reason.choices)),
    "sop": (_("Next script"), _scripts),
}
"""Fields of a step that are chosen, and from what."""


class StepForm(forms.Form):
    """What a step of one kind says. The fields are those of the script; `raw` puts them together again.

    Whether it can be so is not asked here: a draft may be half done, and the editor shows each fault at its step.
    """

    key = forms.CharField(
        label=_("Name"),
        max_length=40,
        help_text=_("Small letters, digits and _. Others lead to it by this name."),
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 4, "data-autosize": True}),
        help_text=_("Markdown. Links to articles are written [words](article:short-name)."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        kind: Kind,
        steps: Iterable[str],
        raw: Mapping[str, Any] | None = None,
        key: str = "",
    ) -> None:
        self.kind, self.raw_step, self.known_key = kind, dict(raw or {}), key
        self.targets = [*NONE, *((name, name) for name in steps)]
        super().__init__(data, initial={"key": key, **self._initial()})
        for name in TAKES[kind]:
            self._add(name)
        self.rows = self._rows(data) if kind in ROWS else None
        self.order_fields(["key", "label", "of", "text"])

    def is_valid(self) -> bool:
        rows_are = self.rows is None or self.rows.is_valid()
        return super().is_valid() and rows_are

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if not KEY.fullmatch(key):
            raise forms.ValidationError(_("Small letters, digits and _; it begins with a letter."))
        if key != self.known_key and key in dict(self.targets):
            raise forms.ValidationError(_("There is a step of this name already."))
        return key

    @property
    def raw(self) -> dict[str, Any]:
        """The step as the script writes it."""
        said = self.cleaned_data
        found: dict[str, Any] = {"kind": str(self.kind)}
        for name in TAKES[self.kind]:
            value = self._raw(name, said)
            if value not in (None, "", [], {}):
                found[name] = value
        return found

    # --- what a kind has ---

    def _add(self, name: str) -> None:
        field = self._field(name)
        if field is not None:
            self.fields[name] = field
        if name == "next" and self.kind in FIXED_WAYS:
            for answer, label in FIXED_WAYS[self.kind].items():
                self.fields[f"next_{answer}"] = self._target(label)
        elif name == "next" and self.kind != Kind.CHOICE:
            self.fields["next"] = self._target(_("Then"))
        if name == "fills":
            self.fields["fills"] = forms.ChoiceField(label=_("Fills in"), required=False, choices=_fills())
            self.fields["item"] = forms.CharField(
                label=_("Words of the item"),
                max_length=200,
                required=False,
                help_text=_("Of the checklist that the receiving tier asks."),
            )

    def _field(self, name: str) -> forms.Field | None:
        if name == "otherwise":
            return self._target(_("Otherwise"))
        if name in PLAIN:
            return PLAIN[name]()
        return self._chosen(name) if name in CHOSEN else None

    def _chosen(self, name: str) -> forms.ChoiceField:
        """A choice. What stands there and is gone stays a choice, so that saving does not lose it."""
        label, choices_of = CHOSEN[name]
        choices = [*(self.targets[1:] if name == "of" else ()), *choices_of()]
        now = str(self.raw_step.get(name) or "")
        flat = {key for key, words in choices if isinstance(key, str)} | {
            key for _group, words in choices if isinstance(words, list) for key, _words in words
        }
        gone = [(now, now)] if now and now not in flat else []
        return forms.ChoiceField(label=label, required=False, choices=[*NONE, *choices, *gone])

    def _target(self, label: Any) -> forms.ChoiceField:
        gone = {str(to) for to in self._targets_now() if to} - {key for key, _label in self.targets}
        return forms.ChoiceField(
            label=label, required=False, choices=[*self.targets, *((key, key) for key in sorted(gone))]
        )

    def _targets_now(self) -> list[Any]:
        ways, cases = self.raw_step.get("next"), mapping_of(self.raw_step.get("cases"))
        found = list(ways.values()) if isinstance(ways, Mapping) else [ways]
        return [
            *found,
            self.raw_step.get("otherwise"),
            *(cases.values() if isinstance(cases, Mapping) else ()),
        ]

    def _rows(self, data: Any) -> Any:
        form = OptionRow if self.kind == Kind.CHOICE else CaseRow
        rows = forms.formset_factory(form, extra=3, max_num=MOST_OPTIONS + 5, absolute_max=MOST_OPTIONS + 10)
        return rows(
            data,
            prefix="row",
            initial=self._initial_rows(),
            form_kwargs={"choices": self._target("").choices},
        )

    # --- from and to the script ---

    def _initial(self) -> dict[str, Any]:
        raw = self.raw_step
        found = {
            name: raw.get(name)
            for name in TAKES[self.kind]
            if name not in ("next", "cases", "options", "fills")
        }
        found["required"] = raw.get("required", True)
        found["ways"] = raw.get("ways") or list(WAYS)
        fills = str(raw.get("fills") or "")
        found["fills"] = CHECKLIST if fills.startswith(CHECKLIST) else fills
        found["item"] = fills.removeprefix(CHECKLIST) if fills.startswith(CHECKLIST) else ""
        ways = raw.get("next")
        found["next"] = "" if isinstance(ways, Mapping) else ways
        for answer in FIXED_WAYS.get(self.kind, ()):
            found[f"next_{answer}"] = ways.get(answer) if isinstance(ways, Mapping) else ways
        return found

    def _initial_rows(self) -> list[dict[str, Any]]:
        if self.kind == Kind.BRANCH:
            cases = mapping_of(self.raw_step.get("cases"))
            return (
                [{"name": case, "to": to} for case, to in cases.items()] if isinstance(cases, Mapping) else []
            )
        options, ways = mapping_of(self.raw_step.get("options")), self.raw_step.get("next")
        if not isinstance(options, Mapping):
            return []
        to = ways if isinstance(ways, Mapping) else dict.fromkeys(options, ways)
        return [{"name": name, "words": words, "to": to.get(name)} for name, words in options.items()]

    def _raw(self, name: str, said: Mapping[str, Any]) -> Any:
        match name:
            case "next" if self.kind != Kind.CHOICE and self.kind not in FIXED_WAYS:
                return said.get("next")
            case "next" | "options" | "cases":
                return self._raw_ways(name, said)
            case "fills" if said.get("fills") == CHECKLIST:
                return f"{CHECKLIST}{said.get('item') or ''}"
            case "required":
                return None if said.get("required") else False
        value = said.get(name)
        return int(value) if isinstance(value, float) and value == int(value) else value

    def _raw_ways(self, name: str, said: Mapping[str, Any]) -> dict[str, Any]:
        if self.kind in FIXED_WAYS:
            ways = {answer: said.get(f"next_{answer}") for answer in FIXED_WAYS[self.kind]}
            return {answer: to for answer, to in ways.items() if to}
        if name == "options":
            return {row["name"]: row["words"] or row["name"] for row in self._filled()}
        return {row["name"]: row["to"] for row in self._filled() if row["to"] or name == "cases"}

    def _filled(self) -> list[dict[str, Any]]:
        return [row for row in self.rows.cleaned_data if row.get("name")] if self.rows is not None else []


class CaseRow(forms.Form):
    """A case of a branch, and where it leads. An empty row is none."""

    name = forms.CharField(
        label=_("When it is"), max_length=60, required=False, widget=forms.TextInput(INPUT)
    )
    to = forms.ChoiceField(label=_("Then"), required=False, widget=forms.Select(INPUT))

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = choices  # type: ignore[attr-defined]


class OptionRow(CaseRow):
    """An option of a choice: its name, its words, and where it leads."""

    words = forms.CharField(label=_("Words"), max_length=200, required=False, widget=forms.TextInput(INPUT))
    field_order = ["name", "words", "to"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


def _fills() -> list[tuple[str, Any]]:
    return [
        ("", _("nothing")),
        (SUMMARY, _("the summary of a hand-over")),
        (TRIED, _("what was tried")),
        (CHECKLIST, _("an item of the checklist")),
    ]


class NewStepForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Add a step"), choices=[(str(kind), label) for kind, label in LABELS.items()]
    )


class BeginForm(forms.Form):
    """With which step it begins, and whether the caller must be verified."""

    start = forms.ChoiceField(label=_("Begins with"), required=False)
    requires_verification = forms.BooleanField(
        label=_("The caller must be verified before anything is done or resolved"), required=False
    )

    def __init__(self, data: Any = None, *, steps: Iterable[str], initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=dict(initial))
        now = str(initial.get("start") or "")
        names = [*steps]
        names += [now] if now and now not in names else []
        self.fields["start"].choices = [*NONE, *((name, name) for name in names)]  # type: ignore[attr-defined]


class TextForm(forms.Form):
    yaml = forms.CharField(
        label=_("The script as text"),
        max_length=LONGEST_SCRIPT,
        strip=False,
        widget=forms.Textarea({"rows": 30, "class": "code", "spellcheck": "false", "autocapitalize": "off"}),
    )
