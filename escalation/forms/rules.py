"""A rule as it is built: when, if, then, in rows. What rows cannot say is written as the tree that the YAML has."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from escalation.forms.rule_rows import ActionRow, RuleConditionRow, asked_fields, initial_of
from escalation.models import Rule
from escalation.operations.rules import LONGEST_NAME, LONGEST_NOTE, LONGEST_WHY
from escalation.queries.rules import owners
from escalation.rules.checking import MOST_ACTIONS, checked, readable
from escalation.rules.exchange import Draft, read, read_when, when_in_names
from escalation.rules.explaining import trigger_label
from escalation.rules.saying import since_label
from escalation.rules.spec import (
    CHANGED,
    SINCE_COLUMNS,
    TRIGGERS,
    WATCHED_COLUMNS,
    Action,
    RuleSpec,
    TimeTrigger,
    from_json,
)
from sla.durations import WHOLE_DAY, parse_span, spell
from sla.forms.conditions import TREE
from sla.forms.days import DayField
from sla.forms.rows import MOST_ROWS, RowsForm, condition_initial
from sla.forms.yaml_text import YamlForm
from sla.queries.named import Named
from sla.yaml_lines import LONGEST_TEXT, parse
from tickets.refusals import Invalid
from tickets.vocabulary import Field

EVENTS, TIME = "events", "time"
COUNTED: Mapping[str, int] = {"conditions": MOST_ROWS, "actions": MOST_ACTIONS}
"""Groups of rows that can grow, and the most that they may have; a hidden field says how many there are."""


class RuleForm(RowsForm):
    """`spec` is what was typed, once the form is valid. Names of rows: `c0-field`, `a0-do`."""

    counted = COUNTED
    row = RuleConditionRow
    tree_help = gettext_lazy(
        "For parts in parts: all: [...], any: [...], not: ..., or {field: priority, op: is, value: 1}."
    )

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)
    note = forms.CharField(label=gettext_lazy("What it is for"), max_length=LONGEST_NOTE, required=False)
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Owner"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("whoever saves it"),
    )
    why = forms.CharField(
        label=gettext_lazy("Why this changes"),
        max_length=LONGEST_WHY,
        required=False,
        help_text=gettext_lazy("For whoever reads the versions later."),
    )
    trigger = forms.ChoiceField(
        label=gettext_lazy("It is asked"),
        choices=[
            (EVENTS, gettext_lazy("when something happens")),
            (TIME, gettext_lazy("when it has been so for a while")),
        ],
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("When"), required=False, widget=forms.CheckboxSelectMultiple
    )
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Only when one of these changes"),
        required=False,
        widget=forms.SelectMultiple({"data-pick": True}),
        help_text=gettext_lazy("For “something of it changes”; without one, every change counts."),
    )
    since = forms.ChoiceField(label=gettext_lazy("It has been so"), required=False)
    span = forms.CharField(
        label=gettext_lazy("For"),
        required=False,
        max_length=30,
        widget=forms.TextInput({"placeholder": "30m, 4h, 3d", "autocomplete": "off"}),
        help_text=gettext_lazy("1d is a usual open day of the calendar, around the clock 24 hours."),
    )
    calendar = forms.TypedChoiceField(
        label=gettext_lazy("Counted in"), coerce=int, empty_value=None, required=False
    )
    stops = forms.BooleanField(
        label=gettext_lazy("Stop here: when it has fired, the rules below are not asked for this event"),
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, known: Named, initial: Mapping[str, Any]) -> None:
        super().__init__(data, known=known, initial=initial)
        self.spec = RuleSpec()
        self.actions = [
            ActionRow(data, prefix=f"a{n}", initial=initial.get(f"a{n}", {}))
            for n in range(self.counts["actions"])
        ]
        self._offer()

    def asked(self) -> Mapping[str, Field]:
        return asked_fields()

    def read_tree(self, text: str) -> dict[str, Any]:
        return read_when(parse(text))

    def _offer(self) -> None:
        choices = {
            "events": [(name, trigger_label(name)) for name in TRIGGERS],
            "columns": [(column, trigger_label(f"{CHANGED}:{column}")) for column in WATCHED_COLUMNS],
            "since": [(column, since_label(column)) for column in SINCE_COLUMNS],
            "calendar": [
                ("", _("around the clock")),
                *((key, calendar.name) for key, calendar in self.known.calendars.items()),
            ],
        }
        for name, offered in choices.items():
            field: Any = self.fields[name]
            field.choices = offered
        owner: Any = self.fields["owner"]
        owner.queryset = owners()

    # --- reading ---

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.refuse_rows(*self.conditions, *self.actions)
        if self.errors:
            return cleaned
        try:
            self.spec = checked(self._read(cleaned))
        except Invalid as refusal:
            self._refuse(refusal)
        return cleaned

    def _read(self, cleaned: Mapping[str, Any]) -> RuleSpec:
        waits = cleaned["trigger"] == TIME
        return RuleSpec(
            events=() if waits else self._events(cleaned),
            time=self._time(cleaned) if waits else None,
            when=self.when(cleaned),
            actions=tuple(row.action for row in self.actions if row.action is not None),
            stops=cleaned["stops"] and not waits,
        )

    @staticmethod
    def _events(cleaned: Mapping[str, Any]) -> tuple[str, ...]:
        columns = [f"{CHANGED}:{column}" for column in cleaned["columns"]]
        found: list[str] = []
        for name in cleaned["events"]:
            found += columns if name == CHANGED and columns else [name]
        if columns and CHANGED not in cleaned["events"]:
            found += columns
        return tuple(found)

    def _time(self, cleaned: Mapping[str, Any]) -> TimeTrigger:
        calendar = cleaned["calendar"]
        day = self.known.calendars[calendar].day if calendar is not None else WHOLE_DAY
        return TimeTrigger(cleaned["since"], parse_span(cleaned["span"], day=day, field="span"), calendar)

    def _refuse(self, refusal: Invalid) -> None:
        """A refusal of the spec (`actions.1.team`) at the field where it was typed (`a1-to`)."""
        name, _dot, rest = (refusal.field or "").partition(".")
        if name == "actions" and rest:
            place, _dot, argument = rest.partition(".")
            rows = [row for row in self.actions if row.action is not None]
            rows[int(place)].refuse(argument, str(refusal))
            self.add_error(None, str(refusal))
            return
        name = {"time": "span", "when": "tree" if self.cleaned_data.get("match") == TREE else "match"}.get(
            name, name
        )
        self.add_error(name if name in self.fields else None, str(refusal))


# --- what stands in the form before anybody types ---


def form_of(rule: Rule, data: QueryDict | None, known: Named) -> RuleForm:
    """Filled with the version in force."""
    spec = from_json(rule.current.spec) if rule.current else RuleSpec()
    initial = {
        **spec_initial(spec),
        "name": rule.name,
        "note": rule.note,
        "owner": rule.owner_id,
        "seen": rule.current.number if rule.current else None,
    }
    return RuleForm(data, known=known, initial=initial)


def new_form(data: QueryDict | None, known: Named) -> RuleForm:
    return RuleForm(data, known=known, initial=spec_initial(RuleSpec()))


def spec_initial(spec: RuleSpec) -> dict[str, Any]:
    columns = [name.partition(":")[2] for name in spec.events if ":" in name]
    events = list(dict.fromkeys(name.partition(":")[0] for name in spec.events))
    time = spec.time
    return {
        "trigger": TIME if time is not None else EVENTS,
        "events": events,
        "columns": columns,
        "since": time.since if time is not None else SINCE_COLUMNS[0],
        "span": spell(time.minutes) if time is not None else "",
        "calendar": time.calendar if time is not None else None,
        "stops": spec.stops,
        **condition_initial(when_in_names(spec.when), lambda: readable(spec.when)),
        **_action_initial(spec.actions),
    }


def _action_initial(actions: tuple[Action, ...]) -> dict[str, Any]:
    counted = {f"a{n}": initial_of(action) for n, action in enumerate(actions)}
    return {"n-actions": max(len(actions), 1), **counted}


def as_typed(data: QueryDict, *, known: Named, grow: str = "") -> RuleForm:
    """What was typed, not judged yet, with one row more in the group `grow`."""
    plain = RuleForm(data, known=known, initial={})
    typed = {str(action.prefix): typed_action(data, str(action.prefix)) for action in plain.actions}
    return RuleForm(None, known=known, initial=plain.typed(data, grow=grow) | typed)


def typed_action(data: QueryDict, prefix: str) -> dict[str, Any]:
    start = f"{prefix}-"
    return {name.removeprefix(start): data[name] for name in data if name.startswith(start)}


# --- beside the editor ---


class RulesImportForm(YamlForm):
    """Rules as YAML, pasted or as a file. `drafts` is what it says."""

    asks = gettext_lazy("Rules as YAML")
    nothing = gettext_lazy("Paste the text of rules, or choose a file.")
    too_long = gettext_lazy("The file is too long for rules.")
    drafts: Sequence[Draft] = ()

    why = forms.CharField(label=gettext_lazy("Why this changes"), max_length=LONGEST_WHY, required=False)

    def take_in(self, text: str) -> None:
        self.drafts = read(text)


class WhyNotForm(forms.Form):
    """Which ticket a rule is asked about."""

    ticket = forms.CharField(
        label=gettext_lazy("Ticket"),
        max_length=20,
        widget=forms.TextInput({"placeholder": "TD-1042", "autocomplete": "off"}),
    )


class TrialForm(forms.Form):
    """The field names are the keywords of `escalation.operations.trying.try_rules`."""

    since = DayField(gettext_lazy("From"))
    until = DayField(gettext_lazy("to"))
    text = forms.CharField(
        label=gettext_lazy("Rules on trial"),
        max_length=LONGEST_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 22, "class": "mono", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "All rules that would be in use, in their order, as the export writes them. Change, add or take out what "
            "you like: nothing is changed but this trial."
        ),
    )
