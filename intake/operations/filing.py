"""What becomes of a mail: the one place where it is decided. Called inside a transaction that has locked its row.

In this order: a copy, our own mail, a delivery report, spam, an automatic answer, a list, too many, a stranger; what
is left is filed, into the ticket that it belongs to and whose sender may write there, else into a new one.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from intake import events
from intake.identity import (
    fingerprint,
    is_address,
    kept_address,
    kept_date,
    kept_id,
    kept_ids,
    one_line,
    squeezed,
)
from intake.mail.parsed import Address, Forwarded, ParsedMail
from intake.mail.parsing import parse
from intake.models import KnownSender, MailImage, MailMessage, MailWords, Reason, State
from intake.operations.attaching import Kept, keep_files
from intake.operations.people import Stranger, in_copy, sender_of, why_not
from intake.operations.recording import record_automatic, record_bounce
from intake.operations.refusing import refuse_politely
from intake.operations.settling import settle
from intake.operations.telling import tell_once
from intake.operations.wording import message_of, new_text, subject_of, words_of
from intake.permissions import Side, Standing, standing
from intake.queries.addresses import OwnAddresses, person_of, vendors_of, verdict_on
from intake.queries.rates import Recently, likely_originals
from intake.queries.threads import Sign, answers_public, our_mail, signs, where_it_goes
from tickets import operations as tickets
from tickets.events import Quiet, because, tell
from tickets.models import Audience, Channel, LinkType, Message, MessageKind, Ticket, Watch
from tickets.operations.filing import tie
from tickets.permissions import is_desk
from tickets.refusals import NotAllowed, Refused

MOST_SIGNS = 10


@dataclass
class Mail:
    """One message while it is judged."""

    row: MailMessage
    parsed: ParsedMail
    at: datetime
    is_let_in: bool
    own: OwnAddresses = field(default_factory=OwnAddresses)
    kept: Kept = field(default_factory=Kept)
    verdict: str = ""
    signs: list[Sign] = field(default_factory=list)

    @cached_property
    def recently(self) -> Recently:
        return Recently(self.row)

    def settle(self, state: State, reason: Reason, detail: str = "") -> None:
        settle(self.row, state, reason, at=self.at, detail=detail)


@dataclass(frozen=True)
class Place:
    """A ticket into which the sender may write, as whom, and by what sign."""

    ticket: Ticket
    sign: Sign
    standing: Standing


def file_mail(row: MailMessage, parsed: ParsedMail, *, at: datetime, is_let_in: bool) -> None:
    """Judge the message and file it, and write down on its row what became of it.

    Args:
        is_let_in: somebody of the desk has looked at it: neither spam, rate, a list nor a stranger keeps it out.

    Raises:
        Refused: an operation refuses it; whoever called this quarantines it with the sentence.
    """
    _note(row, parsed)
    _one_at_a_time(row.message_id or row.fingerprint)
    mail = Mail(row, parsed, at, is_let_in)
    try:
        # Whatever it causes says so: from there the page of the ticket leads to the original.
        with because(mail_in=row.pk):
            _decide(mail)
    except BaseException:
        mail.kept.forget()
        raise


def _decide(mail: Mail) -> None:
    row, parsed = mail.row, mail.parsed
    if (first := _original(mail)) is not None:
        row.ticket = first.ticket
        mail.settle(State.IGNORED, Reason.DUPLICATE, str(first.pk))
        return
    if _is_ours(mail):
        mail.settle(State.IGNORED, Reason.OWN, row.from_address or row.message_id)
        return
    mail.signs = signs(parsed, envelope_to=row.envelope_to)[:MOST_SIGNS]
    if parsed.is_bounce:
        record_bounce(row, parsed, mail.signs, mail.kept, at=mail.at)
        return
    if parsed.from_ is None or not is_address(row.from_address):
        mail.settle(State.QUARANTINED, Reason.NO_SENDER, row.from_address)
        return
    mail.verdict = verdict_on(row.from_address)
    if (held := _why_kept_out(mail)) is not None:
        mail.settle(State.QUARANTINED, *held)
    elif row.is_automatic and not mail.is_let_in:
        _decide_automatic(mail, parsed.from_)
    else:
        _decide_sender(mail, parsed.from_)


# --- What it is ---


def _note(row: MailMessage, parsed: ParsedMail) -> None:
    """What the row said by the head alone, once more by the whole."""
    row.message_id = kept_id(parsed.message_id)
    row.references = kept_ids(parsed)
    row.fingerprint = fingerprint(parsed)
    row.sent_at = kept_date(parsed.date)
    row.ticket = row.written = row.person = None
    row.is_automatic = parsed.is_auto or parsed.is_bounce or parsed.return_path == ""
    if parsed.from_ is not None:
        row.from_address = kept_address(parsed.from_.address)


def _one_at_a_time(mark: str) -> None:
    """Copies of one message, in several mailboxes, are judged one after the other: the second finds the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 20260))", [mark])


