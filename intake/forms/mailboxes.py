import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import DomainsField
from accounts.models import Organisation, Team
from intake.models import Mailbox, Policy
from tickets.models import Category

LINES = {"rows": 3, "spellcheck": "false"}


class AddressesField(forms.CharField):
    """Mail addresses, one a line."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs=LINES))
        options.setdefault("max_length", 4000)
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value) or ""
        return list(dict.fromkeys(part.lower() for part in re.split(r"[\s,;]+", text) if part))


class MailboxForm(forms.Form):
    """A mailbox. What cannot be used is refused by the operation, at the field."""

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        help_text=_("Small letters, digits and hyphens, such as support. Commands name it so."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    address = forms.EmailField(
        label=_("Address"), max_length=254, help_text=_("People write to it, and its answers come from it.")
    )
    aliases = AddressesField(
        label=_("Further addresses"), help_text=_("One a line: others whose mail arrives here too.")
    )
    sender_name = forms.CharField(
        label=_("Sender's name"),
        max_length=120,
        required=False,
        help_text=_("Stands before the address in what the desk writes. Empty: the company's name."),
    )
    team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("as the category says, else the first line"),
        help_text=_("Receives what is new, and writes from this address."),
    )
    category = forms.ModelChoiceField(
        label=_("Category"), queryset=Category.objects.none(), required=False, empty_label=_("none")
    )
    policy = forms.ChoiceField(
        label=_("Unknown senders"),
        choices=Policy.choices,
        help_text=_("A mail domain is known where an organisation lists it, or by the field below."),
    )
    domains = DomainsField(
        label=_("Known mail domains"), help_text=_("One a line, beside those of the organisations.")
    )
    organisation = forms.ModelChoiceField(
        label=_("Organisation of new people"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("by their mail domain alone"),
        help_text=_("For those whose mail domain belongs to no organisation."),
    )
    adds_copied = forms.BooleanField(
        label=_("Add unknown people in copy"),
        required=False,
        help_text=_("Only of known mail domains. Known people in copy follow the ticket in any case."),
    )
    accepts_automatic = forms.BooleanField(
        label=_("Open tickets for automatic messages"),
        required=False,
        help_text=_("For alarms and forms. Nobody answers them; without this they are ignored."),
    )
    takes_plus = forms.BooleanField(
        label=_("Mail to name+anything arrives"),
        required=False,
        initial=True,
        help_text=_("Then answers carry their ticket in the address. Nearly every server can do it."),
    )
    is_default = forms.BooleanField(
        label=_("Speaks for teams without a mailbox"),
        required=False,
        help_text=_("One mailbox does; whoever is chosen last."),
    )

    def __init__(self, *args: Any, mailbox: Mailbox | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = mailbox or Mailbox()
        choices: dict[str, Any] = {
            "team": Team.objects.in_use().exclude(tier_id=4) | Team.objects.filter(pk=own.team_id or 0),
            "category": Category.objects.active() | Category.objects.filter(pk=own.category_id or 0),
            "organisation": Organisation.objects.filter(is_active=True)
            | Organisation.objects.filter(pk=own.organisation_id or 0),
        }
        for name, rows in choices.items():
            self.fields[name].queryset = rows.distinct()  # type: ignore[attr-defined]


def values_of(mailbox: Mailbox) -> dict[str, Any]:
    """What the form shows of a mailbox."""
    plain = ("name", "address", "sender_name", "policy", "adds_copied", "accepts_automatic", "takes_plus")
    return {
        **{name: getattr(mailbox, name) for name in (*plain, "is_default")},
        "aliases": "\n".join(mailbox.aliases),
        "domains": "\n".join(mailbox.domains),
        "team": mailbox.team_id,
        "category": mailbox.category_id,
        "organisation": mailbox.organisation_id,
    }
