"""Saying why promises were broken, and agreeing to exceptions. Field names are the keywords of the operations."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from insights.models import Cause
from insights.operations.causes import LONGEST_WORDS

KEYS = {cause: str(number % 10) for number, cause in enumerate(Cause, start=1)}
"""The digit of each cause."""


class CauseForm(forms.Form):
    """Why, and in words; no cause takes back what was said."""

    cause = forms.ChoiceField(
        label=_("Cause"), choices=[("", _("not said yet")), *Cause.choices], required=False
    )
    words = forms.CharField(label=_("In words"), max_length=LONGEST_WORDS, required=False)


class ExceptionForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is not held against the desk"),
        max_length=LONGEST_WORDS,
        help_text=_(
            "It becomes a second column beside the figure, with your name. The figure stays as it is."
        ),
    )


class BulkForm(forms.Form):
    """What is done with the ticked breaches: a cause, or an exception."""

    cause = forms.ChoiceField(
        label=_("Cause"), choices=[("", _("choose a cause")), *Cause.choices], required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_WORDS, required=False)

    def __init__(self, data: Any = None, *, act: str = "cause") -> None:
        super().__init__(data, auto_id="bulk_%s")
        self.fields["cause"].required = act == "cause"
        self.fields["reason"].required = act == "agree"