def _original(mail: Mail) -> MailMessage | None:
    """What this is a copy of. The same id alone proves nothing: there are senders that give it to every message."""
    for first in likely_originals(mail.row):
        if first.fingerprint == mail.row.fingerprint:
            return first if first.state == State.FILED or not mail.is_let_in else None
        if mail.is_let_in:
            continue  # whoever has looked at both says that they are two
        is_same_letter = first.sent_at is not None and first.sent_at == mail.row.sent_at
        if is_same_letter and _is_worded_alike(first, mail.parsed):
            return first
    return None


def _is_worded_alike(first: MailMessage, parsed: ParsedMail) -> bool:
    """The same words, but for what a list or a server has put above or below them."""
    words = MailWords.objects.filter(mail=first).values_list("text", flat=True).first()
    if words is None:
        raw = getattr(first, "raw", None)
        if raw is None:
            return True
        words = parse(bytes(raw.content)).text
    one, other = sorted((squeezed(words), squeezed(parsed.text)), key=len)
    return one in other if one else not other


def _is_ours(mail: Mail) -> bool:
    """It was sent by the desk itself: another server has brought it back, or a mailbox writes to another one."""
    address = mail.parsed.from_.address if mail.parsed.from_ else ""
    if address and address in mail.own and not mail.parsed.is_bounce:
        return True
    return bool(mail.row.message_id) and bool(our_mail([mail.row.message_id]))


def _is_from_foreign_list(mail: Mail) -> bool:
    """A list that is the desk's own address (a group that passes mail on to the mailbox) is no list."""
    headers = mail.parsed.headers
    named = [value for name in ("list-id", "list-post") for value in headers.get(name, ())]
    return mail.parsed.is_list and not any(map(mail.own.named_in, named))


def _why_kept_out(mail: Mail) -> tuple[Reason, str] | None:
    row, parsed = mail.row, mail.parsed
    if mail.is_let_in:
        return None
    if not row.mailbox.is_enabled:
        return Reason.MAILBOX_OFF, row.mailbox.name
    if mail.verdict == KnownSender.Verdict.APPROVED:
        return None
    if parsed.is_spam:
        return Reason.SPAM, parsed.spam_reason
    if mail.recently.is_too_much:
        tell_once(row, Reason.RATE, at=mail.at)
        return Reason.RATE, row.from_address
    return None


# --- Who wrote it ---


def _decide_automatic(mail: Mail, address: Address) -> None:
    """An answer of a machine belongs to the ticket that it answers, or to nobody; where the mailbox takes alarms,
    what answers nothing is one."""
    row = mail.row
    author = person_of(row.from_address)
    for sign in mail.signs:
        ticket = where_it_goes(sign.ticket)
        if ticket is None:
            continue
        may_write = standing(author, ticket, vendors=vendors_of(row.from_address)) is not None
        if may_write or (sign.is_proof and (sign.mail is not None or sign.how == Reason.TOKEN)):
            record_automatic(row, mail.parsed, ticket, mail.kept, author=author, at=mail.at)
            return
    if row.mailbox.accepts_automatic and not mail.signs:
        _decide_sender(mail, address)
        return
    mail.settle(State.IGNORED, Reason.AUTOMATIC, f"{row.from_address}: {mail.parsed.auto_reason}")


def _decide_sender(mail: Mail, address: Address) -> None:
    row = mail.row
    vendors = vendors_of(row.from_address)
    if mail.is_let_in:
        mail.verdict = KnownSender.Verdict.APPROVED
    person = sender_of(
        _as_known(address),
        row.mailbox,
        verdict=mail.verdict,
        is_let_in=mail.is_let_in,
        vendor=next(iter(vendors.values()), None),
        at=mail.at,
    )
    if (reason := why_not(person, mail.verdict)) is not None or isinstance(person, Stranger):
        _keep_out(mail, reason or Reason.UNKNOWN_SENDER)
        return
    row.person = person
    places = _places(mail, person, vendors)
    if places:
        _write_there(mail, person, places[0])
    elif _is_from_foreign_list(mail) and not mail.is_let_in and not row.mailbox.accepts_automatic:
        mail.settle(State.IGNORED, Reason.LIST, ", ".join(mail.parsed.headers.get("list-id", ())))
    elif mail.parsed.forwarded is not None and is_desk(person):
        _open_for_original(mail, person, mail.parsed.forwarded)
    else:
        _open(mail, person)


