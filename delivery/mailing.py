"""Sending one mail of the outbox: the handler of deliveries of kind `mail`.

The lease sees to it that one worker sends at a time, and a mail marked sent is not sent again. Between
the mail server's "accepted" and our mark lies a moment in which the worker can die; then the mail goes out
a second time, with the same Message-ID and the same Date, so that mail programs can see that it is one.
"""

from datetime import datetime
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.utils import format_datetime, parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError
from django.core.validators import validate_email

from accounts.operations import mark_bounced
from accounts.prepared import Prepared
from delivery import files, line, logos
from delivery.addresses import reply_address, reply_target
from delivery.handlers import Undeliverable
from delivery.models import Delivery, Mail
from delivery.smtp import Outgoing, Refusals

KIND = "mail"

PERMANENT = 500
"""SMTP's codes from here on say that trying again is pointless."""
NO_SUCH_ADDRESS = "5.1."
"""RFC 3463: what begins so says that the address is wrong, not that the server has something against us."""

WRITTEN_BY_A_MACHINE = {
    # RFC 3834: autoresponders do not answer this, which keeps two of them from writing to each other.
    "Auto-Submitted": "auto-generated",
    # Exchange's way of saying so. Not "All", for that would keep delivery reports from us as well.
    "X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply",
}
WRITTEN_BY_A_PERSON = {
    # A person's words are no automatic mail (RFC 3834, 5.1): other desks do not file what says it is, and that
    # somebody is away until Monday is worth knowing. Loops cannot come of it: what answers by itself says so.
    "X-Auto-Response-Suppress": "DR, RN, NRN",
}


