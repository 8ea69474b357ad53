from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier
from accounts.models.tokens import SCOPES

NEVER = ""
DAYS = [("30", _("30 days")), ("90", _("90 days")), ("365", _("a year")), (NEVER, _("no end"))]


class TokenForm(forms.Form):
    """A new token. Field names are those of `operations.create_token`, but for the end."""

    name = forms.CharField(
        label=_("What it is for"),
        max_length=80,
        help_text=_("The program's name, so that you know later which one to revoke."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope, scope) for scope in SCOPES],
        # As many columns as keep reading and writing of an area side by side.
        widget=forms.CheckboxSelectMultiple({"class": "pairs"}),
        help_text=_("No more than it needs. It never may more than its owner."),
    )
    max_tier = forms.TypedChoiceField(
        label=_("Acts as tier"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("Seats above it, and the rights of managers and administrators, do not count then."),
    )
    days = forms.ChoiceField(label=_("Ends after"), choices=DAYS, required=False, initial="90")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tiers = [(str(tier.level), str(tier)) for tier in Tier.objects.enabled()]
        self.fields["max_tier"].choices = [("", _("no limit")), *tiers]  # type: ignore[attr-defined]

    def arguments(self, at: datetime) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        days = found.pop("days")
        return {**found, "expires_at": at + timedelta(days=int(days)) if days else None}


class ServiceForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("Of the program, as the history shall tell it.")
    )
