"""What the history of settings says of connections and doors of mailboxes."""

from django.utils.translation import gettext_lazy as _

from accounts import sentences as settings
from accounts.models import AccountEvent
from intake import connection_events as events
from intake.models import Mailbox, MailboxConnection


def teach() -> None:
    """Called by `helpdesk.wiring`."""
    for kind, sentence in (
        (events.CONNECTED, _("connected the mailbox %(about)s to its server")),
        (events.CONNECTION_REMOVED, _("removed the connection of the mailbox %(about)s")),
        (events.CONNECTION_ENABLED, _("has the mailbox %(about)s fetched")),
        (events.CONNECTION_DISABLED, _("has the mailbox %(about)s fetched no more")),
        (events.AUTHORISED, _("authorised the desk for the mailbox %(about)s")),
        (events.DOOR_OPENED, _("made an address for a provider to the mailbox %(about)s")),
        (events.DOOR_CHANGED, _("renewed the address for a provider to the mailbox %(about)s")),
        (events.DOOR_CLOSED, _("removed the address for a provider to the mailbox %(about)s")),
    ):
        settings.teach(kind, sentence, about=Mailbox)
    settings.teach(
        events.CONNECTION_CHANGED,
        _("changed the connection of the mailbox %(about)s"),
        about=Mailbox,
        details=_changed,
    )


def _changed(event: AccountEvent) -> str:
    """The labels of what was changed; never the values, for some are secret."""
    fields = MailboxConnection._meta
    return ", ".join(str(fields.get_field(name).verbose_name) for name in event.data.get("fields", []))  # type: ignore[union-attr]
