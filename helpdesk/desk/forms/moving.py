"""Who has it: hand over, return, assign, contact."""

from collections import defaultdict
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.keys import key_of
from accounts.models import Team, Tier, User
from escalation.models import ChecklistItem, HandoffItem, HandoffRating, Reason, ReturnReason
from escalation.operations.disputes import disputed
from escalation.queries.checklists import items_asked, owed
from escalation.queries.cover import Covered, covering
from escalation.queries.landings import landing
from escalation.queries.moves import steps_of
from escalation.queries.usual import usual_reason
from escalation.queries.vendors import Cover, covers
from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.fields import MinutesField, UploadsField, custom_controls, custom_values
from helpdesk.desk.quoting import quotes_of
from tickets.models import CustomField, Priority
from tickets.operations.values import fields_of
from tickets.permissions import leads

TIER, TEAM = "tier:", "team:"
VENDORS = 4
"""The tier of vendors."""


class ItemsField(forms.Field):
    """The items of a checklist that are ticked, by their keys. The operation knows which of them count."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self) -> None:
        super().__init__(required=False, label=_("Checklist"))

    def to_python(self, value: Any) -> list[int]:
        return [key for key in map(key_of, value or ()) if key]


class HandOverForm(ActForm):
    """Up, down or sideways: to a tier, whichever team is first there, or to one team.

    It begins with the next tier up, the usual reason and quotes of the conversation: where the checklist asks
    nothing that is required, it can be sent as it is.
    """

    template = "desk/acts/_hand_over.html"

    to = forms.CharField(label=_("To"), max_length=30, widget=forms.Select)
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", "---------"), *Reason.for_people()])
    summary = forms.CharField(
        label=_("Summary for the team that gets it"),
        max_length=LONGEST,
        required=False,
        help_text=_(
            "What is wrong, what you found, what they should do. Sideways and down a reason is enough."
        ),
        widget=text_area(5),
    )
    tried = forms.CharField(
        label=_("What was tried"),
        max_length=LONGEST,
        required=False,
        help_text=_("Nobody should try it again. Summary and this are one message."),
        widget=text_area(4),
    )
    items = ItemsField()
    override = forms.BooleanField(
        label=_("Hand it over with required items missing"),
        required=False,
        help_text=_("As a lead you may. It is recorded."),
    )
    as_asked = forms.BooleanField(
        label=_("Leave it with them until they work again"),
        required=False,
        help_text=_("It waits in their queue. Nobody sees to it before."),
    )
    minutes = MinutesField()
    billable = forms.BooleanField(label=_("billable"), required=False)
    attachments = UploadsField()

    def prepare(self) -> None:
        in_use = Team.objects.in_use().select_related("tier", "organisation")
        ordered = in_use.order_by("tier_id", "-is_default", "name")
        self.teams = [team for team in ordered if team.pk != self.ticket.team_id]
        to = self.fields["to"]
        to.widget.choices = self._choices()
        to.widget.attrs |= {
            "hx-get": f"/desk/tickets/{self.ticket.number}/hand-over/target/",
            "hx-target": "#hand-over-target",
            "hx-swap": "outerHTML",
            "hx-trigger": "change",
            "hx-include": "#hand-over-target",
            "hx-sync": "this:replace",
        }
        self.custom = self._asked_fields()
        self.fields.update(self.custom)
        if not self.is_bound:
            self._begin()

    def _asked_fields(self) -> dict[str, forms.Field]:
        """The custom fields that are asked on the way up. The operation knows whether it is up, so none is required."""
        known = fields_of(self.ticket)
        asked = [field for field in known if field.required == CustomField.Required.HANDING_OVER]
        if not asked:
            return {}
        values = {row.field_id: row.value for row in self.ticket.field_values.all()}
        sent = self.data if self.is_bound else self.initial
        return custom_controls(asked, values, self.user, sent=sent, within=known)

    @property
    def extra_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.custom]

    def _begin(self) -> None:
        above = [team.tier_id for team in self.teams if team.tier_id > self.ticket.tier_id]
        nearest = min(above, default=VENDORS)
        # What is quoted was written inside: it goes to a vendor only where somebody says so.
        if nearest >= VENDORS:
            return
        there = [team for team in self.teams if team.tier_id == nearest]
        to = f"{TIER}{nearest}" if len(there) > 1 else f"{TEAM}{there[0].pk}"
        quotes = quotes_of(self.ticket, self.user)
        self.fields["to"].initial = to
        self.fields["reason"].initial = usual_reason(self.ticket)
        self.fields["summary"].initial, self.fields["tried"].initial = quotes.summary, quotes.tried

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

    @cached_property
    def target(self) -> Team | None:
        """The team that would get it as things stand: what it takes, and what it asks, is shown."""
        kind, _colon, number = str(self["to"].value() or "").partition(":")
        key = key_of(number)
        if f"{kind}:" == TEAM:
            return next((team for team in self.teams if team.pk == key), None)
        if f"{kind}:" == TIER and number.isdecimal() and len(number) < 3:
            return landing(self.ticket.tier_id, tier=int(number), team=None)
        return None

    @cached_property
    def covered(self) -> Covered | None:
        """Who would get it instead, where the chosen team is out of its hours."""
        if self.target is None:
            return None
        ticket = self.ticket
        return covering(
            self.target, at=timezone.now(), sender=ticket.team_id, is_restricted=ticket.is_restricted
        )

    @property
    def receiver(self) -> Team | None:
        """Who gets it as things stand: the chosen team, or who covers it."""
        if self.covered is None or self["as_asked"].value():
            return self.target
        return self.covered.team

    @cached_property
    def asked(self) -> list[tuple[ChecklistItem, bool]]:
        """The items of the receiver's checklist on the way up, each with whether it is ticked."""
        receiver = self.receiver
        if receiver is None or receiver.tier_id <= self.ticket.tier_id:
            return []
        ticked = {key_of(key) for key in self["items"].value() or ()}
        return [
            (item, item.pk in ticked)
            for item in items_asked(receiver.tier_id, self.ticket.category, self.ticket)
        ]

    @property
    def is_urgent(self) -> bool:
        """A P1 is not held up: what is missing stays open with the sender."""
        return self.ticket.priority == Priority.P1

    @property
    def may_override(self) -> bool:
        return leads(self.user, self.ticket) and any(item.is_required for item, _ticked in self.asked)

    @property
    def is_for_vendor(self) -> bool:
        """Whether a vendor's people read what is written here."""
        return self.target is not None and self.target.tier_id >= VENDORS

    @cached_property
    def cover(self) -> Cover | None:
        """What is agreed today with the vendor that would get it."""
        if not self.is_for_vendor or self.target is None or self.target.organisation_id is None:
            return None
        vendor = self.target.organisation_id
        return covers([vendor], timezone.localdate())[vendor]

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
        fields = custom_values(found)
        return {**found.pop("to"), **found, "fields": fields}


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


class RateHandoffForm(ActForm):
    """One click: the button is the answer."""

    rating = forms.ChoiceField(
        label=_("How was the hand-off"), choices=HandoffRating.choices, widget=forms.RadioSelect
    )


class AnswerItemForm(ActForm):
    """What was missing when a P1 was handed up."""

    item = forms.ModelChoiceField(label=_("What was missing"), queryset=HandoffItem.objects.none())

    def prepare(self) -> None:
        self.fields["item"].queryset = owed(self.ticket)  # type: ignore[attr-defined]


class NameOwnerForm(ActForm):
    """After the second return: which of the two teams keeps it."""

    team = forms.ModelChoiceField(
        label=_("Keeps it"), queryset=Team.objects.none(), widget=forms.RadioSelect, empty_label=None
    )
    text = forms.CharField(
        label=_("Why"),
        max_length=LONGEST,
        required=False,
        widget=text_area(3),
        help_text=_("Both teams read it."),
    )

    def prepare(self) -> None:
        pair = disputed(steps_of(self.ticket)) or ()
        self.fields["team"].queryset = Team.objects.in_use().filter(pk__in=pair)  # type: ignore[attr-defined]


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
