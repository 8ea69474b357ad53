"""How a team works, as its settings pages ask for it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from escalation.models import Strategy
from escalation.queries.vendors import VENDOR_TIER
from sla.models import Calendar


class TeamWorkForm(forms.Form):
    strategy = forms.ChoiceField(
        label=_("Who gets what arrives"),
        choices=Strategy.choices,
        help_text=_(
            "Only people who are here, and below what they can have. Where nobody is, it waits in the queue."
        ),
    )
    capacity = forms.IntegerField(
        label=_("Open tickets a person"),
        help_text=_("Nobody is given more than this. A person's own number goes before it."),
        widget=forms.NumberInput({"min": 1, "max": 500}),
    )


class CoverForm(forms.Form):
    """When a team works, and who has what arrives otherwise."""

    hours = forms.ModelChoiceField(
        label=_("The team works"),
        queryset=Calendar.objects.filter(current__isnull=False),
        required=False,
        empty_label=_("around the clock"),
        help_text=_("A calendar. People of the team who have no hours of their own work in these."),
    )
    covered_by = forms.ModelChoiceField(
        label=_("Outside these hours covered by"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("nobody: it waits"),
        help_text=_(
            "Gets what is filed and handed over then, and what falls due in the queue before the team works again. "
            "Also a provider's team; not one of a vendor on L4."
        ),
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Team.objects.in_use().exclude(pk=team.pk).exclude(tier=VENDOR_TIER)
        self.fields["covered_by"].queryset = others.select_related("tier")  # type: ignore[attr-defined]
