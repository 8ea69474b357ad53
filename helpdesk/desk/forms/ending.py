"""The end of the work: resolve, cancel, set aside as no request, reopen, skip."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.fields import (
    CategoryField,
    MinutesField,
    UploadsField,
    custom_controls,
    custom_values,
)
from tickets.models import NOT_A_REQUEST, CancelReason, CustomField, Kind, ResolutionCode, SkipReason
from tickets.operations.values import fields_of

USUAL_CODE = {
    Kind.INCIDENT: ResolutionCode.FIXED,
    Kind.REQUEST: ResolutionCode.FULFILLED,
    Kind.QUESTION: ResolutionCode.HOW_TO,
    Kind.PROBLEM: ResolutionCode.FIXED,
}

EXPERTS = 3
"""The tier that finds fixes which the tiers below can learn."""


class ResolveForm(ActForm):
    """What the requester reads, why it ended, and what it was in the end."""

    template = "desk/acts/_resolve.html"

    code = forms.ChoiceField(label=_("Resolved as"), choices=ResolutionCode.choices)
    summary = forms.CharField(
        label=_("What the requester reads"),
        max_length=LONGEST,
        help_text=_("What was wrong, what you did, what to do when it happens again."),
        widget=text_area(5),
    )
    publish_fix = forms.BooleanField(
        label=_("Should L1 and L2 learn this fix?"),
        required=False,
        help_text=_("The ticket's history keeps the wish, so that the fix is written down for them."),
    )
    minutes = MinutesField()
    billable = forms.BooleanField(label=_("billable"), required=False)
    attachments = UploadsField()

    def prepare(self) -> None:
        if self.ticket.tier_id != EXPERTS:
            del self.fields["publish_fix"]
        self.fields["code"].initial = USUAL_CODE[Kind(self.ticket.kind)]
        category = CategoryField(
            keep=self.ticket.category_id,
            label=_("Category it was in the end"),
            initial=self.ticket.category_id,
        )
        category.required = category.queryset.exists()  # type: ignore[union-attr]
        self.fields["category"] = category
        values = {row.field_id: row.value for row in self.ticket.field_values.all()}
        moment = CustomField.Required.RESOLVING
        asked = [field for field in fields_of(self.ticket) if field.required == moment]
        self.custom = custom_controls(asked, values, self.user, required=moment)
        self.fields.update(self.custom)

    def arguments(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["fields"] = custom_values(given)
        if given["category"] is None:
            given.pop("category")
        return given


class CancelForm(ActForm):
    reason_text = forms.CharField(
        label=_("Why it is not done"), max_length=LONGEST, widget=text_area(3), help_text=_("Kept as a note.")
    )


class NotARequestForm(ActForm):
    reason = forms.ChoiceField(
        label=_("What is it"),
        choices=[(str(code), CancelReason(code).label) for code in NOT_A_REQUEST],
        widget=forms.RadioSelect,
        help_text=_("It is set aside and stays outside all figures."),
    )


class ReopenForm(ActForm):
    text = forms.CharField(label=_("What the requester reads"), max_length=LONGEST, widget=text_area(3))


class SkipForm(ActForm):
    reason = forms.ChoiceField(
        label=_("Why not this one"), choices=SkipReason.choices, widget=forms.RadioSelect
    )
