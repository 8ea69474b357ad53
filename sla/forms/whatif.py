"""Forms of what-if and of the audit: periods, and what is proposed."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from sla.forms.days import DayField
from sla.queries.audit import Finding
from sla.yaml_lines import LONGEST_TEXT

MOST_MINUTES = 24 * 60


class WhatIfForm(forms.Form):
    """The field names are the keywords of `sla.operations.simulating.ask_what_if`."""

    since = DayField(_("Tickets created from"))
    until = DayField(_("To"))
    text = forms.CharField(
        label=_("What is proposed"),
        max_length=LONGEST_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 22, "class": "mono", "spellcheck": "false"}),
        help_text=_(
            "A policy as its page exports it, with other targets; or calendars under “calendars:”; or both. "
            "A policy with the name of one in force takes its place, a new name comes first in the order."
        ),
    )


class AuditForm(forms.Form):
    """What of the audit is shown; anything left out has its default."""

    since = DayField(_("From"))
    until = DayField(_("To"))
    minutes = forms.IntegerField(
        label=_("Minutes before the end"), min_value=1, max_value=MOST_MINUTES, required=False
    )
    finding = forms.ChoiceField(
        label=_("What"), choices=[("", _("everything")), *Finding.choices], required=False
    )
    person = forms.ModelChoiceField(
        label=_("Who"), queryset=User.objects.none(), required=False, empty_label=_("everybody")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: forms.ModelChoiceField[User] = self.fields["person"]  # type: ignore[assignment]
        people.queryset = User.objects.filter(memberships__isnull=False).distinct().order_by("name")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day lies before the first."))
        return cleaned


def last_month(today: date) -> tuple[date, date]:
    """First and last day of the month before."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
