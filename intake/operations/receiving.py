"""Mail on its way in: stored first, in a transaction of its own; then read and filed, in one; replayed by people.

Whatever happens in between, a message is a row: a worker that dies leaves it `stored`, with the delivery that
files it still to be done. To store or to file it twice changes nothing.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from accounts import events as accounts
from accounts.models import User
from delivery.handlers import Undeliverable
from delivery.models import Delivery
from delivery.operations import enqueue
from intake import events
from intake.identity import LONGEST_ADDRESS, kept_address, kept_date, kept_id, kept_ids, one_line
from intake.mail.parsed import ParsedMail
from intake.mail.parsing import parse
from intake.models import Mailbox, MailMessage, RawMail, Reason, State
from intake.operations.filing import file_mail
from intake.operations.settling import settle
from intake.permissions import require_mail_desk
from tickets.models import NUMBER_PREFIX

logger = logging.getLogger(__name__)

KIND = "intake.mail"
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
LONGEST_HEAD = 256 * 1024
KEPT_OF_TOO_LARGE = 64 * 1024
MOST_GENERATIONS = 5
"""A message waits until those that it answers are filed, so many steps back."""


@dataclass(frozen=True)
class Outcome:
    """What became of a message. `ticket` is the number as people say it, such as TD-1042."""

    result: str
    ticket: str | None
    reason: str


@transaction.atomic
def store(
    raw: bytes,
    *,
    mailbox: Mailbox,
    at: datetime,
    source: str,
    envelope_to: str = "",
    size: int | None = None,
) -> MailMessage:
    """Keep a message as it came, committed when this returns; a worker files it.

    The same bytes again give the row that is there. What is larger than `settings.MAIL_MAX_BYTES` is kept as a
    quarantined row with its head.

    Args:
        source: by what it came, such as "imap", "command" or the name of a webhook's provider.
        envelope_to: whom the servers delivered it to, where that is known.
        size: of the whole in bytes, where `raw` is only the beginning of what is too large.
    """
    digest = hashlib.sha256(raw).hexdigest()
    known = MailMessage.objects.filter(digest=digest).first()
    if known is not None:
        return known
    head = _head(raw)
    is_too_large = (size or len(raw)) > settings.MAIL_MAX_BYTES
    row = _row_of(head, mailbox=mailbox, source=source, envelope_to=envelope_to, at=at)
    row.digest, row.size = digest, size or len(raw)
    if is_too_large:
        row.state, row.reason, row.processed_at = State.QUARANTINED, Reason.TOO_LARGE, at
    MailMessage.objects.bulk_create([row], ignore_conflicts=True)
    # Another process may have stored it meanwhile; the one row that is there then is the message.
    stored = MailMessage.objects.get(digest=digest)
    content = raw[:KEPT_OF_TOO_LARGE] if is_too_large else raw
    RawMail.objects.bulk_create(
        [RawMail(mail=stored, content=content, kept_at=at, is_cut=is_too_large)], ignore_conflicts=True
    )
    if stored.state == State.STORED:
        enqueue(KIND, {"mail": stored.pk}, at=at, dedupe_key=f"{KIND}:{stored.pk}")
    return stored


def process(key: int, *, at: datetime) -> Outcome:
    """Read a stored message and file it. What cannot be filed is quarantined with the reason; what was judged
    before stays as it is.

    Raises:
        OperationalError, InterfaceError: the database is not there, or two transactions were in each other's way;
            nothing has changed, and the message waits.
    """
    return _process(key, at=at, generation=0)


def replay(key: int, *, by: User | None, at: datetime) -> Outcome:
    """Judge a message anew that was not filed; what somebody of the desk replays is let in: neither spam, rate
    nor an unknown sender holds it.

    Raises:
        NotAllowed: only administrators and leads do this.
    """
    require_mail_desk(by)
    accounts.record(events.MAIL_REPLAYED, by=by, at=at, about=key)
    return _process(key, at=at, generation=0, again=True)


def carry_out(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """The handler of deliveries of kind `intake.mail`."""
    try:
        process(payload["mail"], at=at)
    except MailMessage.DoesNotExist as gone:  # its ticket was deleted for good meanwhile
        raise Undeliverable(str(gone)) from gone


def outcome_of(mail: MailMessage) -> Outcome:
    """What became of it, as the command prints it."""
    number = f"{NUMBER_PREFIX}{mail.ticket_id}" if mail.ticket_id else None
    if mail.state == State.FILED:
        return Outcome("ticket" if mail.opened else "message", number, mail.reason)
    result = "ignored" if mail.state == State.IGNORED else "quarantined"
    return Outcome(result, number, mail.reason or mail.state)


def _process(key: int, *, at: datetime, generation: int, again: bool = False) -> Outcome:
    mail = MailMessage.objects.select_related("raw").filter(pk=key).first()
    if mail is None:
        raise MailMessage.DoesNotExist(f"There is no mail {key}.")
    if not _is_to_be_judged(mail, again=again):
        return outcome_of(mail)
    try:
        parsed = parse(bytes(mail.raw.content))
        if not again:
            _process_what_it_answers(mail, parsed, at=at, generation=generation)
        with transaction.atomic():
            return outcome_of(_judge(key, parsed, at=at, again=again))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # whatever is wrong with one message keeps no other one waiting
        logger.exception("mail %s could not be filed", key)
        return outcome_of(_quarantine(key, error, at=at, again=again))


def _is_to_be_judged(mail: MailMessage, *, again: bool) -> bool:
    if not hasattr(mail, "raw") or mail.raw.is_cut:
        return False
    return mail.state == State.STORED or (again and mail.state != State.FILED)


def _process_what_it_answers(mail: MailMessage, parsed: ParsedMail, *, at: datetime, generation: int) -> None:
    """Mails of one conversation may be judged in any order; an answer waits for what it answers."""
    ids = kept_ids(parsed)
    if not ids or generation >= MOST_GENERATIONS:
        return
    earlier = MailMessage.objects.filter(message_id__in=ids, state=State.STORED).exclude(pk=mail.pk)
    for key in earlier.order_by("received_at", "pk").values_list("pk", flat=True)[:MOST_GENERATIONS]:
        _process(key, at=at, generation=generation + 1)


def _judge(key: int, parsed: ParsedMail, *, at: datetime, again: bool) -> MailMessage:
    beside = ("mailbox__team__tier", "mailbox__category", "mailbox__organisation")
    mail = MailMessage.objects.select_for_update(of=("self",)).select_related(*beside).get(pk=key)
    if mail.state == State.FILED or (mail.state != State.STORED and not again):
        return mail  # somebody else was faster
    mail.attempts += 1
    file_mail(mail, parsed, at=at, is_let_in=again)
    return mail


@transaction.atomic
def _quarantine(key: int, error: Exception, *, at: datetime, again: bool) -> MailMessage:
    mail = MailMessage.objects.select_for_update(of=("self",)).get(pk=key)
    if mail.state == State.FILED or (mail.state != State.STORED and not again):
        return mail
    mail.attempts += 1
    return settle(mail, State.QUARANTINED, Reason.BROKEN, at=at, detail=f"{type(error).__name__}: {error}")


def _head(raw: bytes) -> ParsedMail:
    end = END_OF_HEAD.search(raw, 0, LONGEST_HEAD)
    return parse(raw[: end.start() if end else LONGEST_HEAD] + b"\r\n\r\n")


def _row_of(
    head: ParsedMail, *, mailbox: Mailbox, source: str, envelope_to: str, at: datetime
) -> MailMessage:
    """The row that lists show before the message was read: its head is enough for that."""
    return MailMessage(
        mailbox=mailbox,
        source=source[:40],
        envelope_to=one_line(envelope_to, LONGEST_ADDRESS),
        message_id=kept_id(head.message_id),
        references=kept_ids(head),
        from_address=kept_address(head.from_.address if head.from_ else ""),
        from_name=one_line(head.from_.name if head.from_ else "", 120),
        subject=one_line(head.subject, 250),
        sent_at=kept_date(head.date),
        received_at=at,
    )
