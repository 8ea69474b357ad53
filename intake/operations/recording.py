"""What machines send: kept beside the conversation of its ticket, greyed, without waking anybody."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.models import Mail
from delivery.operations import mailing
from intake import events
from intake.identity import kept_id
from intake.mail.parsed import Bounce, ParsedMail
from intake.models import MailMessage, Reason, State
from intake.operations.attaching import Kept, keep_files
from intake.operations.settling import settle
from intake.operations.telling import tell_once
from intake.operations.wording import message_of, new_text, words_of
from intake.queries.rates import Recently
from intake.queries.threads import Sign, our_mail, where_it_goes
from tickets.events import Quiet, tell
from tickets.models import Ticket
from tickets.operations import keep_automatic

MOST_BOUNCES = 20


def record_bounce(
    mail: MailMessage, parsed: ParsedMail, found: list[Sign], kept: Kept, *, at: datetime
) -> MailMessage:
    """A delivery report: on the ticket whose mail came back, and at the address that does not take it."""
    ours = our_mail([kept_id(parsed.bounced_message_id)]).get(kept_id(parsed.bounced_message_id))
    ours = ours or next((sign.mail for sign in found if sign.mail is not None), None)
    reports = parsed.bounces[:MOST_BOUNCES] or _assumed(ours)
    if ours is not None:
        for report in reports:
            mailing.note_bounce(
                message_id=ours.message_id,
                recipient=report.recipient or ours.to,
                status=report.status,
                diagnostic=report.diagnostic,
                at=at,
            )
    key = (
        ours.about_ticket
        if ours is not None
        else next((sign.ticket for sign in found if sign.is_proof), None)
    )
    ticket = where_it_goes(key) if key else None
    detail = "; ".join(" ".join(filter(None, (row.recipient, row.status, row.diagnostic))) for row in reports)
    if ticket is None:
        return settle(mail, State.IGNORED, Reason.BOUNCE_OF_NOTHING, at=at, detail=detail)
    data = {
        "mail": ours.pk if ours is not None else None,
        "user": ours.person_id if ours is not None else None,
        "status": reports[0].status if reports else "",
        "mail_in": mail.pk,
    }
    if _is_too_much(mail, ticket, at=at):
        return mail
    _keep(mail, parsed, ticket, author=None, kept=kept, at=at)
    tell([Quiet(ticket.pk, events.MAIL_BOUNCED, at, data)], written=at)
    return settle(mail, State.FILED, Reason.BOUNCE, at=at, detail=detail)


def record_automatic(
    mail: MailMessage, parsed: ParsedMail, ticket: Ticket, kept: Kept, *, author: User | None, at: datetime
) -> MailMessage:
    """An out-of-office answer and the like: neither the ticket nor its clocks change, and nobody is told."""
    if _is_too_much(mail, ticket, at=at):
        return mail
    _keep(mail, parsed, ticket, author=author, kept=kept, at=at)
    data = {"user": author.pk if author else None, "mail_in": mail.pk}
    tell([Quiet(ticket.pk, events.MAIL_AUTOMATIC, at, data)], written=at)
    return settle(mail, State.FILED, Reason.AUTO_REPLY, at=at, detail=parsed.auto_reason)


def _is_too_much(mail: MailMessage, ticket: Ticket, *, at: datetime) -> bool:
    """A machine that goes on writing into one ticket is kept out of it; whoever keeps the mail is told which."""
    _all, automatic = Recently(mail).written_into(ticket.pk)
    if automatic < settings.MAIL_MOST_AUTOMATIC:
        return False
    mail.ticket = ticket
    tell_once(mail, Reason.LOOP, at=at)
    settle(mail, State.QUARANTINED, Reason.LOOP, at=at, detail=mail.from_address)
    return True


def _keep(
    mail: MailMessage,
    parsed: ParsedMail,
    ticket: Ticket,
    *,
    author: User | None,
    kept: Kept,
    at: datetime,
) -> None:
    keep_files(parsed, kept, by=author, at=at)
    text = message_of(parsed, new_text(parsed), kept)
    mail.ticket, mail.person = ticket, author
    mail.written = keep_automatic(ticket, text=text, author=author, by=author, at=at, attachments=kept.keys)
    words_of(mail, parsed).save(force_insert=True)


def _assumed(ours: Mail | None) -> tuple[Bounce, ...]:
    """A report that no machine can read still says that our mail came back; why, it does not."""
    if ours is None:
        return ()
    return (Bounce(recipient=ours.to, status="", action="failed", diagnostic=_("no reason was given")),)
