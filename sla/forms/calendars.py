"""A calendar as it is typed. The form reads texts; what a calendar may say is checked by `sla.calendar_spec`."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import ZoneField
from sla.calendar_spec import DAY_NAMES, DAYS, CalendarSpec, OwnDay, check, tidied
from sla.holiday_rows import countries, subdivisions
from sla.hours_text import parse_day, parse_own_days, spell_day, spell_own_days
from sla.models import Calendar
from tickets.refusals import Invalid

LONGEST_LIST = 20_000


class CalendarForm(forms.Form):
    """`spec` is what was typed, once the form is valid."""

    name = forms.CharField(label=_("Name"), max_length=80)
    zone = ZoneField(help_text=_("Its hours are what a clock on the wall there shows."))
    is_always_open = forms.BooleanField(
        label=_("Around the clock"),
        required=False,
        help_text=_("Every minute counts. The hours and days below are not used."),
    )
    country = forms.ChoiceField(
        label=_("Public holidays of"),
        required=False,
        help_text=_("Closed all day, unless one of your own days below says otherwise."),
        widget=forms.Select(
            attrs={
                "data-pick": True,
                "data-placeholder": _("no country"),
                "hx-get": "/settings/calendars/parts/",
                "hx-target": "#calendar-part",
                "hx-trigger": "change",
            }
        ),
    )
    subdivision = forms.ChoiceField(label=_("Part of the country"), required=False)
    own_days = forms.CharField(
        label=_("Own days"),
        required=False,
        max_length=LONGEST_LIST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "mono", "spellcheck": "false"}),
        help_text=_("One a line: 2026-12-24 09:00-12:00 Christmas Eve. Without hours it is a day off."),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = CalendarSpec("UTC")
        for name, label in zip(DAYS, DAY_NAMES, strict=True):
            self.fields[name] = forms.CharField(
                label=label,
                required=False,
                max_length=200,
                widget=forms.TextInput(attrs={"placeholder": _("closed"), "autocomplete": "off"}),
            )
        country: Any = self.fields["country"]
        country.choices = [("", _("no country")), *countries()]
        part: Any = self.fields["subdivision"]
        part.choices = part_choices(str(self["country"].value() or ""))

    @classmethod
    def of(cls, calendar: Calendar, spec: CalendarSpec, data: Any = None) -> "CalendarForm":
        """Filled with what is in force."""
        initial = {
            "name": calendar.name,
            "zone": spec.zone,
            "is_always_open": spec.is_always_open,
            "country": spec.country,
            "subdivision": spec.subdivision,
            "own_days": spell_own_days(spec.own_days),
            "seen": calendar.current.number if calendar.current else None,
        }
        initial |= {name: spell_day(day) for name, day in zip(DAYS, spec.weekly, strict=True)}
        return cls(data, initial=initial)

    @property
    def days(self) -> list[forms.BoundField]:
        """The fields of the week, Monday first."""
        return [self[name] for name in DAYS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        week = tuple(tuple(self._read_day(name)) for name in DAYS)
        own_days = tuple(self._read_own_days())
        if self.errors:
            return cleaned
        spec = CalendarSpec(
            zone=cleaned["zone"],
            weekly=week,
            is_always_open=cleaned["is_always_open"],
            country=cleaned["country"],
            subdivision=cleaned["subdivision"],
            own_days=own_days,
        )
        try:
            check(spec)
        except Invalid as refusal:
            self.add_error(refusal.field, str(refusal))
        self.spec = tidied(spec)
        return cleaned

    def _read_day(self, name: str) -> list[tuple[int, int]]:
        try:
            return parse_day(self.cleaned_data.get(name, ""), field=name)
        except Invalid as refusal:
            self.add_error(name, str(refusal))
            return []

    def _read_own_days(self) -> list[OwnDay]:
        try:
            return parse_own_days(self.cleaned_data.get("own_days", ""), field="own_days")
        except Invalid as refusal:
            self.add_error("own_days", str(refusal))
            return []


def part_choices(country: str) -> list[tuple[str, Any]]:
    """The whole country, and its parts that have holidays of their own."""
    return [("", _("the whole country")), *subdivisions(country)]
