from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

BIGGEST_ID = 2**63 - 1


class IdsField(forms.Field):
    """The ticked rows of a list: numbers, each within a database id."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: object) -> list[int]:
        texts = value if isinstance(value, (list, tuple)) else []
        try:
            ids = [int(text) for text in texts]
        except ValueError:
            raise ValidationError(_("These are not deliveries.")) from None
        if any(not 0 < number <= BIGGEST_ID for number in ids):
            raise ValidationError(_("These are not deliveries."))
        return ids


class ReplayForm(forms.Form):
    delivery = IdsField()


class WebhookForm(forms.Form):
    """A name and an address. The operation looks whether the address may be called."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Rules and scripts choose it by this.")
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Begins with https:// and lies in the internet."),
        widget=forms.URLInput({"autocomplete": "off", "spellcheck": "false"}),
    )
