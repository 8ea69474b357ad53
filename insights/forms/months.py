"""Publishing a month. Field names are the keywords of `insights.operations.publishing.publish_month`."""

from datetime import date
from typing import Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from insights.queries.months import whose

MOST = 24
"""Months to choose from."""


class PublishForm(forms.Form):
    month = forms.DateField(label=_("Month"), widget=forms.Select)
    organisation = forms.ModelChoiceField(
        label=_("Whose"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("the whole desk"),
    )

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data)
        widget: Any = self.fields["month"].widget
        widget.choices = [
            (month.isoformat(), formats.date_format(month, "YEAR_MONTH_FORMAT"))
            for month in months_before(today)
        ]
        organisation: Any = self.fields["organisation"]
        organisation.queryset = whose().order_by("name")


def months_before(today: date) -> list[date]:
    """The first days of the months that are over, the last one first."""
    found = []
    year, month = today.year, today.month
    for _number in range(MOST):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
        found.append(date(year, month, 1))
    return found