def _as_known(address: Address) -> Address:
    return Address(one_line(address.name, 120), kept_address(address.address))


def _keep_out(mail: Mail, reason: Reason) -> None:
    row = mail.row
    if reason == Reason.UNKNOWN_SENDER:
        mail.settle(State.HELD, reason, row.from_address)
        return
    if reason == Reason.REFUSED_SENDER and not mail.verdict and not _is_from_foreign_list(mail):
        refuse_politely(row, at=mail.at)
    mail.settle(State.QUARANTINED, reason, row.from_address)


# --- Into a ticket that is there ---


def _places(mail: Mail, person: User, vendors: dict[int, Organisation]) -> list[Place]:
    for sign in mail.signs:
        ticket = where_it_goes(sign.ticket)
        if ticket is None:
            continue
        as_whom = standing(person, ticket, vendors=vendors)
        if as_whom is None and _was_let_in_by_requester(mail, ticket, sign, person):
            as_whom = Standing(Side.REQUESTER)
        if as_whom is not None:
            return [Place(ticket, sign, as_whom)]
    return []


def _was_let_in_by_requester(mail: Mail, ticket: Ticket, sign: Sign, person: User) -> bool:
    """Whoever of the requester's side wrote this person into To or Cc has let them in: an answer to all of that
    mail belongs here. They follow the ticket from now on, so that they read what is answered."""
    if sign.how == Reason.SUBJECT or ticket.is_restricted or person.uses_desk:
        return False
    there = MailWords.objects.filter(mail__ticket=ticket, mail__written__audience=Audience.PUBLIC)
    there = there.filter(mail__written__from_desk=False, addressed__contains=[mail.row.from_address])
    if not there.exists():
        return False
    if not ticket.is_final:
        tickets.watch(ticket, user=person, by=None, at=mail.at)
    return True


def _write_there(mail: Mail, person: User, place: Place) -> None:
    """What is refused there (it is closed and nobody may follow up, the vendor has it no more) opens a ticket of
    its own, linked to that one."""
    row = mail.row
    total, _automatic = mail.recently.written_into(place.ticket.pk)
    if not mail.is_let_in and total >= settings.MAIL_MOST_IN_A_TICKET:
        row.ticket = place.ticket
        tell_once(row, Reason.LOOP, at=mail.at)
        mail.settle(State.QUARANTINED, Reason.LOOP, row.from_address)
        return
    try:
        with transaction.atomic():
            _say(mail, person, place)
    except Refused:
        mail.kept.forget()
        mail.kept = Kept()
        _open(mail, person)


def _say(mail: Mail, person: User, place: Place) -> None:
    keep_files(mail.parsed, mail.kept, by=person, at=mail.at)
    text = message_of(mail.parsed, _meant(mail.parsed), mail.kept)
    ticket = _speak(mail, person, place, text)
    message = Message.objects.filter(ticket=ticket).order_by("-pk").first()
    # What was closed meanwhile has a follow-up, which begins with these words.
    is_new = message is not None and message.kind == MessageKind.DESCRIPTION
    if message is not None and message.audience == Audience.PUBLIC:
        _let_in_copied(mail, ticket)
    _filed(mail, ticket, message, place.sign.how, opened=is_new)


def _meant(parsed: ParsedMail) -> str:
    """What is new; of a forward all of it, not only the two words above it."""
    return parsed.text if parsed.forwarded is not None else new_text(parsed)


def _speak(mail: Mail, person: User, place: Place, text: str) -> Ticket:
    """By whom it is decides what it becomes: a reply, a vendor's reply, or for the desk a note unless a public mail
    was answered."""
    ticket, sign, side = place.ticket, place.sign, place.standing.side
    files = mail.kept.keys
    if side == Side.VENDOR:
        return tickets.share_with_vendor(
            ticket, text=text, by=person, at=mail.at, attachments=files, speaks_for=place.standing.vendor
        )
    if side == Side.DESK:
        if answers_public(sign, of=mail.row.from_address) and not ticket.is_final:
            try:
                with transaction.atomic():
                    return tickets.reply(ticket, text=text, by=person, at=mail.at, attachments=files)
            except NotAllowed:
                pass  # their tier does not write to requesters: the words are kept for the desk
        return tickets.note(ticket, text=text, by=person, at=mail.at, attachments=files)
    return tickets.reply(ticket, text=text, by=person, at=mail.at, attachments=files, channel=Channel.MAIL)


