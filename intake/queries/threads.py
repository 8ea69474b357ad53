"""To which tickets a mail may belong, the best sign first. Whether its sender may write there is asked by others."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from delivery.addresses import ReplyTarget, reply_target
from delivery.models import Mail, Piece
from intake.identity import kept_id, kept_ids
from intake.mail.parsed import ParsedMail
from intake.models import MailMessage, MailWords, Reason
from tickets import events
from tickets.models import NUMBER_PREFIX, Audience, Event, LinkType, Ticket, TicketQuerySet

SUBJECT_TAG = re.compile(rf"\[{re.escape(NUMBER_PREFIX)}(\d{{1,18}})\]", re.IGNORECASE)
MOST_RELATED = 5
MOST_MERGES = 20

PUBLIC_EVENTS = (
    events.OPENED,
    events.REPLIED,
    events.WAITS_REQUESTER,
    events.RESOLVED,
    events.REOPENED,
)
"""A mail that tells one of these shows what requester and desk both read, if its message is public."""


@dataclass(frozen=True)
class Sign:
    """What points at a ticket."""

    ticket: int
    how: Reason
    mail: Mail | None = None
    """The mail of the desk that is answered."""
    came_in: MailMessage | None = None
    """The incoming mail that is answered."""

    @property
    def is_proof(self) -> bool:
        """Whether only who was written to can know it: a subject can be guessed by counting up."""
        return self.how != Reason.SUBJECT


def signs(parsed: ParsedMail, *, envelope_to: str = "") -> list[Sign]:
    """By Message-ID, by the signed address, by the subject, in this order; each ticket once."""
    found: dict[int, Sign] = {}
    for sign in (*_by_ids(parsed), *_by_address(parsed, envelope_to), *_by_subject(parsed.subject)):
        found.setdefault(sign.ticket, sign)
    return list(found.values())


def our_mail(message_ids: Iterable[str]) -> dict[str, Mail]:
    """The mails of the outbox with these ids, by id."""
    wanted = [message_id for message_id in message_ids if message_id]
    if not wanted:
        return {}
    rows = Mail.objects.filter(message_id__in=wanted).defer("text", "html")
    return {mail.message_id: mail for mail in rows}


def answers_public(sign: Sign, *, of: str) -> bool:
    """Whether what is answered was public, and was written to this address: only then may the answer of a
    technician be.

    A notice that shows an internal note, a hand-off, an alarm or anything unknown is answered in a note.
    """
    if sign.came_in is not None:
        written = sign.came_in.written
        is_public = written is not None and written.audience == Audience.PUBLIC
        return is_public and MailWords.objects.filter(mail=sign.came_in, addressed__contains=[of]).exists()
    told = _told_by(sign.mail) if sign.mail is not None else []
    known = [key for key in told if key is not None]
    found = Event.objects.filter(pk__in=known, ticket=sign.ticket).select_related("message")
    shown = [
        event
        for event in found
        if event.kind in PUBLIC_EVENTS and event.message and event.message.audience == Audience.PUBLIC
    ]
    return bool(told) and len(shown) == len(told)


def _told_by(mail: Mail) -> list[int | None]:
    """The events that a mail told: one, or those of several pieces of news that left together."""
    if mail.event_id is not None:
        return [mail.event_id]
    pieces = Piece.objects.filter(ticket_number=mail.about_ticket, mail_key=mail.pk)
    return list(pieces.values_list("event_id", flat=True).distinct())


def where_it_goes(key: int) -> Ticket | None:
    """The ticket of this number or, where it was merged, the one that it went into; of one that is closed, the
    follow-up that is open. None where there is no such ticket."""
    ticket = _with_people().filter(pk=key).first()
    for _step in range(MOST_MERGES):
        if ticket is None or ticket.merged_into_id is None:
            break
        ticket = _with_people().filter(pk=ticket.merged_into_id).first()
    if ticket is not None and ticket.is_final:
        return _open_follow_up(ticket) or ticket
    return ticket


def _open_follow_up(ticket: Ticket) -> Ticket | None:
    """Somebody has written to the closed ticket before, and that follow-up is still open: it goes on there."""
    follow_ups = _with_people().filter(links__other=ticket, links__type=LinkType.FOLLOW_UP, in_queue=True)
    return follow_ups.filter(requester=ticket.requester_id).order_by("-pk").first()


def _with_people() -> TicketQuerySet:
    return Ticket.objects.select_related("requester", "team__organisation", "category")


def _by_ids(parsed: ParsedMail) -> Iterator[Sign]:
    ids = kept_ids(parsed)
    sent = our_mail(ids)
    came_in = _came_in(ids)
    is_found = False
    for message_id in ids:
        mail, incoming = sent.get(message_id), came_in.get(message_id)
        if mail is not None and mail.about_ticket:
            is_found = True
            yield Sign(mail.about_ticket, Reason.REFERENCE, mail=mail)
        elif incoming is not None and incoming.ticket_id is not None:
            is_found = True
            yield Sign(incoming.ticket_id, Reason.REFERENCE, came_in=incoming)
    if is_found:
        return
    # Nobody has sent us what it answers, but somebody else of that conversation has written to us before.
    own = kept_id(parsed.message_id)
    shared = [*ids, own] if own else ids
    if not shared:
        return
    related = MailMessage.objects.filter(references__overlap=shared, ticket__isnull=False)
    for incoming in related.select_related("written").order_by("-received_at", "-pk")[:MOST_RELATED]:
        if incoming.ticket_id is not None:
            yield Sign(incoming.ticket_id, Reason.REFERENCE, came_in=incoming)


def _came_in(ids: list[str]) -> dict[str, MailMessage]:
    if not ids:
        return {}
    rows = MailMessage.objects.filter(message_id__in=ids, ticket__isnull=False).select_related("written")
    # Of several copies the one that was filed counts; it comes last here and stays.
    return {row.message_id: row for row in rows.order_by("written_id", "-pk")}


def _by_address(parsed: ParsedMail, envelope_to: str) -> Iterator[Sign]:
    addresses = [envelope_to, *parsed.envelope_to, *(one.address for one in (*parsed.to, *parsed.cc))]
    targets = list(dict.fromkeys(filter(None, map(reply_target, filter(None, addresses)))))
    keys = [target.mail for target in targets if target.mail is not None]
    mails = Mail.objects.filter(pk__in=keys).defer("text", "html").in_bulk() if keys else {}
    for target in targets:
        yield Sign(target.ticket, Reason.TOKEN, mail=_answered(target, mails))


def _answered(target: ReplyTarget, mails: dict[int, Mail]) -> Mail | None:
    mail = mails.get(target.mail) if target.mail is not None else None
    return mail if mail is not None and mail.about_ticket == target.ticket else None


def _by_subject(subject: str) -> Iterator[Sign]:
    for number in dict.fromkeys(SUBJECT_TAG.findall(subject)):
        yield Sign(int(number), Reason.SUBJECT)
