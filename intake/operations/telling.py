"""Telling who keeps the mail that something is held back: once a sender and day, not with every message."""

from datetime import datetime

from django.db.models import Q

from accounts import events as accounts
from accounts.models import User
from delivery.operations import notify
from intake import events
from intake.models import MailMessage, Reason
from intake.queries.rates import was_told

NO_TICKET = 0


def tell_once(mail: MailMessage, reason: Reason, *, at: datetime) -> None:
    """Put it on the list of administrators: from now on mail of this address is kept back."""
    if was_told(mail, reason):
        return
    event = accounts.record(
        events.SENDER_SLOWED, by=None, at=at, about=mail.mailbox_id, mail=mail.pk, reason=str(reason)
    )
    people = User.objects.active().filter(Q(is_administrator=True))
    # There is no ticket to open: such a notice counts below nothing, by the settings' own history.
    notify(people, kind=event.kind, ticket_number=NO_TICKET, event_id=-event.pk, at=at)
