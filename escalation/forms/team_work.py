"""How a team works, as its settings page asks for it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from escalation.models import Strategy


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
