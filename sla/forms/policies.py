"""A policy as it is typed: rows of priorities, tiers and vendors, each target a span and its calendar."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla import comparing, exchange
from sla.conditions import check_condition, steady_fields
from sla.durations import parse_span, spell
from sla.forms.rows import MOST_ROWS, RowsForm, condition_initial
from sla.models import Metric, Policy
from sla.queries.named import Named
from sla.spec import (
    ANY_VENDOR,
    BREACH,
    MOST_THRESHOLDS,
    NOTIFIED,
    PAUSES,
    PRIORITIES,
    REQUESTER_METRICS,
    RESTART,
    RESUME,
    TIER_METRICS,
    VENDOR_METRICS,
    Goal,
    PolicySpec,
    Target,
    Threshold,
    check,
    from_json,
)
from sla.yaml_lines import parse
from tickets.refusals import Invalid
from tickets.vocabulary import Field, to_json

COUNTED: Mapping[str, int] = {"conditions": MOST_ROWS, "vendors": MOST_ROWS, "thresholds": MOST_THRESHOLDS}
GROUPS = {"targets": "p", "tiers": "l", "vendors": "v"}


@dataclass(frozen=True)
class Cell:
    """One target: the span and the calendar it counts in."""

    time: forms.BoundField
    calendar: forms.BoundField


class PolicyForm(RowsForm):
    """`spec` is what was typed, once the form is valid. Names of fields: `p1-resolution`, `l2-accept`, `v0-vendor`."""

    counted = COUNTED
    tree_help = gettext_lazy(
        "For parts in parts: all: [...], any: [...], not: ..., or {field: plan, op: is, value: strategic}."
    )

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    pauses = forms.MultipleChoiceField(
        label=gettext_lazy("The resolution clock rests while"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    pauses_responses = forms.BooleanField(
        label=gettext_lazy("First and next response rest then, too"), required=False
    )
    reopening = forms.ChoiceField(
        label=gettext_lazy("A reopened ticket’s resolution clock"),
        choices=[(code, comparing.REOPENING[code]) for code in (RESUME, RESTART)],
    )
    phone_is_response = forms.BooleanField(
        label=gettext_lazy("A ticket that a technician opens for a caller counts as responded"),
        required=False,
    )
    note = forms.CharField(
        label=gettext_lazy("Why this changes"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For whoever reads the versions later."),
    )

    def __init__(
        self, data: QueryDict | None = None, *, known: Named, initial: Mapping[str, Any], is_default: bool
    ) -> None:
        self.is_default = is_default
        super().__init__(data, known=known, initial=initial)
        self.spec = PolicySpec()
        self._calendars = [(key, calendar.name) for key, calendar in known.calendars.items()]
        pauses: Any = self.fields["pauses"]
        pauses.choices = [(code, comparing.pause_words(code)) for code in PAUSES]
        self._add_promises()
        self._add_thresholds()
        if is_default:
            for name in ("match", "tree"):
                del self.fields[name]

    # --- fields ---

    def asked(self) -> Mapping[str, Field]:
        return {} if self.is_default else {field.name: field for field in steady_fields()}

    def read_tree(self, text: str) -> dict[str, Any]:
        return to_json(exchange.read_when(parse(text)))

    def when(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        return {"all": []} if self.is_default else super().when(cleaned)

    def _add_promises(self) -> None:
        for priority in PRIORITIES:
            for metric in REQUESTER_METRICS:
                self._add_target(f"p{priority}-{metric}", f"P{priority} {metric.label}")
            self.fields[f"p{priority}-percent"] = forms.FloatField(
                label=_("P%(n)d goal in percent") % {"n": priority},
                required=False,
                widget=forms.NumberInput({"min": 0, "max": 100, "step": "any", "placeholder": "%"}),
            )
            self.fields[f"p{priority}-penalty"] = forms.CharField(
                label=_("P%(n)d penalty") % {"n": priority},
                required=False,
                max_length=200,
                widget=forms.TextInput({"placeholder": _("penalty"), "autocomplete": "off"}),
            )
        for level in range(5):
            for metric in TIER_METRICS:
                self._add_target(f"l{level}-{metric}", f"L{level} {metric.label}")
        vendors = [
            ("", _("no vendor")),
            (ANY_VENDOR, _("every other vendor")),
            *self.known.vendors.items(),
        ]
        for n in range(self.counts["vendors"]):
            self.fields[f"v{n}-vendor"] = forms.TypedChoiceField(
                label=_("Vendor %(n)d") % {"n": n + 1},
                choices=vendors,
                coerce=int,
                empty_value=None,
                required=False,
            )
            for metric in VENDOR_METRICS:
                words = _("Vendor %(n)d: %(metric)s") % {"n": n + 1, "metric": metric.label}
                self._add_target(f"v{n}-{metric}", words)

    def _add_target(self, name: str, label: str) -> None:
        self.fields[name] = forms.CharField(
            label=label,
            required=False,
            max_length=30,
            widget=forms.TextInput({"size": 7, "autocomplete": "off", "placeholder": "–"}),
        )
        self.fields[f"{name}-calendar"] = forms.TypedChoiceField(
            label=_("%(what)s: calendar") % {"what": label},
            choices=self._calendars,
            coerce=int,
            empty_value=None,
            required=False,
        )

    def _add_thresholds(self) -> None:
        for n in range(self.counts["thresholds"]):
            self.fields[f"t{n}-share"] = forms.IntegerField(
                label=_("Threshold %(n)d in percent") % {"n": n + 1},
                required=False,
                min_value=1,
                max_value=BREACH,
            )
            self.fields[f"t{n}-notify"] = forms.MultipleChoiceField(
                label=_("Threshold %(n)d: tell") % {"n": n + 1},
                choices=[(who, comparing.PEOPLE[who]) for who in NOTIFIED],
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
            self.fields[f"t{n}-tag"] = forms.CharField(
                label=_("Threshold %(n)d: tag") % {"n": n + 1}, required=False, max_length=40
            )

    # --- for the template ---

    def _cells(self, row: str, metrics: tuple[Metric, ...]) -> list[Cell]:
        return [Cell(self[f"{row}-{metric}"], self[f"{row}-{metric}-calendar"]) for metric in metrics]

    @property
    def priority_rows(self) -> list[tuple[int, list[Cell], forms.BoundField, forms.BoundField]]:
        return [
            (n, self._cells(f"p{n}", REQUESTER_METRICS), self[f"p{n}-percent"], self[f"p{n}-penalty"])
            for n in PRIORITIES
        ]

    @property
    def tier_rows(self) -> list[tuple[int, str, list[Cell]]]:
        return [(n, self.known.tiers.get(n, ""), self._cells(f"l{n}", TIER_METRICS)) for n in range(5)]

    @property
    def vendor_rows(self) -> list[tuple[forms.BoundField, list[Cell]]]:
        return [
            (self[f"v{n}-vendor"], self._cells(f"v{n}", VENDOR_METRICS))
            for n in range(self.counts["vendors"])
        ]

    @property
    def threshold_rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        return [
            (self[f"t{n}-share"], self[f"t{n}-notify"], self[f"t{n}-tag"])
            for n in range(self.counts["thresholds"])
        ]

    # --- reading ---

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.refuse_rows(*self.conditions)
        if self.errors:
            return cleaned
        try:
            self.spec = self._read(cleaned)
            check(self.spec, self.known)
        except Invalid as refusal:
            self._refuse(refusal)
        return cleaned

    def _refuse(self, refusal: Invalid) -> None:
        """A refusal of the spec (`targets.1.resolution`) at the field where it was typed (`p1-resolution`)."""
        name = refusal.field or ""
        group, _dot, rest = name.partition(".")
        key, _dot, metric = rest.partition(".")
        if group == "vendors":
            key = next(
                (
                    str(n)
                    for n in range(self.counts["vendors"])
                    if str(self.cleaned_data[f"v{n}-vendor"]) == key
                ),
                "",
            )
        if group in GROUPS:
            name = f"{GROUPS[group]}{key}-{metric}"
        elif group == "goals":
            name = f"p{key}-percent"
        elif group == "thresholds":
            name = f"t{self.counts['thresholds'] - 1}-share"
        elif group == "when":
            name = "tree"
        self.add_error(name if name in self.fields else None, str(refusal))

    def _read(self, cleaned: Mapping[str, Any]) -> PolicySpec:
        return PolicySpec(
            when=self.when(cleaned),
            targets=dict(self._rows(cleaned, {n: f"p{n}" for n in PRIORITIES}, REQUESTER_METRICS)),
            tiers=dict(self._rows(cleaned, {n: f"l{n}" for n in range(5)}, TIER_METRICS)),
            vendors=dict(self._rows(cleaned, self._vendors(cleaned), VENDOR_METRICS)),
            pauses=tuple(cleaned["pauses"]),
            pauses_responses=cleaned["pauses_responses"],
            reopening=cleaned["reopening"],
            phone_is_response=cleaned["phone_is_response"],
            thresholds=tuple(self._thresholds(cleaned)),
            goals=dict(self._goals(cleaned)),
        )

    def _vendors(self, cleaned: Mapping[str, Any]) -> dict[int, str]:
        found: dict[int, str] = {}
        for n in range(self.counts["vendors"]):
            key = cleaned[f"v{n}-vendor"]
            if key is None:
                if any(cleaned[f"v{n}-{metric}"] for metric in VENDOR_METRICS):
                    raise Invalid(_("Choose the vendor who promises this."), field=f"v{n}-vendor")
                continue
            if key in found:
                raise Invalid(_("This vendor stands here twice."), field=f"v{n}-vendor")
            found[key] = f"v{n}"
        return found

    def _rows(
        self, cleaned: Mapping[str, Any], rows: Mapping[int, str], metrics: tuple[Metric, ...]
    ) -> Iterator[tuple[int, dict[str, Target]]]:
        for key, row in rows.items():
            found = {
                str(metric): self._target(cleaned, f"{row}-{metric}")
                for metric in metrics
                if cleaned[f"{row}-{metric}"]
            }
            if found:
                yield key, found

    def _target(self, cleaned: Mapping[str, Any], name: str) -> Target:
        calendar = cleaned[f"{name}-calendar"]
        if calendar is None:
            raise Invalid(_("Choose the calendar in which this counts."), field=f"{name}-calendar")
        return Target(parse_span(cleaned[name], day=self.known.calendars[calendar].day, field=name), calendar)

    def _thresholds(self, cleaned: Mapping[str, Any]) -> Iterator[Threshold]:
        for n in range(self.counts["thresholds"]):
            share = cleaned[f"t{n}-share"]
            if share is not None:
                yield Threshold(share, tuple(cleaned[f"t{n}-notify"]), cleaned[f"t{n}-tag"])

    def _goals(self, cleaned: Mapping[str, Any]) -> Iterator[tuple[int, Goal]]:
        for n in PRIORITIES:
            percent, penalty = cleaned[f"p{n}-percent"], cleaned[f"p{n}-penalty"]
            if percent is not None:
                yield n, Goal(percent, penalty)
            elif penalty:
                raise Invalid(_("A penalty needs a goal in percent."), field=f"p{n}-percent")


# --- what stands in the form before anybody types ---


def initial_of(name: str, spec: PolicySpec, known: Named) -> dict[str, Any]:
    """The form's fields for a policy as it stands."""
    vendors = list(spec.vendors)
    initial: dict[str, Any] = {
        "name": name,
        "pauses": list(spec.pauses),
        "pauses_responses": spec.pauses_responses,
        "reopening": spec.reopening,
        "phone_is_response": spec.phone_is_response,
        "n-vendors": len(vendors) + 1,
        "n-thresholds": min(len(spec.thresholds) + 1, MOST_THRESHOLDS),
        **condition_initial(exchange.when_in_names(spec.when), lambda: check_condition(spec.when)),
        **dict(_calendars_initial(spec, known, len(vendors) + 1)),
    }
    for group, key, metric, target in spec.every_target():
        row = f"v{vendors.index(key)}" if group == "vendors" else f"{GROUPS[group]}{key}"
        initial[f"{row}-{metric}"] = spell(target.minutes)
        initial[f"{row}-{metric}-calendar"] = target.calendar
    for n, key in enumerate(vendors):
        initial[f"v{n}-vendor"] = key
    for n, threshold in enumerate(spec.thresholds):
        initial |= {f"t{n}-share": threshold.share, f"t{n}-notify": list(threshold.notify)}
        initial[f"t{n}-tag"] = threshold.tag
    for priority, goal in spec.goals.items():
        initial |= {f"p{priority}-percent": goal.percent, f"p{priority}-penalty": goal.penalty}
    return initial


