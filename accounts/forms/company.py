from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import COLOURS, DomainsField
from accounts.models import Desk, Organisation, Sees, Signup, Skill, SupportPlan, Team, Tier


class DeskForm(forms.ModelForm[Desk]):
    """The company's own settings. Saved by `operations.change_desk`, which records the change."""

    signup = forms.ChoiceField(
        label=_("Who can sign up"),
        choices=Signup.choices,
        help_text=_("“People of a known mail domain” are those whose organisation lists the domain."),
    )
    days_until_closed = forms.IntegerField(
        label=_("Days until a resolved ticket closes"),
        min_value=0,
        max_value=365,
        help_text=_("0: never by itself."),
    )

    class Meta:
        model = Desk
        fields = [
            "name",
            "phone",
            "hours_text",
            "signup",
            "signed_links",
            "is_installable",
            "days_until_closed",
        ]
        help_texts = {
            "phone": _("Shown on every page of the portal and on the login page."),
            "hours_text": _("In a line, for people: Mon to Fri, 8:00 to 18:00."),
        }


class TierForm(forms.ModelForm[Tier]):
    colour = forms.ChoiceField(label=_("Colour"), choices=COLOURS, required=False)
    sees = forms.ChoiceField(
        label=_("Its technicians see"),
        choices=Sees.choices,
        help_text=_("Beside the tickets they work, track, watch or asked for."),
    )
    clearance = forms.TypedChoiceField(
        label=_("Marked fields, files and notes show up to"),
        coerce=int,
        choices=[(level, f"L{level}") for level in range(5)],
        help_text=_("What is marked for a higher tier stays hidden from this one."),
    )

    class Meta:
        model = Tier
        fields = ["name", "colour", "writes_to_requesters", "proposal_minutes", "sees", "clearance"]


class OrganisationForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=Organisation.Kind.choices)
    support_plan = forms.ChoiceField(label=_("Support plan"), choices=SupportPlan.choices)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    domains = DomainsField(
        label=_("Mail domains"), help_text=_("One a line. Who writes from such an address belongs to it.")
    )
    served_by = forms.ModelMultipleChoiceField(
        label=_("Teams that serve it"),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.SelectMultiple(attrs={"data-pick": True}),
        help_text=_("A team that serves nobody in particular serves everybody."),
    )
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_active = forms.BooleanField(
        label=_("Active"), required=False, initial=True, help_text=_("Inactive ones are offered nowhere.")
    )

    def __init__(self, *args: Any, organisation: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.fields["served_by"].queryset = Team.objects.active()  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        others = Organisation.objects.filter(name__iexact=name)
        if self.organisation is not None:
            others = others.exclude(pk=self.organisation.pk)
        if others.exists():
            raise forms.ValidationError(_("There is an organisation of this name already."), code="taken")
        return name

    @classmethod
    def of(cls, organisation: Organisation, data: Any = None) -> "OrganisationForm":
        names = ("name", "kind", "support_plan", "phone", "note", "is_active")
        initial = {name: getattr(organisation, name) for name in names}
        initial["domains"] = "\n".join(row.domain for row in organisation.domains.all())
        initial["served_by"] = list(organisation.served_by.all())
        return cls(data, initial=initial, organisation=organisation)


class SkillForm(forms.ModelForm[Skill]):
    class Meta:
        model = Skill
        fields = ["name"]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Skill.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a skill of this name already."), code="taken")
        return name
