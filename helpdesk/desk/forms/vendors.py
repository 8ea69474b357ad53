"""With a vendor: hand to it, who sees to it here, and whether what it says is done works."""

from collections import defaultdict
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from escalation.models import Reason
from escalation.queries.vendors import teams_that_take, vendor_teams
from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.fields import UploadsField
from helpdesk.desk.forms.moving import TEAM, HandOverForm


class HandToVendorForm(HandOverForm):
    """A hand-over whose targets are vendors' teams: first those that take such tickets, then all others."""

    template = "desk/acts/_hand_to_vendor.html"

    reason = forms.ChoiceField(choices=Reason.for_people(), initial=Reason.NEEDS_VENDOR, required=False)
    tried = as_asked = None  # type: ignore[assignment]
    reference = forms.CharField(
        label=gettext_lazy("Vendor's number"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Where you have one from them already, or know the one to come."),
    )
    responsible = forms.ModelChoiceField(
        label=gettext_lazy("Stays responsible here"),
        queryset=User.objects.none(),
        required=False,
        help_text=gettext_lazy("Is reminded when the vendor does not answer."),
    )

    def prepare(self) -> None:
        super().prepare()
        self.fields["reason"].widget = forms.HiddenInput()
        self.fields["to"].label = _("Vendor")
        summary = self.fields["summary"]
        summary.label, summary.required = _("What you ask the vendor"), True
        summary.help_text = _("Their guests and contacts read it. Our number is in the mail by itself.")
        responsible = self.fields["responsible"]
        responsible.queryset = people_of_the_desk()  # type: ignore[attr-defined]
        responsible.widget.attrs["data-pick"] = True
        responsible.initial = self.user.pk

    def _begin(self) -> None:
        taking = teams_that_take(self.ticket)
        nearest = next((key for key in taking if any(team.pk == key for team in self.teams)), None)
        if nearest is not None:
            self.fields["to"].initial = f"{TEAM}{nearest}"
        elif len(self.teams) == 1:
            self.fields["to"].initial = f"{TEAM}{self.teams[0].pk}"

    def _choices(self) -> list[Any]:
        self.teams = [team for team in vendor_teams() if team.pk != self.ticket.team_id]
        taking = teams_that_take(self.ticket)
        groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
        first, others = _("Takes such tickets"), _("All vendors")
        for team in sorted(self.teams, key=lambda team: _place(team, taking)):
            groups[first if team.pk in taking else others].append((f"{TEAM}{team.pk}", _label(team)))
        return [("", "---------"), *groups.items()]

    def arguments(self) -> dict[str, Any]:
        found = super().arguments()
        del found["reason"]
        return found


def _place(team: Team, taking: list[int]) -> int:
    return taking.index(team.pk) if team.pk in taking else len(taking)


def _label(team: Team) -> str:
    vendor = str(team.organisation or "")
    return team.name if not vendor or vendor in team.name else f"{vendor} · {team.name}"


def people_of_the_desk() -> Any:
    return User.objects.technicians().exclude(memberships__team__organisation__kind="vendor")


class ResponsibleForm(ActForm):
    to = forms.ModelChoiceField(label=gettext_lazy("Responsible here"), queryset=User.objects.none())

    def prepare(self) -> None:
        self.fields["to"].queryset = people_of_the_desk()  # type: ignore[attr-defined]
        self.fields["to"].widget.attrs["data-pick"] = True
        self.fields["to"].help_text = _("Sees to it while the vendor has it, and is reminded.")


class NotFixedForm(ActForm):
    """Back to the vendor, with what is still wrong."""

    text = forms.CharField(
        label=gettext_lazy("What is still wrong"),
        max_length=LONGEST,
        help_text=gettext_lazy("The vendor reads it. It counts as a bounce."),
        widget=text_area(4),
    )
    attachments = UploadsField()


class FixedForm(ActForm):
    """A vendor's guest thinks that it is fixed."""

    text = forms.CharField(
        label=gettext_lazy("What was done"),
        max_length=LONGEST,
        help_text=gettext_lazy("The desk tries it, and confirms it or asks you again."),
        widget=text_area(4),
    )
    attachments = UploadsField()
