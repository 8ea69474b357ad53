from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import PersonField, ZoneField
from accounts.models import Organisation, ReachBy, Team, User, UserQuerySet
from accounts.queries import Roles, holding


class ContactDetails(forms.Form):
    """How somebody is reached, and in which language and zone they read: the same for all."""

    name = forms.CharField(label=_("Name"), max_length=120)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    location = forms.CharField(
        label=_("Location"), max_length=120, required=False, help_text=_("Site, building, room.")
    )
    device = forms.CharField(
        label=_("Own device"),
        max_length=80,
        required=False,
        help_text=_("The label on the computer; offered when a ticket is filed."),
    )
    reach_by = forms.ChoiceField(label=_("Best reached"), choices=ReachBy.choices)
    reach_when = forms.CharField(
        label=_("When"), max_length=120, required=False, help_text=_("For example: mornings, not on Fridays.")
    )
    timezone = ZoneField()
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class ProfileForm(ContactDetails):
    """What everybody may change about themselves. The mail address is the login: administrators change it."""

    field_order = ["name", "phone", "location", "device", "reach_by", "reach_when", "timezone", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # No picker on the portal: it would not fit the page budget.
        self.fields["timezone"].widget.attrs = {}
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["phone"].widget.attrs["autocomplete"] = "tel"


class PersonForm(ContactDetails):
    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("The login."))
    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label="",
        widget=forms.Select(attrs={"data-pick": True, "data-placeholder": _("none")}),
    )
    employee_number = forms.CharField(label=_("Employee number"), max_length=40, required=False)
    manager = PersonField(label=_("Manager"), required=False)
    is_vip = forms.BooleanField(
        label=_("VIP"), required=False, help_text=_("Shown to technicians beside the name.")
    )
    sees_organisation = forms.BooleanField(
        label=_("Sees the tickets of the whole organisation"), required=False
    )
    is_manager = forms.BooleanField(
        label=_("Manager of the desk"), required=False, help_text=_("Sees every ticket, changes no settings.")
    )
    is_administrator = forms.BooleanField(
        label=_("Administrator"), required=False, help_text=_("Sees every ticket and changes all settings.")
    )
    is_staff = forms.BooleanField(
        label=_("May use the raw admin pages"),
        required=False,
        help_text=_("For administrators who know the data model."),
    )

    field_order = [
        "name",
        "email",
        "organisation",
        "employee_number",
        "phone",
        "location",
        "device",
        "manager",
        "reach_by",
        "reach_when",
        "timezone",
        "language",
    ]
    RIGHTS = ("is_vip", "sees_organisation", "is_manager", "is_administrator", "is_staff")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organisation"]
        field.queryset = Organisation.objects.filter(is_active=True)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    @classmethod
    def of(cls, person: User, data: Any = None) -> "PersonForm":
        form = cls(data, initial={name: getattr(person, name) for name in cls.base_fields})
        field: Any = form.fields["organisation"]
        field.queryset = Organisation.objects.filter(Q(is_active=True) | Q(pk=person.organisation_id or 0))
        return form

    @property
    def detail_fields(self) -> list[forms.BoundField]:
        return [bound for bound in self if bound.name not in self.RIGHTS]

    @property
    def right_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.RIGHTS]


class InviteForm(forms.Form):
    invite = forms.BooleanField(
        label=_("Send an invitation by mail"),
        required=False,
        initial=True,
        help_text=_("With a link to choose a password."),
    )


class PeopleFilter(forms.Form):
    """The filter above the list of people. An unknown value filters nothing."""

    q = forms.CharField(label=_("Find"), max_length=200, required=False)
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[
            ("", _("any role")),
            (Roles.REQUESTER, _("requesters")),
            (Roles.TECHNICIAN, _("technicians")),
            (Roles.LEAD, _("leads")),
            (Roles.GUEST, _("vendor guests")),
            (Roles.MANAGER, _("managers")),
            (Roles.ADMINISTRATOR, _("administrators")),
        ],
    )
    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organisation.objects.all(),
        required=False,
        empty_label=_("any organisation"),
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.active(), required=False, empty_label=_("any team")
    )
    active = forms.ChoiceField(
        label=_("Account"),
        required=False,
        choices=[("", _("active")), ("no", _("deactivated")), ("all", _("all"))],
    )

    @property
    def narrowing(self) -> list[forms.BoundField]:
        return [bound for bound in self if bound.name != "q"]

    def apply(self, people: UserQuerySet) -> UserQuerySet:
        self.is_valid()
        wanted = self.cleaned_data
        if wanted.get("q"):
            people = people.find(wanted["q"])
        if wanted.get("role"):
            people = people.filter(holding(wanted["role"]))
        if wanted.get("organisation"):
            people = people.filter(organisation=wanted["organisation"])
        if wanted.get("team"):
            people = people.filter(memberships__team=wanted["team"])
        if wanted.get("active") != "all":
            people = people.filter(is_active=wanted.get("active") != "no")
        return people

    @property
    def is_narrow(self) -> bool:
        self.is_valid()
        return any(self.cleaned_data.values())
