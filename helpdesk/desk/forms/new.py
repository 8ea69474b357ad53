"""A ticket for somebody who calls or stands at the desk: the person found or added, then what is wrong."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Team, User
from helpdesk.desk.forms.base import LONGEST, text_area
from helpdesk.desk.forms.fields import (
    PREFIX,
    CategoryField,
    MinutesField,
    PersonField,
    RemoteSelect,
    UploadsField,
    custom_controls,
    custom_values,
    offered_fields,
)
from tickets.filling import missing
from tickets.models import Channel, CustomField, Impact, Kind, ResolutionCode, Urgency

PERSON_DETAILS = ("name", "email", "phone", "organisation")


class NewTicketForm(forms.Form):
    channel = forms.ChoiceField(
        label=_("Came by"),
        choices=[(str(each), each.label) for each in (Channel.PHONE, Channel.WALK_UP)],
        widget=forms.RadioSelect,
        initial=Channel.PHONE,
    )
    requester = PersonField(
        label=_("Who"),
        error_messages={"required": _("Choose who it is, or add the person.")},
        widget=RemoteSelect(
            {
                "data-placeholder": _("Name, number, mail or phone"),
                "autofocus": True,
                "hx-get": "/desk/new/person/",
                "hx-target": "#person",
                "hx-swap": "innerHTML",
                "hx-trigger": "change",
            }
        ),
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        required=False,
        queryset=Organisation.objects.filter(is_active=True).exclude(kind=Organisation.Kind.VENDOR),
    )

    ready = forms.IntegerField(required=False, widget=forms.HiddenInput)
    """The ready-made ticket that it was begun with."""
    subject = forms.CharField(label=_("What is wrong, in one line"), max_length=250)
    description = forms.CharField(label=_("Details"), max_length=LONGEST, required=False, widget=text_area(4))
    location = forms.CharField(label=_("Place"), max_length=120, required=False)
    device = forms.CharField(label=_("Device"), max_length=80, required=False)
    category = CategoryField(required=False, empty_label=_("not known yet"))
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices, initial=Kind.INCIDENT)
    impact = forms.TypedChoiceField(
        label=_("Who is affected"), choices=Impact.choices, coerce=int, initial=Impact.PERSON
    )
    urgency = forms.TypedChoiceField(
        label=_("Can they work"), choices=Urgency.choices, coerce=int, initial=Urgency.HINDERED
    )
    team = forms.ModelChoiceField(
        label=_("Goes to"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("as the category says"),
    )

    answer = forms.CharField(
        label=_("Answer for the requester"), max_length=LONGEST, required=False, widget=text_area(3)
    )
    is_resolved = forms.BooleanField(label=_("Answered and resolved"), required=False)
    resolve_as = forms.ChoiceField(
        label=_("Resolved as"),
        required=False,
        choices=ResolutionCode.choices,
        initial=ResolutionCode.FIXED,
    )
    minutes = MinutesField()
    attachments = UploadsField()

    def __init__(self, *args: Any, user: User, asked: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """`asked` is what decides which fields are offered, where the form itself is not sent yet."""
        super().__init__(*args, **kwargs)
        sent = asked if asked is not None else self.data or self.initial
        self.offered = offered_fields(sent)
        self.extra = custom_controls(self.offered, {}, user, sent=sent)
        self.fields |= self.extra
        teams = Team.objects.in_use().select_related("tier").order_by("tier_id", "name")
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        adds_person = self.is_bound and any(self.data.get(name) for name in ("name", "email", "phone"))
        self.fields["requester"].required = not adds_person

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._clean_person(cleaned)
        gaps = missing(cleaned.get("answer") or "")
        if gaps:
            self.add_error("answer", _("Fill in before you send: %(gaps)s.") % {"gaps": ", ".join(gaps)})
        if cleaned.get("is_resolved"):
            if not cleaned.get("answer"):
                self.add_error("answer", _("Say what solved it: the requester reads this."))
            if not cleaned.get("category"):
                self.add_error("category", _("Choose the category that it was."))
        return cleaned

    def _clean_person(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("requester") or "requester" in self.errors:
            return
        email = cleaned.get("email")
        known = User.objects.filter(email__iexact=email).first() if email else None
        if known is not None:
            cleaned["requester"] = known
        elif not cleaned.get("name"):
            self.add_error("name", _("Give the person a name."))
        elif not email and not cleaned.get("phone") and "email" not in self.errors:
            self.add_error("phone", _("Give a mail address or a phone number."))

    @property
    def first_fields(self) -> list[forms.BoundField]:
        """What this category is asked for when it is filed. A caller may not know it, so none is required."""
        return self._shown(CustomField.Required.FILING)

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return self._shown(
            *(moment for moment in CustomField.Required if moment != CustomField.Required.FILING)
        )

    def _shown(self, *required: str) -> list[forms.BoundField]:
        names = [PREFIX + field.key for field in self.offered if field.required in required]
        return [self[name] for name in names if name in self.extra]

    def person(self) -> dict[str, Any]:
        """What is known of a person who is added on the spot."""
        return {name: self.cleaned_data[name] for name in PERSON_DETAILS}

    def arguments(self) -> dict[str, Any]:
        """The ticket, without its requester."""
        left_out = {"requester", "ready", "is_resolved", "resolve_as", *PERSON_DETAILS}
        found = {name: value for name, value in self.cleaned_data.items() if name not in left_out}
        given = custom_values(found)
        found["fields"] = {key: value for key, value in given.items() if value not in (None, "", False)}
        if self.cleaned_data["is_resolved"]:
            found["resolve_as"] = self.cleaned_data["resolve_as"] or ResolutionCode.FIXED
        return found
