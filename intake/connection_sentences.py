"""What the history of settings says of connections and doors of mailboxes."""

from django.utils.translation import gettext
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
        (events.TROUBLE, _("cannot fetch the mailbox %(about)s any more")),
        (events.MENDED, _("fetches the mailbox %(about)s again")),
        (events.DOOR_CLOSED, _("removed the address for a provider to the mailbox %(about)s")),
    ):
        settings.teach(kind, sentence, about=Mailbox)
    settings.teach(
        events.CONNECTION_CHANGED,
        _("changed the connection of the mailbox %(about)s"),
        about=Mailbox,
        details=_changed,
    )


def notice_words(told: list[AccountEvent]) -> dict[int, str]:
    """What administrators read in their notices, by the event's key."""
    names = dict(
        Mailbox.objects.filter(pk__in=[event.data["about"] for event in told]).values_list("pk", "name")
    )
    return {event.pk: _notice(event, names.get(event.data["about"], "")) for event in told}


def _notice(event: AccountEvent, name: str) -> str:
    if event.kind == events.TROUBLE:
        return gettext("The mailbox %(name)s cannot be fetched.") % {"name": name}
    return gettext("The mailbox %(name)s is fetched again.") % {"name": name}


def _changed(event: AccountEvent) -> str:
    """The labels of what was changed; never the values, for some are secret."""
    fields = MailboxConnection._meta
    return ", ".join(str(fields.get_field(name).verbose_name) for name in event.data.get("fields", []))  # type: ignore[union-attr]
