"""The form above every page over time: which days, and what of the record. All of it stands in the address."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation, Team, Tier
from insights.cuts import LONGEST, NONE, Cut, Period, Scope
from tickets.models import Category, Channel, Kind

USUAL = "30"
OWN = "own"
PERIODS = (
    ("7", gettext_lazy("last 7 days")),
    ("30", gettext_lazy("last 30 days")),
    ("90", gettext_lazy("last 90 days")),
    ("365", gettext_lazy("last 365 days")),
    ("month", gettext_lazy("this month")),
    ("last-month", gettext_lazy("last month")),
    (OWN, gettext_lazy("these days:")),
)
MOST_LISTED = 500
"""Organisations and categories to choose from; what lies beyond is reached from the tables."""
NUMBERS = ("priority", "tier", "team", "organisation", "category", "policy")
FURTHER = ("kind", "priority", "tier", "team", "organisation", "category", "channel", "policy")


class CutForm(forms.Form):
    """Cleans to `cut`, within the reader's scope. An empty address asks for the last thirty days of everything."""

    def __init__(self, data: QueryDict, *, scope: Scope, today: date) -> None:
        super().__init__(_with_own_days(data))
        self.scope, self.today = scope, today
        no_period = _("“%(value)s” is no period. Choose one of: %(known)s.")
        known = ", ".join(name for name, _label in PERIODS)
        self.fields["period"] = forms.ChoiceField(
            label=_("Period"),
            choices=PERIODS,
            error_messages={"invalid_choice": no_period.replace("%(known)s", known)},
        )
        for name, label in (("from", _("First day")), ("to", _("Last day"))):
            self.fields[name] = forms.DateField(
                label=label, required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
            )
        self.fields["kind"] = _choice(_("Kind"), _("incidents and requests apart"), Kind.choices)
        self.fields["priority"] = _choice(_("Priority"), _("all"), [(n, f"P{n}") for n in range(1, 5)])
        if not scope.organisation:
            self.fields["tier"] = _choice(_("Tier"), _("all"), _tiers())
            self.fields["team"] = _choice(_("Team"), _("all"), _teams(scope))
            self.fields["organisation"] = _choice(_("Organisation"), _("all"), _organisations(data))
            self.fields["channel"] = _choice(_("Channel"), _("all"), Channel.choices)
            self.fields["policy"] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.fields["category"] = _choice(_("Category"), _("all"), _categories(data, scope))
        self.order_fields(["period", "from", "to", *FURTHER])

    @property
    def further(self) -> list[forms.BoundField]:
        """The fields that narrow, behind the period; few people need them."""
        return [self[name] for name in FURTHER if name in self.fields and name != "policy"]

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in FURTHER if name in self.fields)

    @property
    def pills(self) -> list[tuple[str, str, str]]:
        """What narrows: label, value, and the address without it."""
        return [
            (str(field.label), _chosen_label(field, str(value)), f"?{self._without(name)}")
            for name, field in self.fields.items()
            if name in FURTHER and name != "policy" and (value := self.data.get(name))
        ]

    def clean_policy(self) -> int:
        text = self.cleaned_data["policy"]
        if not text:
            return 0
        if not (text.isascii() and text.isdigit() and len(text) < 18) and text != str(NONE):
            raise forms.ValidationError(_("There is no such policy version. Leave it out to see all."))
        return int(text)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("period") == OWN:
            self._check_days(cleaned)
        return cleaned

    def _check_days(self, cleaned: dict[str, Any]) -> None:
        for name in ("from", "to"):
            if name not in self.errors and cleaned.get(name) is None:
                self.add_error(name, _("Give this day, or choose another period."))
        first, last = cleaned.get("from"), cleaned.get("to")
        if not first or not last:
            return
        today = formats.date_format(self.today, "DATE_FORMAT")
        if first > self.today:
            self.add_error(
                "from", _("This day is still to come. Choose %(today)s or one before.") % {"today": today}
            )
        elif last > self.today:
            self.add_error(
                "to", _("This day is still to come. Choose %(today)s or one before.") % {"today": today}
            )
        elif last < first:
            self.add_error("to", _("The last day is before the first. Choose one on or after it."))
        elif last - first > LONGEST:
            self.add_error("to", _("That is more than ten years. Choose a shorter period."))

    @property
    def period(self) -> Period:
        return period_of(self.cleaned_data, today=self.today)

    @property
    def cut(self) -> Cut:
        """Only of a valid form."""
        chosen = self.cleaned_data
        return Cut(
            self.period,
            self.scope,
            kind=chosen["kind"],
            priority=chosen["priority"] or 0,
            level=None if chosen.get("tier") in (None, "") else chosen["tier"],
            team=chosen.get("team") or 0,
            organisation=chosen.get("organisation") or 0,
            category=chosen["category"] or 0,
            category_alone=(chosen["category"] or 0) > 0 and self.data.get("alone") == "1",
            channel=chosen.get("channel", ""),
            policy=chosen.get("policy") or 0,
        )

    def _without(self, name: str) -> str:
        return urlencode([(key, value) for key, value in self.data.items() if key != name and value])


