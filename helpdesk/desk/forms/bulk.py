"""What an act on many tickets asks: nothing that depends on one of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.keys import key_of
from accounts.models import Team, User
from escalation.models import ChecklistItem, Macro, Reason
from escalation.queries.checklists import items_asked_of_many
from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.ending import LEARNED_FROM, learn_field
from helpdesk.desk.forms.fields import CategoryField, PeopleField, TicketField
from helpdesk.desk.forms.moving import ItemsField
from tickets.models import HoldReason, Impact, Kind, Priority, ResolutionCode, Ticket, Urgency

KEPT = ("", _("as it is"))


class BulkForm(ActForm):
    """No ticket: the act is the same for all that are chosen."""

    ticket: Ticket | None  # type: ignore[assignment]
    tickets: Sequence[Ticket] = ()
    """Those that are chosen, for what the form shows; set by the view."""


@dataclass(frozen=True)
class AskedOfMany:
    """An item of the receiving tier's checklists, and how many of the tickets ask it."""

    item: ChecklistItem
    tickets: int
    is_ticked: bool


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


class BulkMacroForm(BulkForm):
    macro = forms.ModelChoiceField(
        label=_("Macro"), queryset=Macro.objects.none(), widget=forms.Select({"data-pick": True})
    )

    def prepare(self) -> None:
        usable = Macro.objects.usable_by(self.user).filter(is_active=True)
        self.fields["macro"].queryset = usable  # type: ignore[attr-defined]


class BulkHandOverForm(BulkForm):
    part = "desk/queue/_bulk_hand_over.html"
    drawn_there = ("items", "override")

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
    items = ItemsField()
    override = forms.BooleanField(
        label=_("Hand them over with required items missing"),
        required=False,
        help_text=_("As a lead you may. It is recorded with each of them that lacks something."),
    )

    def prepare(self) -> None:
        self.fields["team"].widget.attrs |= {
            "hx-post": "/desk/bulk/hand-over/target/",
            "hx-target": "#bulk-hand-over-target",
            "hx-swap": "outerHTML",
            "hx-trigger": "change",
            "hx-sync": "this:replace",
        }
        if not (self.user.is_lead or self.user.is_manager or self.user.is_administrator):
            del self.fields["override"]

    @cached_property
    def target(self) -> Team | None:
        """The team that would get them as things stand."""
        key = key_of(str(self["team"].value() or ""))
        return Team.objects.in_use().select_related("tier").filter(pk=key).first() if key else None

    @cached_property
    def asked(self) -> list[AskedOfMany]:
        """What the receiving tier asks of those that go up, each item once. A tick counts for all that ask it."""
        rising = [ticket for ticket in self.tickets if self.target and self.target.tier_id > ticket.tier_id]
        if self.target is None or not rising:
            return []
        found = [
            item for items in items_asked_of_many(self.target.tier_id, rising).values() for item in items
        ]
        ticked = {key_of(str(key)) for key in self["items"].value() or ()}
        counts = Counter(item.pk for item in found)
        by_key = {item.pk: item for item in found}
        return [AskedOfMany(item, counts[key], key in ticked) for key, item in by_key.items()]

    @property
    def is_any_urgent(self) -> bool:
        return any(ticket.priority == Priority.P1 for ticket in self.tickets)


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
        self.fields["publish_fix"].help_text = _("An article is begun with each that lies on L2 or L3.")
        is_expert = any(seat.tier in LEARNED_FROM for seat in self.user.seats)
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
