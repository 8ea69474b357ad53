from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from intake.models import MailboxConnection, MailboxDoor
from intake.operations.connections import LONGEST_PAUSE, SHORTEST_PAUSE

_QUIET = {"autocomplete": "off", "spellcheck": "false"}
_SECRET = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class ConnectionForm(forms.Form):
    """Where a mailbox is fetched from. Secrets are never shown: what is left empty stays as it is kept."""

    host = forms.CharField(
        label=_("Server"),
        max_length=253,
        widget=forms.TextInput({**_QUIET, "placeholder": "imap.example.com"}),
        help_text=_("Microsoft 365: outlook.office365.com. Google: imap.gmail.com."),
    )
    port = forms.IntegerField(
        label=_("Port"),
        initial=993,
        min_value=1,
        max_value=65535,
        help_text=_("993 with TLS, 143 with STARTTLS."),
    )
    security = forms.ChoiceField(label=_("Encryption"), choices=MailboxConnection.Security.choices)
    authority = forms.CharField(
        label=_("Own certificate authority"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=_("Only where your company signs its certificates itself: its certificate as text (PEM)."),
    )
    user = forms.CharField(
        label=_("User"),
        max_length=254,
        widget=forms.TextInput(_QUIET),
        help_text=_("Mostly the mail address."),
    )
    auth = forms.ChoiceField(label=_("Login"), choices=MailboxConnection.Auth.choices)
    secret = forms.CharField(
        label=_("Password"), required=False, max_length=1000, strip=False, widget=_SECRET
    )
    provider = forms.ChoiceField(
        label=_("Provider"), required=False, choices=MailboxConnection.Provider.choices
    )
    tenant = forms.CharField(
        label=_("Tenant"),
        required=False,
        max_length=120,
        widget=forms.TextInput(_QUIET),
        help_text=_("The id of your organisation at Microsoft, or its domain."),
    )
    token_url = forms.CharField(
        label=_("Token address"),
        required=False,
        max_length=500,
        widget=forms.URLInput(_QUIET),
        help_text=_("Where refresh tokens are turned into access tokens."),
    )
    client_id = forms.CharField(
        label=_("Client id"),
        required=False,
        max_length=300,
        widget=forms.TextInput(_QUIET),
        help_text=_("Of the application that you registered at the provider."),
    )
    client_secret = forms.CharField(label=_("Client secret"), required=False, max_length=1000, widget=_SECRET)
    refresh_token = forms.CharField(
        label=_("Refresh token"),
        required=False,
        max_length=8000,
        widget=_SECRET,
        help_text=_("Only if you have one already; else save, and authorise the mailbox afterwards."),
    )
    folder = forms.CharField(
        label=_("Folder"), max_length=200, initial="INBOX", widget=forms.TextInput(_QUIET)
    )
    takes_old = forms.BooleanField(
        label=_("Also fetch what lies there already"),
        required=False,
        initial=True,
        help_text=_("Otherwise only what arrives from now on."),
    )
    done = forms.ChoiceField(
        label=_("What is done with fetched mail"), choices=MailboxConnection.Done.choices
    )
    done_folder = forms.CharField(
        label=_("Folder for fetched mail"), required=False, max_length=200, widget=forms.TextInput(_QUIET)
    )
    mode = forms.ChoiceField(label=_("How the desk learns of mail"), choices=MailboxConnection.Mode.choices)
    every_seconds = forms.IntegerField(
        label=_("Seconds between two looks"),
        initial=60,
        min_value=SHORTEST_PAUSE,
        max_value=LONGEST_PAUSE,
    )

    def __init__(self, *args: Any, connection: MailboxConnection | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if connection is None:
            return
        for name in ("secret", "client_secret", "refresh_token"):
            if getattr(connection, name):
                self.fields[name].widget.attrs["placeholder"] = "••••••••"
                self.fields[name].help_text = _("One is kept. Type another to replace it.")


def values_of(connection: MailboxConnection) -> dict[str, object]:
    """What the form begins with; no secrets."""
    names = [name for name in ConnectionForm.base_fields if hasattr(connection, name)]
    hidden = {"secret", "client_secret", "refresh_token"}
    known: dict[str, object] = {name: getattr(connection, name) for name in names if name not in hidden}
    return {**known, "takes_old": connection.since is None}


class DoorForm(forms.Form):
    provider = forms.ChoiceField(label=_("Provider"), choices=MailboxDoor.Provider.choices)
    signing_key = forms.CharField(
        label=_("Signing key"),
        required=False,
        max_length=2000,
        strip=True,
        widget=_SECRET,
        help_text=_(
            "With which the provider signs what it sends: Mailgun's webhook signing key, MailerSend's inbound secret, "
            "Mandrill's webhook key, Postal's public key. The others sign nothing: the address is the secret."
        ),
    )
