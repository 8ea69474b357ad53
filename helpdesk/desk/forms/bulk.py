"""What an act on many tickets asks: nothing that depends on one of them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from escalation.models import Reason
from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.fields import CategoryField
from tickets.models import Impact, Kind, ResolutionCode, Ticket, Urgency

KEPT = ("", _("as it is"))


class BulkForm(ActForm):
    """No ticket: the act is the same for all that are chosen."""

    ticket: Ticket | None  # type: ignore[assignment]


class BulkAssignForm(BulkForm):
    to = forms.ModelChoiceField(
        label=_("Assignee"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("nobody"),
        widget=forms.Select({"data-pick": True}),
        help_text=_("Tickets of teams that this person is not in are refused."),
    )

    def prepare(self) -> None:
        self.fields["to"].queryset = User.objects.technicians()  # type: ignore[attr-defined]


class BulkHandOverForm(BulkForm):
    team = forms.ModelChoiceField(
        label=_("To"),
        queryset=Team.objects.in_use().select_related("tier"),
        widget=forms.Select({"data-pick": True}),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", "---------"), *Reason.choices])
    summary = forms.CharField(
        label=_("Summary for the team that gets them"), max_length=LONGEST, widget=text_area(4)
    )


class BulkChangeForm(BulkForm):
    """Only what is chosen is changed."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[KEPT, *Kind.choices], required=False)
    category = CategoryField(required=False, empty_label=_("as it is"))
    impact = forms.TypedChoiceField(
        label=_("Who is affected"), choices=[KEPT, *Impact.choices], coerce=int, required=False
    )
    urgency = forms.TypedChoiceField(
        label=_("Can they work"), choices=[KEPT, *Urgency.choices], coerce=int, required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError(_("Choose what to change."))
        return cleaned

    def arguments(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value}


class BulkResolveForm(BulkForm):
    code = forms.ChoiceField(label=_("Resolved as"), choices=ResolutionCode.choices)
    summary = forms.CharField(label=_("What each requester reads"), max_length=LONGEST, widget=text_area(4))
    category = CategoryField(required=False, empty_label=_("as it is"))

    def arguments(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value}
