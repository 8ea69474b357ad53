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
