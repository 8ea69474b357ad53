"""What a ticket says about itself, and what hangs on it: fields, priority, tags, links, references, work."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Team, User
from helpdesk.desk.forms.base import ActForm, text_area
from helpdesk.desk.forms.fields import (
    PREFIX,
    CategoryField,
    MinutesField,
    PeopleField,
    PersonField,
    TicketField,
    custom_controls,
    custom_values,
    offered_fields,
)
from tickets.models import Attachment, Impact, Kind, Link, LinkType, Priority, Urgency
from tickets.operations.values import fields_of


class ChangeForm(ActForm):
    """Correct what is known."""

    template = "desk/acts/_change.html"
    field_keys: dict[str, int]
    """Of the custom fields that apply, by their names here."""

    subject = forms.CharField(label=_("Subject"), max_length=250)
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    impact = forms.TypedChoiceField(label=_("Who is affected"), choices=Impact.choices, coerce=int)
    urgency = forms.TypedChoiceField(label=_("Can they work"), choices=Urgency.choices, coerce=int)
    location = forms.CharField(label=_("Place"), max_length=120, required=False)
    device = forms.CharField(label=_("Device"), max_length=80, required=False)
    vendor_reference = forms.CharField(label=_("Vendor's number"), max_length=80, required=False)
    requester = PersonField(label=_("Requester"))
    handle_with_care = forms.BooleanField(label=_("Handle with care"), required=False)

    def prepare(self) -> None:
        self.fields["category"] = CategoryField(keep=self.ticket.category_id, required=False)
        values = {row.field_id: row.value for row in self.ticket.field_values.all()}
        sent = self.data if self.is_bound else self.initial
        known = offered_fields(sent) if sent.get("kind") else fields_of(self.ticket)
        self.custom = custom_controls(known, values, self.user, sent=sent)
        self.field_keys = {f"{PREFIX}{field.key}": field.pk for field in known}
        if self.is_bound:
            # What was sent is compared with what the ticket says, not with itself.
            for name, control in self.custom.items():
                control.initial = values.get(self.field_keys[name])
        self.fields.update(self.custom)
        for name in ("kind", "category"):
            self.fields[name].widget.attrs["data-decides"] = True
        for name, field in self.fields.items():
            if hasattr(self.ticket, name):
                value = getattr(self.ticket, name)
                field.initial = getattr(value, "pk", value)
        self.order_fields(["subject", "kind", "category", "impact", "urgency"])

    @property
    def extra_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.custom]

    def arguments(self) -> dict[str, Any]:
        """Only what was touched, so that two people who correct different fields do not meet."""
        given = {name: value for name, value in self.cleaned_data.items() if name in self.changed_data}
        return {"fields": custom_values(given), **given}


class OverridePriorityForm(ActForm):
    priority = forms.TypedChoiceField(label=_("Priority"), choices=Priority.choices, coerce=int)
    reason = forms.CharField(label=_("Why not what the matrix says"), max_length=2_000, widget=text_area(3))

    def prepare(self) -> None:
        self.fields["priority"].initial = self.ticket.priority


class TagForm(ActForm):
    names = forms.CharField(
        label=_("Tags"),
        max_length=400,
        help_text=_("Several are separated by commas. New ones are made."),
    )

    def clean_names(self) -> list[str]:
        names = [name.strip() for name in self.cleaned_data["names"].split(",")]
        return [name for name in names if name]


class UntagForm(ActForm):
    name = forms.CharField(max_length=40, widget=forms.HiddenInput)


class WatchForm(ActForm):
    """Somebody who should follow it; oneself, when nobody is named."""

    def prepare(self) -> None:
        self.fields["user"] = PersonField(
            label=_("Who should follow it"), required=False, empty_label=_("I do")
        )

    def arguments(self) -> dict[str, Any]:
        return {"user": self.cleaned_data["user"] or self.user}


class UnwatchForm(ActForm):
    def prepare(self) -> None:
        everybody = User.objects.all()
        self.fields["user"] = forms.ModelChoiceField(
            queryset=everybody, required=False, widget=forms.HiddenInput
        )

    def arguments(self) -> dict[str, Any]:
        return {"user": self.cleaned_data["user"] or self.user}


class LinkForm(ActForm):
    OFFERED = (LinkType.CHILD, LinkType.DUPLICATE, LinkType.CAUSED_BY, LinkType.RELATED)

    type = forms.ChoiceField(
        label=_("This ticket is"),
        choices=[(str(each), each.label) for each in OFFERED],
        initial=LinkType.RELATED,
    )
    blocks = forms.BooleanField(
        label=_("the parent cannot be resolved before this"),
        required=False,
        help_text=_("Only for a child."),
    )

    def prepare(self) -> None:
        self.fields["other"] = TicketField(user=self.user, label=_("Ticket"))
        self.order_fields(["type", "other", "blocks"])


class UnlinkForm(ActForm):
    link = forms.ModelChoiceField(queryset=Link.objects.none(), widget=forms.HiddenInput)

    def prepare(self) -> None:
        ties = self.ticket.links.all() | self.ticket.linked_from.all()
        self.fields["link"].queryset = ties  # type: ignore[attr-defined]


class MergeForm(ActForm):
    """Both are the same request of the same person."""

    def prepare(self) -> None:
        self.fields["into"] = TicketField(
            user=self.user,
            label=_("Into which ticket"),
            help_text=_("Conversation, files and watchers go there, and this one ends. It cannot be undone."),
        )


class ReferForm(ActForm):
    system = forms.CharField(label=_("System"), max_length=60)
    key = forms.CharField(label=_("Its number there"), max_length=120)
    url = forms.URLField(
        label=pgettext_lazy("in a text", "Link"), max_length=500, required=False, assume_scheme="https"
    )


class LogWorkForm(ActForm):
    minutes = MinutesField(required=True)
    billable = forms.BooleanField(label=_("billable"), required=False)


class RestrictForm(ActForm):
    """Only the named people and teams see it; whoever restricts it is always among them."""

    people = PeopleField(label=_("People"), required=False)
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"),
        required=False,
        queryset=Team.objects.active(),
        widget=forms.SelectMultiple({"data-pick": True}),
    )

    def prepare(self) -> None:
        named = list(self.ticket.named.all())
        self.fields["people"].initial = [row.user_id for row in named if row.user_id]
        self.fields["teams"].initial = [row.team_id for row in named if row.team_id]
        self.fields["people"].help_text = _("You, the assignee and the requester see it in any case.")


class RedactFileForm(ActForm):
    attachment = forms.ModelChoiceField(queryset=Attachment.objects.none(), widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why"),
        max_length=200,
        help_text=_("The file is deleted for good. Your name and this reason stay."),
    )

    def prepare(self) -> None:
        files = self.ticket.attachments.filter(redacted_at=None, min_tier__lte=self.user.clearance)
        self.fields["attachment"].queryset = files  # type: ignore[attr-defined]


class RedactSubjectForm(ActForm):
    subject = forms.CharField(label=_("New subject"), max_length=250)
    reason = forms.CharField(
        label=_("Why"), max_length=200, help_text=_("Every earlier subject is emptied for good.")
    )
