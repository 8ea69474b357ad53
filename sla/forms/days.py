"""A day as forms ask it."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FIRST, LAST = date(1970, 1, 1), date(2199, 12, 31)


class DayField(forms.DateField):
    """Of the years in which a desk can have been."""

    default_error_messages = {"invalid": _("Write a day such as 2026-09-30.")}

    def __init__(self, label: Any) -> None:
        super().__init__(label=label, widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day is not None and not FIRST <= day <= LAST:
            raise ValidationError(_("Choose a day between 1970 and 2199."))
        return day
