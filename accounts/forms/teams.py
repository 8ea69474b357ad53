from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import PersonField
from accounts.models import Organisation, Role, Skill, Team, Tier, UserSkill


class ScopeForm(forms.Form):
    """What a team takes and what not: shown to whoever hands over. Its lead may change it."""

    takes = forms.CharField(
        label=_("Takes"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("In a line, for whoever hands over: switches, Wi-Fi, VPN."),
    )
    takes_not = forms.CharField(
        label=_("Does not take"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What is often sent here by mistake, and where it belongs."),
    )


class TeamForm(ScopeForm):
    name = forms.CharField(label=_("Name"), max_length=80)
    organisation = forms.ModelChoiceField(
        label=_("Vendor"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("our own team"),
        help_text=_("For a team of a vendor. Its members are guests: they see what was handed to them."),
    )
    serves = forms.ModelMultipleChoiceField(
        label=_("Serves only"),
        queryset=Organisation.objects.none(),
        required=False,
        widget=forms.SelectMultiple(attrs={"data-pick": True}),
        help_text=_("Organisations whose tickets it may see. Empty: all of them."),
    )
    is_default = forms.BooleanField(
        label=_("First choice of its tier"),
        required=False,
        help_text=_("Receives what is handed to the tier without naming a team."),
    )

    field_order = ["name", "tier", "organisation", "serves", "takes", "takes_not", "is_default"]

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        kept = Q(pk=team.organisation_id or 0) | Q(pk__in=team.serves.values("pk")) if team else Q(pk=0)
        offered = Organisation.objects.filter(Q(is_active=True) | kept)
        vendor: Any = self.fields["organisation"]
        vendor.queryset = offered.filter(kind=Organisation.Kind.VENDOR)
        serves: Any = self.fields["serves"]
        serves.queryset = offered.exclude(kind=Organisation.Kind.VENDOR)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        others = Team.objects.filter(name__iexact=name)
        if self.team is not None:
            others = others.exclude(pk=self.team.pk)
        if others.exists():
            raise forms.ValidationError(_("There is a team of this name already."), code="taken")
        return name

    @classmethod
    def of(cls, team: Team, data: Any = None) -> "TeamForm":
        names = ("name", "organisation", "takes", "takes_not", "is_default")
        initial = {name: getattr(team, name) for name in names} | {"serves": list(team.serves.all())}
        return cls(data, initial=initial, team=team)


class NewTeamForm(TeamForm):
    tier = forms.ModelChoiceField(
        label=_("Tier"),
        queryset=Tier.objects.enabled(),
        empty_label=None,
        help_text=_("A team stays on its tier: tickets remember where they were."),
    )


class MemberForm(forms.Form):
    person = PersonField(label=_("Person"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.TECHNICIAN)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class SkillLevelForm(forms.Form):
    skill = forms.ModelChoiceField(label=_("Skill"), queryset=Skill.objects.all(), empty_label=None)
    level = forms.TypedChoiceField(
        label=_("Level"), coerce=int, choices=UserSkill._meta.get_field("level").choices or (), initial=2
    )
