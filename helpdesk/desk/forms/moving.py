"""Who has it: hand over, return, assign, contact."""

from collections import defaultdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.keys import key_of
from accounts.models import Team, Tier, User
from escalation.models import Reason, ReturnReason
from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.fields import MinutesField, UploadsField

TIER, TEAM = "tier:", "team:"


class HandOverForm(ActForm):
    """Up, down or sideways: to a tier, whichever team is first there, or to one team."""

    template = "desk/acts/_hand_over.html"

    to = forms.CharField(label=_("To"), max_length=30, widget=forms.Select)
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", "---------"), *Reason.choices])
    summary = forms.CharField(
        label=_("Summary for the team that gets it"),
        max_length=LONGEST,
        help_text=_("What is wrong, what you have tried, what you found, what they should do."),
        widget=text_area(6),
    )
    minutes = MinutesField()
    billable = forms.BooleanField(label=_("billable"), required=False)
    attachments = UploadsField()

    def prepare(self) -> None:
        in_use = Team.objects.in_use().select_related("tier").order_by("tier_id", "-is_default", "name")
        self.teams = [team for team in in_use if team.pk != self.ticket.team_id]
        self.fields["to"].widget.choices = self._choices()

    def _choices(self) -> list[Any]:
        """Nearest tier above first, then sideways, then down: the order in which a ticket usually goes."""
        here = self.ticket.tier_id
        by_tier: dict[Tier, list[Team]] = defaultdict(list)
        for team in self.teams:
            by_tier[team.tier].append(team)
        tiers = sorted(by_tier, key=lambda tier: (_way(tier.level, here), abs(tier.level - here)))
        groups: list[Any] = [("", "---------")]
        for tier in tiers:
            options = [(f"{TEAM}{team.pk}", team.name) for team in by_tier[tier]]
            if tier.level != here and len(options) > 1:
                options.insert(
                    0, (f"{TIER}{tier.level}", _("%(tier)s, whichever team is first") % {"tier": tier})
                )
            groups.append((_group_label(tier, here), options))
        return groups

    def clean_to(self) -> dict[str, Any]:
        """A tier that is not in use may be named: the hand-over goes to the next one and says so."""
        given: str = self.cleaned_data["to"]
        kind, _colon, number = given.partition(":")
        if f"{kind}:" == TIER and number.isascii() and number.isdecimal() and len(number) < 3:
            return {"tier": int(number)}
        team = Team.objects.select_related("tier").filter(pk=key_of(number)).first()
        if f"{kind}:" != TEAM or team is None:
            raise forms.ValidationError(_("Choose a tier or a team."))
        return {"team": team}

    def arguments(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        return {**found.pop("to"), **found}


def _way(level: int, here: int) -> int:
    return 0 if level > here else 1 if level == here else 2


def _group_label(tier: Tier, here: int) -> str:
    way = (_("Up to %(tier)s"), _("Sideways, %(tier)s"), _("Down to %(tier)s"))[_way(tier.level, here)]
    return str(way % {"tier": tier})


class ReturnForm(ActForm):
    """Back to whom it came from."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[("", "---------"), *ReturnReason.choices])
    text = forms.CharField(
        label=_("What the sender should know"),
        max_length=LONGEST,
        help_text=_("What is missing, or who should have it instead. Returning counts as a bounce."),
        widget=text_area(4),
    )
    attachments = UploadsField()


class AssignForm(ActForm):
    to = forms.ModelChoiceField(
        label=_("Assignee"), queryset=User.objects.none(), required=False, empty_label=_("nobody")
    )

    def prepare(self) -> None:
        members = User.objects.active().filter(memberships__team=self.ticket.team_id).distinct()
        self.fields["to"].queryset = members  # type: ignore[attr-defined]
        self.fields["to"].initial = self.ticket.assignee_id
        self.fields["to"].help_text = _("Members of %(team)s.") % {"team": self.ticket.team}


class ContactForm(ActForm):
    """Who tracks it for the requester until it is closed."""

    to = forms.ModelChoiceField(
        label=_("Contact"), queryset=User.objects.none(), required=False, empty_label=_("nobody")
    )

    def prepare(self) -> None:
        self.fields["to"].queryset = (  # type: ignore[attr-defined]
            User.objects.technicians().exclude(memberships__team__organisation__kind="vendor")
        )
        self.fields["to"].widget.attrs["data-pick"] = True
        self.fields["to"].initial = self.ticket.contact_id
        self.fields["to"].help_text = _("Tracks it for the requester until it is closed, whoever works it.")
