"""Refusing a stranger politely: one answer an address and day, and never to a machine."""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import Desk
from delivery.operations import send_mail_row
from intake.models import MailMessage

KEY = "mail-refused"


def refuse_politely(mail: MailMessage, *, at: datetime) -> None:
    """Say that the desk does not know the sender, and who can be asked."""
    if mail.is_automatic or not mail.from_address:
        return
    desk = Desk.load()
    context = {"desk": desk, "mailbox": mail.mailbox, "subject": mail.subject}
    headers = {"In-Reply-To": mail.message_id, "References": mail.message_id} if mail.message_id else {}
    send_mail_row(
        to=mail.from_address,
        subject=_("Not received: %(subject)s") % {"subject": mail.subject or _("(no subject)")},
        text=render_to_string("mail/sender_refused.txt", context),
        headers=headers,
        dedupe_key=f"{KEY}:{mail.from_address}:{at.date().isoformat()}",
        at=at,
    )