def period_of(chosen: dict[str, Any], *, today: date) -> Period:
    name = chosen["period"]
    if name == OWN:
        return Period(chosen["from"], chosen["to"])
    if name == "month":
        return Period(today.replace(day=1), today)
    if name == "last-month":
        last = today.replace(day=1) - timedelta(days=1)
        return Period(last.replace(day=1), last)
    return Period(today - timedelta(days=int(name) - 1), today)


def address_of(cut: Cut) -> dict[str, str]:
    """The parameters that ask for this cut, whatever day it is asked; the reader's scope is not among them."""
    found: dict[str, Any] = {
        "from": cut.period.first.isoformat(),
        "to": cut.period.last.isoformat(),
        "kind": cut.kind,
        "priority": cut.priority,
        "team": cut.team,
        "organisation": cut.organisation,
        "category": cut.category,
        "channel": cut.channel,
        "policy": cut.policy,
    }
    if cut.level is not None:
        found["tier"] = str(cut.level)
    if cut.category_alone:
        found["alone"] = "1"
    return {name: str(value) for name, value in found.items() if value}


def _with_own_days(data: QueryDict) -> QueryDict:
    """Days in the address are meant, whatever the list of periods says: links to tickets carry nothing else."""
    data = data.copy()
    if not data.get("period"):
        data["period"] = OWN if data.get("from") or data.get("to") else USUAL
    return data


def _choice(label: str, nothing: str, options: Iterable[tuple[Any, Any]]) -> forms.TypedChoiceField:
    options = list(options)
    is_number = bool(options) and isinstance(options[0][0], int)
    return forms.TypedChoiceField(
        label=label,
        required=False,
        choices=[("", nothing), *options],
        coerce=int if is_number else str,
        empty_value="",
        error_messages={
            "invalid_choice": _("%(value)s is not among those that you can choose. Pick one from the list.")
        },
    )


def _chosen_label(field: forms.Field, value: str) -> str:
    options = {str(key): str(label) for key, label in field.choices}  # type: ignore[attr-defined]
    return options.get(value, value[:40])


def _tiers() -> list[tuple[int, str]]:
    return [(tier.level, f"L{tier.level} {tier.name}") for tier in Tier.objects.order_by("level")]


def _teams(scope: Scope) -> list[tuple[int, str]]:
    """Those of the reader. One that is no longer in use keeps its figures."""
    rows = Team.objects.order_by("-is_active", "tier_id", "name")
    if scope.teams is not None:
        rows = rows.filter(pk__in=scope.teams)
    return [
        (key, name if is_active else _("%(name)s (no longer in use)") % {"name": name})
        for key, name, is_active in rows.values_list("pk", "name", "is_active")
    ]


def _organisations(data: QueryDict) -> list[tuple[int, str]]:
    rows = Organisation.objects.order_by("name").values_list("pk", "name")
    found = list(rows[:MOST_LISTED])
    return [(NONE, _("without organisation")), *_with_chosen(found, rows, data.get("organisation"))]


def _categories(data: QueryDict, scope: Scope) -> list[tuple[int, str]]:
    rows = Category.objects.order_by("full_name")
    if scope.organisation:
        rows = rows.filter(for_requesters=True)
    named = rows.values_list("pk", "full_name")
    found = list(named[:MOST_LISTED])
    return [(NONE, _("without category")), *_with_chosen(found, named, data.get("category"))]


def _with_chosen(found: list[Any], rows: Any, chosen: str | None) -> list[Any]:
    """The options, with the one that the address asks for beyond them."""
    if len(found) < MOST_LISTED or not chosen or not chosen.isascii() or not chosen.isdigit():
        return found
    missing = int(chosen) not in dict(found) and len(chosen) < 18
    return [*found, *rows.filter(pk=int(chosen))] if missing else found
