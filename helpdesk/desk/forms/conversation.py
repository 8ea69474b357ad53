"""Writing: the composer, and waiting for somebody."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.keys import key_of
from accounts.models import Organisation
from escalation.models import Proposal
from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.ending import LEARNED_FROM, closing_fields, learn_field
from helpdesk.desk.forms.fields import CategoryField, MinutesField, UploadsField, custom_values
from tickets.filling import missing
from tickets.models import Audience, HoldReason, Message, Outgoing, ResolutionCode
from tickets.operations import outgoing
from tickets.permissions import may_write_to_requester, readable_messages

REPLY, NOTE, VENDOR = "reply", "note", "vendor"
THEN_WAIT, THEN_HOLD, THEN_HAND_OVER, THEN_RESOLVE = "wait", "hold", "hand-over", "resolve:"
TOMORROW, MONDAY, CHOSEN = "tomorrow", "monday", "chosen"
MORNING = time(8)
"""When what is sent "tomorrow" or "on Monday" leaves, in the writer's zone."""


class ComposerForm(ActForm):
    """One text for the requester, for colleagues or for the vendor, and what follows from sending it."""

    kind = forms.ChoiceField(
        choices=[(REPLY, _("reply")), (NOTE, _("note")), (VENDOR, _("to the vendor"))],
        widget=forms.HiddenInput,
    )
    body = forms.CharField(
        label=_("Text"),
        max_length=LONGEST,
        error_messages={"required": _("Nothing is written yet.")},
        widget=text_area(4),
    )
    then = forms.CharField(required=False, max_length=30)
    hold_reason = forms.ChoiceField(required=False, choices=[("", _("because…")), *HoldReason.choices])
    hold_until = forms.DateTimeField(required=False)
    later = forms.ChoiceField(
        required=False, choices=[(name, name) for name in ("", TOMORROW, MONDAY, CHOSEN)]
    )
    send_at = forms.DateTimeField(required=False)
    back = forms.IntegerField(required=False, widget=forms.HiddenInput)
    """The reply that was taken back, and is written here again."""
    min_tier = forms.TypedChoiceField(label=_("Shown from"), choices=[], coerce=int, required=False)
    minutes = MinutesField()
    billable = forms.BooleanField(label=_("billable"), required=False)
    category = CategoryField(required=False)
    attachments = UploadsField()

    taken_back: Outgoing | None = None
    """What its writer has taken back, and finds here again."""

    def prepare(self) -> None:
        self.may_reply = may_write_to_requester(self.user, self.ticket)
        self.custom: dict[str, forms.Field] = {}
        if self.ticket.tier_id in LEARNED_FROM:
            self.fields["publish_fix"] = learn_field(self.ticket.tier_id)
        then = self.follows
        if then.startswith(THEN_RESOLVE):
            sent = self.data if self.is_bound else None
            self.custom = closing_fields(self.ticket, self.user, then.removeprefix(THEN_RESOLVE), sent)
            self.fields.update(self.custom)
        levels = range(1, self.user.clearance + 1)
        self.fields["min_tier"].choices = [  # type: ignore[attr-defined]
            (0, _("everybody of the desk")),
            *((level, f"L{level}") for level in levels),
        ]

    @property
    def follows(self) -> str:
        """What follows from sending it, as it was pressed; or as it was taken back."""
        return self._pressed("then") if self.is_bound else str(self.initial.get("then", ""))

    @property
    def leaves(self) -> str:
        """When it is sent, as it was pressed; "" for now."""
        return self._pressed("later") if self.is_bound else ""

    @property
    def used(self) -> list[int]:
        """The ready-made texts that were put into it."""
        sent = self.data.getlist("used") if isinstance(self.data, QueryDict) else []
        return [key for key in map(key_of, sent) if key]

    @property
    def again(self) -> str:
        """How what was taken back was to be sent."""
        then: str = self.initial.get("then", "")
        if then.startswith(THEN_RESOLVE):
            label = dict(ResolutionCode.choices).get(then.removeprefix(THEN_RESOLVE), "")
            return gettext("Send and resolve: %(code)s") % {"code": label}
        return {
            THEN_WAIT: gettext("Send and wait for the answer"),
            THEN_HOLD: gettext("Send and set aside"),
        }.get(then, "")

    def clean_then(self) -> str:
        then: str = self.cleaned_data["then"] or self._pressed("then")
        code = then.removeprefix(THEN_RESOLVE)
        is_known = then in ("", THEN_WAIT, THEN_HOLD, THEN_HAND_OVER)
        if not is_known and not (then.startswith(THEN_RESOLVE) and code in ResolutionCode.values):
            raise forms.ValidationError(_("Choose what follows."))
        return then

    def clean_later(self) -> str:
        later: str = self.cleaned_data["later"] or self._pressed("later")
        return later if later in (TOMORROW, MONDAY, CHOSEN) else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        gaps = missing(cleaned.get("body", "")) if cleaned.get("kind") != NOTE else []
        if gaps:
            self.add_error("body", _("Fill in before you send: %(gaps)s.") % {"gaps": ", ".join(gaps)})
        if cleaned.get("then") == THEN_HOLD and cleaned.get("kind") == REPLY:
            if not cleaned.get("hold_reason"):
                self.add_error("hold_reason", _("Choose why it is set aside."))
            if not cleaned.get("hold_until") and "hold_until" not in self.errors:
                self.add_error("hold_until", _("Say until when it is set aside."))
        if cleaned.get("later") == CHOSEN and not cleaned.get("send_at") and "send_at" not in self.errors:
            self.add_error("send_at", _("Say when it is sent."))
        return cleaned

    def leaves_at(self, at: datetime, *, seconds: int) -> datetime | None:
        """When this reply leaves: at the time that was chosen, or so many seconds from now. None: at once."""
        later, today = self.cleaned_data["later"], timezone.localtime(at)
        if later == CHOSEN:
            chosen: datetime = self.cleaned_data["send_at"]
            return chosen
        if later:
            days = 1 if later == TOMORROW else 7 - today.weekday()
            day = today.date() + timedelta(days=days)
            return datetime.combine(day, MORNING, tzinfo=timezone.get_current_timezone())
        return at + timedelta(seconds=seconds) if seconds else None

    @property
    def is_later(self) -> bool:
        return bool(self.cleaned_data["later"])

    def _pressed(self, name: str) -> str:
        """The button's value: "send it anyway" does what was pressed before the question."""
        asked: str = self.data.get(f"{name}_asked", "") if "despite_note" in self.data else ""
        return self.data.get(name, "") or asked

    def _common(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("attachments", "minutes", "billable")}

    def as_reply(self) -> dict[str, Any]:
        return {"text": self.cleaned_data["body"], **self._common()}

    def as_question(self) -> dict[str, Any]:
        return {"question": self.cleaned_data["body"], **self._common()}

    def as_resolution(self) -> dict[str, Any]:
        found = {"summary": self.cleaned_data["body"], **self._common()}
        if self.cleaned_data["category"]:
            found["category"] = self.cleaned_data["category"]
        found["publish_fix"] = self.cleaned_data.get("publish_fix", False)
        found["fields"] = custom_values(dict(self.cleaned_data))
        return {**found, "code": self.cleaned_data["then"].removeprefix(THEN_RESOLVE)}

    def as_hold(self) -> dict[str, Any]:
        return {
            **self.as_reply(),
            "reason": self.cleaned_data["hold_reason"],
            "until": self.cleaned_data["hold_until"],
        }

    def as_outgoing(self) -> dict[str, Any]:
        """For `put_on_its_way`: how it is sent, and what that operation is given."""
        then: str = self.cleaned_data["then"]
        if then == THEN_HOLD:
            return {"way": outgoing.HOLD, **self.as_hold()}
        if not then or then in (THEN_WAIT, THEN_HAND_OVER):
            return {"way": outgoing.WAIT if then == THEN_WAIT else outgoing.REPLY, **self.as_reply()}
        found = self.as_resolution()
        return {"way": outgoing.RESOLVE, "text": found.pop("summary"), **found}

    def as_proposal(self) -> dict[str, Any]:
        """For the contact to send: a reply, a question or a resolution, by what follows from sending it."""
        then: str = self.cleaned_data["then"]
        if not then.startswith(THEN_RESOLVE):
            is_question = then == THEN_WAIT
            return {
                "kind": Proposal.Kind.QUESTION if is_question else Proposal.Kind.REPLY,
                **self.as_reply(),
            }
        found = self.as_resolution()
        return {"kind": Proposal.Kind.RESOLUTION, "text": found.pop("summary"), **found}

    def as_note(self) -> dict[str, Any]:
        return {**self.as_reply(), "min_tier": self.cleaned_data["min_tier"] or 0}

    def as_vendor_message(self) -> dict[str, Any]:
        return {"text": self.cleaned_data["body"], "attachments": self.cleaned_data["attachments"]}