def _calendars_initial(spec: PolicySpec, known: Named, vendors: int) -> Iterator[tuple[str, int]]:
    """The calendar that empty cells offer: where most targets of the policy count, else one with opening hours."""
    used = [target.calendar for _group, _key, _metric, target in spec.every_target()]
    offered = sorted(known.calendars, key=lambda key: known.calendars[key].is_always_open)
    usual = max(set(used), key=used.count) if used else next(iter(offered), None)
    if usual is None:
        return
    rows: dict[str, tuple[Metric, ...]] = {f"p{n}": REQUESTER_METRICS for n in PRIORITIES}
    rows |= {f"l{n}": TIER_METRICS for n in range(5)} | {f"v{n}": VENDOR_METRICS for n in range(vendors)}
    for row, metrics in rows.items():
        for metric in metrics:
            yield f"{row}-{metric}-calendar", usual


def form_of(policy: Policy, data: QueryDict | None, known: Named) -> PolicyForm:
    """Filled with the version in force."""
    spec = from_json(policy.current.spec) if policy.current else PolicySpec()
    initial = initial_of(policy.name, spec, known)
    initial["seen"] = policy.current.number if policy.current else None
    return PolicyForm(data, known=known, initial=initial, is_default=policy.is_default)


def new_form(data: QueryDict | None, known: Named) -> PolicyForm:
    return PolicyForm(data, known=known, initial=initial_of("", PolicySpec(), known), is_default=False)


def as_typed(data: QueryDict, *, known: Named, is_default: bool, grow: str = "") -> PolicyForm:
    """What was typed, not judged yet, with one row more in the group `grow`."""
    plain = PolicyForm(data, known=known, initial={}, is_default=is_default)
    typed = plain.typed(data, grow=grow)
    blank = dict(_calendars_initial(PolicySpec(), known, typed["n-vendors"]))
    return PolicyForm(None, known=known, initial=blank | typed, is_default=is_default)
