from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from intake.models import Mailbox, MailMessage, Reason, State
from intake.models.messages import mail_text

BIGGEST_ID = 2**63 - 1
MOST_AT_ONCE = 100


class MailFilter(forms.Form):
    """What of the incoming mail is shown; an unknown value filters nothing."""

    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("any state")), *State.choices], required=False
    )
    reason = forms.ChoiceField(
        label=_("Why"), choices=[("", _("any reason")), *Reason.choices[1:]], required=False
    )
    mailbox = forms.ModelChoiceField(
        label=_("Mailbox"),
        queryset=Mailbox.objects.all(),
        to_field_name="name",
        required=False,
        empty_label=_("any mailbox"),
    )
    q = forms.CharField(label=_("Sender or subject"), max_length=200, required=False)

    @property
    def wanted(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_narrow(self) -> bool:
        return bool(self.wanted)

    def apply(self, rows: QuerySet[MailMessage]) -> QuerySet[MailMessage]:
        wanted = dict(self.wanted)
        words = wanted.pop("q", "").replace("\x00", "").lower().split()
        rows = rows.filter(**wanted)
        if words:
            rows = rows.alias(line=mail_text())
            for word in words:
                rows = rows.filter(line__contains=word)
        return rows


class ChosenField(forms.Field):
    """The ticked rows of the list."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: object) -> list[int]:
        texts = value if isinstance(value, (list, tuple)) else []
        try:
            keys = [int(text) for text in texts]
        except ValueError:
            raise ValidationError(_("These are not mails.")) from None
        if any(not 0 < key <= BIGGEST_ID for key in keys):
            raise ValidationError(_("These are not mails."))
        if len(keys) > MOST_AT_ONCE:
            raise ValidationError(_("At most %(n)d at once."), params={"n": MOST_AT_ONCE})
        return keys


class ChosenForm(forms.Form):
    mail = ChosenField()
    act = forms.ChoiceField(choices=[("replay", ""), ("dismiss", "")])
