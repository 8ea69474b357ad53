from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Team
from escalation.queries.vendors import vendor_teams
from tickets.models import Category


class TakesForm(forms.Form):
    """What one of a vendor's teams takes."""

    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), empty_label=None)
    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.active().order_by("full_name"),
        required=False,
        empty_label=_("any"),
        widget=forms.Select({"data-pick": True}),
        help_text=_("With all categories below it."),
    )
    product = forms.CharField(
        label=_("Product"),
        max_length=120,
        required=False,
        help_text=_("As it is named in the subject or as the device of a ticket."),
    )

    def __init__(self, *args: Any, vendor: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = vendor_teams().filter(organisation=vendor)  # type: ignore[attr-defined]