def deliver_mail(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    mail = _mails.first(key=payload["mail"])
    if mail is None:
        raise Undeliverable("The mail is no longer in the outbox.")
    if mail.state == Mail.State.SENT:
        return
    _hold_if_it_comes_back(mail)
    try:
        refused = _post(mail, at)
        _note_refusals(mail, refused, at)
    except Exception as error:
        reason = permanent_reason(error)
        _note_failure(
            mail, reason or f"{type(error).__name__}: {error}", final=bool(reason) or delivery.is_last_try
        )
        if reason:
            raise Undeliverable(reason) from error
        raise
    Mail.objects.filter(pk=mail.pk).update(
        state=Mail.State.SENT,
        sent_at=at,
        error="; ".join(f"{who}: {why}" for who, why in (mail.refused or {}).items()),
        refused=mail.refused,
        taken=mail.taken,
        # What some never got is looked after like what came back.
        bounced_at=at if mail.refused else None,
    )


_mails = Prepared(lambda key: Mail.objects.filter(pk=key).select_related("person").order_by(), "key")


def as_message(mail: Mail) -> Outgoing:
    """The mail as it goes over the wire; the same every time it is made."""
    headers = {
        **(WRITTEN_BY_A_PERSON if mail.is_personal else WRITTEN_BY_A_MACHINE),
        **mail.headers,
        "Message-ID": mail.message_id,
        "Date": format_datetime(mail.created_at),
    }
    message = Outgoing(
        mail.subject,
        mail.text,
        from_email=envelope_sender(mail),
        to=[mail.to],
        cc=mail.cc,
        headers=headers,
        recipients=still_to_go(mail),
    )
    if mail.sender or "From" not in mail.headers:
        message.extra_headers.setdefault("From", mail.sender or settings.DEFAULT_FROM_EMAIL)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    keys = mail.files or []
    for found in [*logos.read(keys), *files.read(keys)]:
        (message.inline if found.content_id and mail.html else message.attachments).append(_part(found))
    return message


def envelope_sender(mail: Mail) -> str:
    """Where it comes back to: the mailbox, with the mail named in the address, so that a bounce tells what bounced."""
    if not mail.sender:
        return settings.DEFAULT_FROM_EMAIL
    answers_name_the_ticket = reply_target(parseaddr(mail.headers.get("Reply-To", ""))[1]) is not None
    if mail.about_ticket and answers_name_the_ticket:
        return reply_address(mail.sender, mail.about_ticket, mail.pk)
    return mail.sender


def still_to_go(mail: Mail) -> list[str]:
    """Whom it has not reached: neither taken for, nor refused for good."""
    settled = {*(mail.taken or ()), *(mail.refused or ())}
    return [address for address in mail.recipients if address not in settled]


def permanent_reason(error: Exception) -> str | None:
    """Why trying again is pointless, or None if it is not.

    A refused login (also a 5xx) is not: that is our configuration, and the mail goes out once it is mended.
    """
    match error:
        case SMTPRecipientsRefused(recipients=refused) if all(
            code >= PERMANENT for code, _ in refused.values()
        ):
            return _in_words(refused)
        case SMTPSenderRefused() | SMTPDataError() if _code(error) >= PERMANENT:
            return f"{_code(error)} {_text(error.smtp_error)}"
        case BadHeaderError() | ValidationError():
            return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return None


def _hold_if_it_comes_back(mail: Mail) -> None:
    """Nothing is written to an address at which mail comes back; what has to do with the login is tried anyway."""
    person = mail.person
    if not mail.kind or person is None or person.mail_bounced_at is None or person.email != mail.to:
        return
    reason = (
        f"Held: mail to this address comes back since {person.mail_bounced_at:%Y-%m-%d}. {person.mail_bounce}"
    )
    _note_failure(mail, reason.strip(), final=True)
    raise Undeliverable(reason.strip())


def _post(mail: Mail, at: datetime) -> Refusals:
    """Hand it over; answers to whom it was refused while others got it.

    Raises: what the mail server and the network raise, where nobody got it.
    """
    bad = _bad_addresses(mail)
    mail.refused = {**(mail.refused or {}), **bad} or None
    message = as_message(mail)
    if not message.recipients():
        raise ValidationError(list(bad.values()))
    try:
        line.post(message)
    except SMTPRecipientsRefused as error:
        if len(mail.recipients) > 1:
            return error.recipients
        for who, answer in error.recipients.items():
            _mark_if_wrong(mail, who, answer, at)
        raise
    return message.refused


def _note_refusals(mail: Mail, refused: Refusals, at: datetime) -> None:
    """Remember who got it and who never will. Where somebody may still get it, it is tried again, for them alone.

    Raises:
        SMTPRecipientsRefused: for those who may get it later, or for all where nobody ever will.
    """
    if not refused:
        return
    for who, answer in refused.items():
        _mark_if_wrong(mail, who, answer, at)
    lasting = {who: answer for who, answer in refused.items() if answer[0] >= PERMANENT}
    later = {who: answer for who, answer in refused.items() if who not in lasting}
    got_it = [address for address in still_to_go(mail) if address not in refused]
    mail.taken = [*(mail.taken or ()), *got_it] or None
    mail.refused = {
        **(mail.refused or {}),
        **{who: _answer(answer) for who, answer in lasting.items()},
    } or None
    Mail.objects.filter(pk=mail.pk).update(taken=mail.taken, refused=mail.refused)
    if later or not mail.taken:
        raise SMTPRecipientsRefused(later or lasting)


def _mark_if_wrong(mail: Mail, who: str, answer: tuple[int, bytes], at: datetime) -> None:
    """A server that knows no such address says now what a bounce would say tomorrow."""
    person = mail.person
    if person is not None and person.email == who and _text(answer[1]).strip().startswith(NO_SUCH_ADDRESS):
        mark_bounced(person, reason=_answer(answer), at=at)


def _bad_addresses(mail: Mail) -> dict[str, str]:
    found = {}
    for address in still_to_go(mail):
        try:
            validate_email(address)
        except ValidationError as error:
            found[address] = " ".join(error.messages)
    return found


def _note_failure(mail: Mail, error: str, *, final: bool) -> None:
    state = Mail.State.FAILED if final else Mail.State.WAITING
    Mail.objects.filter(pk=mail.pk).exclude(state=Mail.State.SENT).update(
        state=state, error=error.replace("\x00", "")[:2000]
    )


def _part(found: files.MailFile) -> MIMEBase:
    main, _slash, sub = found.content_type.partition("/")
    part = MIMEBase(main or "application", sub or "octet-stream")
    part.set_payload(found.content)
    encode_base64(part)
    where = "inline" if found.content_id else "attachment"
    part.add_header("Content-Disposition", where, filename=("utf-8", "", found.name))
    if found.content_id:
        part.add_header("Content-ID", f"<{found.content_id}>")
    return part


def _in_words(refused: Any) -> str:
    return "; ".join(f"{who}: {_answer(answer)}" for who, answer in refused.items())


def _answer(answer: Any) -> str:
    code, why = answer
    return f"{code} {_text(why)}"


def _code(error: SMTPResponseException) -> int:
    return int(error.smtp_code)


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
