"""Proposed replies, and help without a hand-over."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from escalation.models import Invitation, Proposal
from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.fields import MinutesField, PersonField

VENDORS = 4
USUAL_HELP = timedelta(hours=4)


class SendProposalForm(ActForm):
    """One press: what was read is sent as it is."""

    proposal = forms.ModelChoiceField(
        queryset=Proposal.objects.none(),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("This proposal is not of this ticket.")},
    )

    def prepare(self) -> None:
        self.fields["proposal"].queryset = Proposal.objects.filter(  # type: ignore[attr-defined]
            ticket=self.ticket
        ).select_related("message")


class EditProposalForm(SendProposalForm):
    """In other words. What was proposed stays in the history as it was."""

    text = forms.CharField(label=_("What the requester reads"), max_length=LONGEST, widget=text_area(8))

    def prepare(self) -> None:
        super().prepare()
        if not self.is_bound:
            waiting = Proposal.objects.filter(ticket=self.ticket, state=Proposal.State.WAITING)
            found = waiting.select_related("message").first()
            self.fields["text"].initial = found.message.body if found else ""
            self.fields["proposal"].initial = found.pk if found else None


class RefuseProposalForm(SendProposalForm):
    reason = forms.CharField(
        label=_("Why it is not sent"),
        max_length=LONGEST,
        widget=text_area(3),
        help_text=_("A note to its author, who may propose again. The requester does not see it."),
    )


class InviteForm(ActForm):
    """A person or a team of another tier, for a time and with a question."""

    team = forms.ModelChoiceField(
        label=_("or team"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("no team"),
        widget=forms.Select({"data-pick": True}),
    )
    question = forms.CharField(
        label=_("What you ask"),
        max_length=LONGEST,
        widget=text_area(4),
        help_text=_("A note: the desk reads it, the requester does not."),
    )
    until = forms.DateTimeField(
        label=_("Until"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_(
            "In your time zone. Then the help ends by itself. The ticket and its clocks stay with you."
        ),
        error_messages={"required": _("Say until when.")},
    )

    def prepare(self) -> None:
        person = PersonField(label=_("Person"), required=False, empty_label=_("nobody"))
        self.fields = {"user": person, **self.fields}
        teams = Team.objects.in_use().exclude(pk=self.ticket.team_id).exclude(tier_id=VENDORS)
        self.fields["team"].queryset = teams.select_related("tier")  # type: ignore[attr-defined]
        now = timezone.localtime()
        self.fields["until"].widget.attrs["min"] = now.strftime("%Y-%m-%dT%H:%M")
        self.fields["until"].initial = (now + USUAL_HELP).replace(second=0, microsecond=0)


class EndHelpForm(ActForm):
    """The help is done; the minutes count for the team that gave it."""

    invitation = forms.ModelChoiceField(
        queryset=Invitation.objects.none(),
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Say which help ends."),
            "invalid_choice": _("This help is not of this ticket."),
        },
    )
    minutes = MinutesField(label=_("Minutes that the help took"))

    def prepare(self) -> None:
        rows: Any = self.fields["invitation"]
        rows.queryset = Invitation.objects.filter(ticket=self.ticket)