def _let_in_copied(mail: Mail, ticket: Ticket) -> None:
    if ticket.is_restricted:
        return
    there = set(Watch.objects.filter(ticket=ticket).values_list("user_id", flat=True))
    for user in _copied(mail, but={ticket.requester.email.lower()}):
        if user.pk not in there:
            tickets.watch(ticket, user=user, by=None, at=mail.at)


def _copied(mail: Mail, *, but: set[str]) -> list[User]:
    everybody = [*mail.parsed.to, *mail.parsed.cc]
    if not everybody:
        return []
    but = but | {mail.row.from_address}
    return in_copy(everybody, mail.row.mailbox, but=but, own=mail.own, at=mail.at)


# --- Into a new one ---


def _open(mail: Mail, person: User) -> None:
    """A ticket of the sender's own; if the mail names another one, linked to that and marked."""
    keep_files(mail.parsed, mail.kept, by=person, at=mail.at)
    text = _meant(mail.parsed)
    ticket = tickets.open_ticket(
        requester=person,
        subject=subject_of(mail.parsed.subject, text),
        description=message_of(mail.parsed, text, mail.kept),
        by=person,
        attachments=mail.kept.keys,
        receipt=not (mail.row.is_automatic or mail.parsed.is_list or mail.recently.seems_to_answer_by_itself),
        **_details(mail, person),
    )
    other = _named(mail, ticket)
    if other is not None:
        tie(ticket, other, LinkType.RELATED, by=None, at=mail.at)
        data = {"other": other.pk, "mail_in": mail.row.pk}
        tell([Quiet(ticket.pk, events.MAIL_NAMED_OTHER, mail.at, data)], written=mail.at)
    reason = Reason.NEW if other is None else Reason.FOREIGN_TICKET
    detail = other.number if other is not None else ""
    _filed(mail, ticket, _first_message(ticket), reason, opened=True, detail=detail)


def _open_for_original(mail: Mail, person: User, forwarded: Forwarded) -> None:
    """Somebody of the desk passes on what they were sent: it is the original sender's, and their own words above
    it are for the desk alone."""
    sender = _as_known(forwarded.sender)
    if sender.address in mail.own or not is_address(sender.address):
        _open(mail, person)
        return
    requester = _person_behind(sender, mail)
    if requester is None or requester == person:
        _open(mail, person)
        return
    keep_files(mail.parsed, mail.kept, by=person, at=mail.at)
    # Never the whole of it instead: above stands what is for the desk alone.
    text = forwarded.text.strip() or _("(Its text stands in the original mail.)")
    ticket = tickets.open_ticket(
        requester=requester,
        subject=subject_of(forwarded.subject or mail.parsed.subject, text),
        description=message_of(mail.parsed, text, mail.kept),
        by=person,
        attachments=mail.kept.keys,
        **_details(mail, requester),
    )
    first = _first_message(ticket)
    own_words = mail.parsed.reply_text.strip()
    if own_words and own_words != text.strip():
        tickets.note(ticket, text=own_words, by=person, at=mail.at)
    _filed(mail, ticket, first, Reason.FORWARDED, opened=True)


def _person_behind(sender: Address, mail: Mail) -> User | None:
    """Whoever forwards vouches for the sender: no policy of the mailbox keeps them out."""
    found = sender_of(sender, mail.row.mailbox, verdict="", is_let_in=True, at=mail.at)
    return found if isinstance(found, User) and found.is_active else None


def _details(mail: Mail, requester: User) -> dict[str, Any]:
    mailbox = mail.row.mailbox
    team = mailbox.team
    is_usable = team is not None and team.is_active and team.tier.is_enabled
    category = mailbox.category if mailbox.category and mailbox.category.is_active else None
    return {
        "channel": Channel.MAIL,
        "category": category,
        "team": team if is_usable else None,
        "watchers": _copied(mail, but={requester.email.lower()}),
        "at": mail.at,
    }


def _named(mail: Mail, but: Ticket) -> Ticket | None:
    for sign in mail.signs:
        ticket = where_it_goes(sign.ticket)
        if ticket is not None and ticket.pk != but.pk:
            return ticket
    return None


def _first_message(ticket: Ticket) -> Message | None:
    return Message.objects.filter(ticket=ticket).order_by("pk").first()


def _filed(
    mail: Mail, ticket: Ticket, message: Message | None, reason: Reason, *, opened: bool, detail: str = ""
) -> None:
    row = mail.row
    row.ticket, row.written, row.opened = ticket, message, opened
    words_of(row, mail.parsed).save(force_insert=True)
    MailImage.objects.bulk_create(
        MailImage(mail=row, content_id=content_id[:250], attachment=attachment)
        for content_id, attachment in mail.kept.pictures.items()
    )
    mail.settle(State.FILED, reason, detail)
