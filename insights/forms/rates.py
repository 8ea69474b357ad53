"""What an hour on each tier costs. Field names are the keywords of the operations."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from accounts.models import Tier
from insights.models import FigureSettings

MOST = Decimal(10_000)


class RateForm(forms.Form):
    def __init__(self, *args: Any, today: date, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"] = forms.TypedChoiceField(
            label=_("Tier"),
            choices=[(tier.level, str(tier)) for tier in Tier.objects.order_by("level")],
            coerce=int,
        )
        self.fields["money"] = forms.DecimalField(
            label=_("An hour costs, in %(currency)s") % {"currency": currency},
            min_value=Decimal(0),
            max_value=MOST,
            decimal_places=2,
        )
        self.fields["first_day"] = forms.DateField(
            label=_("From"),
            initial=today,
            widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            help_text=_("Tickets that were resolved on this day or later cost by it."),
        )

    @property
    def keywords(self) -> dict[str, Any]:
        """Of `operations.rates.set_rate`: money in cents."""
        chosen = self.cleaned_data
        return {
            "level": chosen["level"],
            "first_day": chosen["first_day"],
            "cents": int(chosen["money"] * 100),
        }


class FigureSettingsForm(forms.ModelForm[FigureSettings]):
    class Meta:
        model = FigureSettings
        fields = ("hides_names", "currency")
