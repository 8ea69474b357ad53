"""Telling administrators that mail of one sender is held back: once a sender and day, not with every message."""

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import Desk, User
from delivery.operations import send_mail_row
from intake import events
from intake.models import MailMessage, Reason
from intake.queries.rates import was_told


def tell_once(mail: MailMessage, reason: Reason, *, at: datetime) -> None:
    """A mail to each administrator that names the address; nothing if one has left for it within a day."""
    if was_told(mail, reason):
        return
    accounts.record(
        events.SENDER_SLOWED, by=None, at=at, about=mail.mailbox_id, mail=mail.pk, reason=str(reason)
    )
    desk = Desk.load().name
    for person in User.objects.active().filter(is_administrator=True).order_by("pk"):
        with translation.override(person.language):
            facts = {"address": mail.from_address, "why": reason.label, "mailbox": mail.mailbox.name}
            send_mail_row(
                to=person.email,
                subject=f"[{desk}] " + _("Mail of %(address)s is held back") % facts,
                text=_(
                    "Mail of %(address)s to the mailbox %(mailbox)s is held back from now on: %(why)s\n\n"
                    "Nothing is lost: it waits in quarantine and can be filed from there. You get no further mail "
                    "about it today.\n\n%(url)s\n"
                )
                % {**facts, "url": f"{settings.BASE_URL}/desk/mail/{mail.pk}/"},
                person=person,
                dedupe_key=f"mail-held:{reason}:{mail.from_address}:{mail.pk}:{person.pk}",
                at=at,
            )
