"""How the desk asks, and what is done about a low score. Field names are the keywords of the operations."""

from django import forms
from django.utils.translation import gettext_lazy as _

from insights.models import Settled, SurveySettings

LONGEST = 20_000


class SurveyForm(forms.ModelForm[SurveySettings]):
    class Meta:
        model = SurveySettings
        fields = ("is_on", "wait_hours", "days_between", "reminder_days", "low_score", "shows_names")


class ReopenForm(forms.Form):
    """One click is enough; the requester reads what is written."""

    text = forms.CharField(
        label=_("To the requester"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 3, "data-autosize": True}),
        help_text=_("Left empty, it says that you look at it again."),
    )


class SettleForm(forms.Form):
    how = forms.ChoiceField(
        label=_("What was done"), choices=[pair for pair in Settled.choices if pair[0] != Settled.REOPENED]
    )
