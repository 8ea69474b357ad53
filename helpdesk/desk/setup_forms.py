"""The six questions of the first run."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.csv_people import Unreadable, decode, read, typed_lines
from accounts.fields import ZoneField
from accounts.forms.upload import LARGEST
from accounts.models import Team, Tier, User
from tickets.settings.templates import templates

WEEKDAYS = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]


class TokenForm(forms.Form):
    token = forms.CharField(
        label=_("Set-up token"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("It stands in the log of the start. On the server: manage.py setup_token"),
    )


class CompanyForm(forms.Form):
    name = forms.CharField(label=_("Name of the company or of the desk"), max_length=120)
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        help_text=_("Shown on every page of the portal and on the login page."),
    )


class TierRow(forms.Form):
    level = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=4)
    is_enabled = forms.BooleanField(label=_("In use"), required=False)
    name = forms.CharField(label=_("Name"), max_length=60)


class TierRows(BaseFormSet[TierRow]):
    def clean(self) -> None:
        if any(self.errors):
            return
        if {row.cleaned_data["level"] for row in self.forms} != set(range(5)):
            raise ValidationError(gettext("The tiers are L0 to L4. Load the page again."))
        if not any(row.cleaned_data["is_enabled"] for row in self.forms):
            raise ValidationError(gettext("Use at least one tier."))


TierFormSet = formset_factory(TierRow, formset=TierRows, extra=0, max_num=5, validate_max=True)


class TeamRow(forms.Form):
    """One team; a line without a name is no team."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
    name = forms.CharField(label=_("Team"), max_length=80, required=False)
    tier = forms.ModelChoiceField(label=_("Tier"), queryset=Tier.objects.none(), empty_label=None)
    takes = forms.CharField(label=_("Takes"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].queryset = Tier.objects.enabled()  # type: ignore[attr-defined]


class TeamRows(BaseFormSet[TeamRow]):
    def clean(self) -> None:
        if any(self.errors):
            return
        named = [row.cleaned_data for row in self.forms if row.cleaned_data.get("name")]
        if not named:
            raise ValidationError(gettext("Name at least one team: it receives the first requests."))
        names = [row["name"].casefold() for row in named]
        if len(set(names)) < len(names):
            raise ValidationError(gettext("Two teams have the same name. Give each its own."))


TeamFormSet = formset_factory(TeamRow, formset=TeamRows, extra=0, max_num=30, validate_max=True)


class HoursForm(forms.Form):
    """When somebody answers: kept as the line that people read."""

    days = forms.TypedMultipleChoiceField(
        label=_("Days"),
        coerce=int,
        choices=list(enumerate(WEEKDAYS)),
        widget=forms.CheckboxSelectMultiple({"class": "pairs days"}),
        initial=[0, 1, 2, 3, 4],
    )
    opens = forms.TimeField(label=_("From"), initial="08:00", widget=forms.TimeInput(attrs={"type": "time"}))
    closes = forms.TimeField(label=_("To"), initial="17:00", widget=forms.TimeInput(attrs={"type": "time"}))
    note = forms.CharField(
        label=_("Note"),
        max_length=60,
        required=False,
        help_text=_("For example: not on public holidays."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        opens, closes = cleaned.get("opens"), cleaned.get("closes")
        if opens and closes and closes <= opens:
            self.add_error("closes", gettext("It closes before it opens."))
        return cleaned

    @property
    def line(self) -> str:
        """“Mon to Fri, 08:00 to 17:00”."""
        data = self.cleaned_data
        text = f"{_days(sorted(data['days']))}, {data['opens']:%H:%M} {gettext('to')} {data['closes']:%H:%M}"
        return f"{text}, {data['note']}" if data["note"] else text


def _days(days: list[int]) -> str:
    """Runs of three or more days as "Mon to Fri"."""
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{WEEKDAYS[days[0]]} {gettext('to')} {WEEKDAYS[days[-1]]}"
    return ", ".join(str(WEEKDAYS[day]) for day in days)


class CategoriesForm(forms.Form):
    template = forms.ChoiceField(label=_("Categories"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shipped = [(each.code, f"{each.name}: {each.hint}") for each in templates()]
        self.fields["template"].choices = [*shipped, ("none", gettext("None for now"))]  # type: ignore[attr-defined]


class AdministratorForm(forms.Form):
    """The first account. Its password follows the same rules as every other."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your e-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Password again"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    timezone = ZoneField(widget=forms.Select)
    team = forms.ModelChoiceField(
        label=_("I also work in"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("no team: I only set things up"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.in_use()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        password, again = cleaned.get("password"), cleaned.get("again")
        if password and again and password != again:
            self.add_error("again", gettext("The two passwords differ."))
        elif password:
            person = User(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
            try:
                validate_password(password, person)
            except ValidationError as trouble:
                self.add_error("password", trouble)
        return cleaned


class PeopleForm(forms.Form):
    """Everybody else, as lines or as a file; both may stay empty."""

    lines = forms.CharField(
        label=_("People, one a line"),
        max_length=100_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "placeholder": "Mira Kask, mira@example.com, Service desk"}),
        help_text=_("Name, mail address, team. Without a team somebody is a requester."),
    )
    file = forms.FileField(
        label=_("Or a CSV file"),
        required=False,
        help_text=_("At most 2 MB. Its first row names the columns; name and email are needed."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )
    invite = forms.BooleanField(label=_("Send them an invitation by mail"), required=False)

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > LARGEST:
            raise ValidationError(_("The file is larger than 2 MB. Split it, or read it in later."))
        try:
            return decode(file.read())
        except Unreadable as trouble:
            raise ValidationError(str(trouble)) from trouble

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.sheets = []
        for name, text in (("lines", typed_lines(cleaned.get("lines", ""))), ("file", cleaned.get("file"))):
            if not cleaned.get(name) or not text:
                continue
            try:
                self.sheets.append((name, read(text)))
            except Unreadable as trouble:
                self.add_error(name, str(trouble))
        return cleaned
