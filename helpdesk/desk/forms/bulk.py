"""What an act on many tickets asks: nothing that depends on one of them."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from escalation.models import Reason
from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.ending import EXPERTS, learn_field
from helpdesk.desk.forms.fields import CategoryField, PeopleField, TicketField
from tickets.models import HoldReason, Impact, Kind, Priority, ResolutionCode, Ticket, Urgency

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
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", "---------"), *Reason.for_people()])
    summary = forms.CharField(
        label=_("Summary for the team that gets them"),
        max_length=LONGEST,
        required=False,
        help_text=_("Sideways and down a reason is enough."),
        widget=text_area(4),
    )
    override = forms.BooleanField(
        label=_("Hand them over with required items missing"),
        required=False,
        help_text=_(
            "Checklists are answered one by one. As a lead you may let all go without; it is recorded."
        ),
    )

    def prepare(self) -> None:
        if not (self.user.is_lead or self.user.is_manager or self.user.is_administrator):
            del self.fields["override"]


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
    publish_fix = learn_field()

    def prepare(self) -> None:
        self.fields["publish_fix"].help_text = _("Kept with those that lie on L3.")
        is_expert = any(seat.tier == EXPERTS for seat in self.user.seats)
        if not (is_expert or self.user.is_manager or self.user.is_administrator):
            del self.fields["publish_fix"]

    def arguments(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value}


class BulkReplyForm(BulkForm):
    text = forms.CharField(label=_("What each requester reads"), max_length=LONGEST, widget=text_area(4))


class BulkNoteForm(BulkForm):
    text = forms.CharField(label=_("Internal note"), max_length=LONGEST, widget=text_area(4))


class BulkAskForm(BulkForm):
    question = forms.CharField(
        label=_("What each requester is asked"), max_length=LONGEST, widget=text_area(4)
    )


class BulkHoldForm(BulkForm):
    reason = forms.ChoiceField(label=_("Because"), choices=[("", "---------"), *HoldReason.choices])
    until = forms.DateTimeField(
        label=_("Until"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("After that they are back in their queues by themselves."),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=LONGEST, widget=text_area(2))

    def prepare(self) -> None:
        self.fields["until"].widget.attrs["min"] = timezone.localtime().strftime("%Y-%m-%dT%H:%M")


class BulkParentForm(BulkForm):
    """One trouble of many people: each sees only their own ticket, and the parent tells the desk of all."""

    blocks = forms.BooleanField(label=_("the parent cannot be resolved before these"), required=False)

    def prepare(self) -> None:
        self.fields["parent"] = TicketField(user=self.user, label=_("Parent"))
        self.order_fields(["parent", "blocks"])


class BulkContactForm(BulkForm):
    to = forms.ModelChoiceField(
        label=_("Contact"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("nobody"),
        widget=forms.Select({"data-pick": True}),
        help_text=_("Tracks them for their requesters until they are closed, whoever works them."),
    )

    def prepare(self) -> None:
        technicians = User.objects.technicians()
        house = technicians.exclude(memberships__team__organisation__kind="vendor")
        self.fields["to"].queryset = house  # type: ignore[attr-defined]


class BulkPriorityForm(BulkForm):
    priority = forms.TypedChoiceField(label=_("Priority"), choices=Priority.choices, coerce=int)
    reason = forms.CharField(label=_("Why not what the matrix says"), max_length=2_000, widget=text_area(3))


class BulkUntagForm(BulkForm):
    name = forms.CharField(label=_("Tag"), max_length=40)


class BulkRestrictForm(BulkForm):
    """Who is named here replaces who was named before."""

    people = PeopleField(label=_("People"), required=False)
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"),
        required=False,
        queryset=Team.objects.active(),
        widget=forms.SelectMultiple({"data-pick": True}),
    )
