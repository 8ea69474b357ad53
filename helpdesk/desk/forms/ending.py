"""The end of the work: resolve, cancel, set aside as no request, reopen, skip."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.fields import (
    CategoryField,
    MinutesField,
    UploadsField,
    custom_controls,
    custom_values,
)
from tickets.models import (
    NOT_A_REQUEST,
    CancelReason,
    CustomField,
    Kind,
    ResolutionCode,
    SkipReason,
    Ticket,
)
from tickets.operations.resolving import NOTHING_DONE
from tickets.operations.values import fields_of

USUAL_CODE = {
    Kind.INCIDENT: ResolutionCode.FIXED,
    Kind.REQUEST: ResolutionCode.FULFILLED,
    Kind.QUESTION: ResolutionCode.HOW_TO,
    Kind.PROBLEM: ResolutionCode.FIXED,
}

LEARNED_FROM = (2, 3)
"""The tiers that find fixes which those below can learn."""


def learn_field(tier: int = max(LEARNED_FROM)) -> forms.BooleanField:
    """Whether the tiers below should learn the fix: asked of those who find it, by whichever road they resolve."""
    is_second = tier == min(LEARNED_FROM)
    return forms.BooleanField(
        label=_("Should L1 learn this fix?") if is_second else _("Should L1 and L2 learn this fix?"),
        required=False,
        help_text=_(
            "An article for them is begun with this ticket. You look through it before they read it."
        ),
    )


def closing_fields(
    ticket: Ticket, user: User, code: str, sent: Mapping[str, Any] | None = None
) -> dict[str, forms.Field]:
    """The custom fields that are asked at the end; needed, unless nothing was done."""
    moment = CustomField.Required.RESOLVING
    values = {row.field_id: row.value for row in ticket.field_values.all()}
    known = fields_of(ticket)
    asked = [field for field in known if field.required == moment]
    needed = None if code in NOTHING_DONE else moment
    return custom_controls(asked, values, user, required=needed, sent=sent, within=known)


class ResolveForm(ActForm):
    """What the requester reads, why it ended, and what it was in the end."""

    template = "desk/acts/_resolve.html"

    summary = forms.CharField(
        label=_("What the requester reads"),
        max_length=LONGEST,
        help_text=_("What was wrong, what you did, what to do when it happens again."),
        widget=text_area(5),
    )
    code = forms.ChoiceField(label=_("Resolved as"), choices=ResolutionCode.choices)
    publish_fix = learn_field()
    minutes = MinutesField()
    billable = forms.BooleanField(label=_("billable"), required=False)
    attachments = UploadsField()

    def prepare(self) -> None:
        if self.ticket.tier_id in LEARNED_FROM:
            self.fields["publish_fix"] = learn_field(self.ticket.tier_id)
        else:
            del self.fields["publish_fix"]
        self.fields["code"].initial = USUAL_CODE[Kind(self.ticket.kind)]
        category = CategoryField(
            keep=self.ticket.category_id,
            label=_("Category it was in the end"),
            initial=self.ticket.category_id,
        )
        category.required = category.queryset.exists()  # type: ignore[union-attr]
        self.fields["category"] = category
        sent = self.data if self.is_bound else self.initial
        self.custom = closing_fields(self.ticket, self.user, self.data.get("code", ""), sent)
        self.fields.update(self.custom)

    @property
    def extra_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.custom]

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