class GuestMessageForm(ActForm):
    """A vendor's guest writes to the desk."""

    text = forms.CharField(label=_("Your message"), max_length=LONGEST, widget=text_area(4))
    attachments = UploadsField()


class WaitForm(ActForm):
    """For whom or what the ticket waits: never without a question, a vendor, or an end."""

    template = "desk/acts/_wait.html"
    REQUESTER, VENDOR, HOLD = "requester", "vendor", "hold"

    what = forms.ChoiceField(
        label=_("Wait for"),
        widget=forms.RadioSelect,
        choices=[
            (REQUESTER, _("the requester")),
            (VENDOR, _("a vendor")),
            (HOLD, _("something else, until a date")),
        ],
        initial=REQUESTER,
    )
    question = forms.CharField(
        label=_("What the requester is asked"), max_length=LONGEST, widget=text_area(4)
    )
    vendor = forms.ModelChoiceField(
        label=_("Vendor"),
        queryset=Organisation.objects.filter(kind=Organisation.Kind.VENDOR, is_active=True),
    )
    text = forms.CharField(
        label=_("What the vendor is asked"), required=False, max_length=LONGEST, widget=text_area(4)
    )
    reference = forms.CharField(label=_("Vendor's number"), required=False, max_length=80)
    reason = forms.ChoiceField(label=_("Because"), choices=[("", "---------"), *HoldReason.choices])
    until = forms.DateTimeField(
        label=_("Until"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("After that it is back in its queue by itself."),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=LONGEST, widget=text_area(2))

    NEEDED = {
        REQUESTER: {"question": _("Ask something: without a question nobody answers.")},
        VENDOR: {"vendor": _("Choose the vendor.")},
        HOLD: {"reason": _("Choose a reason."), "until": _("Say until when.")},
    }

    def prepare(self) -> None:
        self.use_required_attribute = False  # two of three questions are hidden
        chosen = self.data.get("what") if self.is_bound else None
        for what, names in self.NEEDED.items():
            for name, message in names.items():
                self.fields[name].error_messages["required"] = message
                self.fields[name].required = chosen in (None, what)
        self.fields["vendor"].initial = self.ticket.vendor_id
        self.fields["until"].widget.attrs["min"] = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
        if not may_write_to_requester(self.user, self.ticket):
            # A question goes to the contact: the composer proposes it.
            ways: Any = self.fields["what"]
            ways.choices = [choice for choice in ways.choices if choice[0] != self.REQUESTER]
            ways.initial = self.VENDOR if self.ticket.vendor_id else self.HOLD

    def arguments(self) -> dict[str, Any]:
        names = {
            self.REQUESTER: ("question",),
            self.VENDOR: ("vendor", "text", "reference"),
            self.HOLD: ("reason", "until", "note"),
        }[self.cleaned_data["what"]]
        return {"what": self.cleaned_data["what"], **{name: self.cleaned_data[name] for name in names}}


class PromiseForm(ActForm):
    """By when the requester hears from us next, whatever the policy says."""

    due = forms.DateTimeField(
        label=_("You hear from us by"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In your time zone. The requester reads it at once; you are reminded before it is due."),
        error_messages={"required": _("Say by when.")},
    )

    def prepare(self) -> None:
        self.fields["due"].widget.attrs["min"] = timezone.localtime().strftime("%Y-%m-%dT%H:%M")


class RedactMessageForm(ActForm):
    """Empty a text for good."""

    message = forms.ModelChoiceField(queryset=Message.objects.none(), widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why"),
        max_length=200,
        help_text=_("The text is emptied for good, for everybody. Your name and this reason stay."),
    )

    def prepare(self) -> None:
        self.fields["message"].queryset = self.ticket.messages.filter(  # type: ignore[attr-defined]
            readable_messages(self.user, self.ticket), redacted_at=None
        )


class SplitForm(ActForm):
    """Make a ticket of its own out of one message."""

    message = forms.ModelChoiceField(queryset=Message.objects.none(), widget=forms.HiddenInput)
    subject = forms.CharField(label=_("Subject of the new ticket"), max_length=250)

    def prepare(self) -> None:
        public = self.ticket.messages.filter(audience=Audience.PUBLIC)
        self.fields["message"].queryset = public  # type: ignore[attr-defined]
