"""Sending one mail of the outbox: the handler of deliveries of kind `mail`.

The lease sees to it that one worker sends at a time, and a mail marked sent is not sent again. Between
the mail server's "accepted" and our mark lies a moment in which the worker can die; then the mail goes out
a second time, with the same Message-ID and the same Date, so that mail programs can see that it is one.
"""

from datetime import datetime
from email.utils import format_datetime
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import Any

from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError, EmailMultiAlternatives
from django.core.validators import validate_email

from accounts.prepared import Prepared
from delivery.handlers import Undeliverable
from delivery.models import Delivery, Mail

KIND = "mail"


def deliver_mail(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    mail = _mails.first(key=payload["mail"])
    if mail is None:
        raise Undeliverable("The mail is no longer in the outbox.")
    if mail.state == Mail.State.SENT:
        return
    try:
        _refuse_bad_addresses(mail)
        as_message(mail).send()
    except Exception as error:
        reason = permanent_reason(error)
        _note_failure(
            mail, reason or f"{type(error).__name__}: {error}", final=bool(reason) or delivery.is_last_try
        )
        if reason:
            raise Undeliverable(reason) from error
        raise
    Mail.objects.filter(pk=mail.pk).update(state=Mail.State.SENT, sent_at=at, error="")


_mails = Prepared(lambda key: Mail.objects.filter(pk=key).order_by(), "key")


def as_message(mail: Mail) -> EmailMultiAlternatives:
    """The mail as it goes over the wire; the same every time it is made."""
    headers = {
        **mail.headers,
        "Message-ID": mail.message_id,
        "Date": format_datetime(mail.created_at),
        # RFC 3834: autoresponders do not answer this, which keeps two of them from writing to each other.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to], cc=mail.cc, headers=headers)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def permanent_reason(error: Exception) -> str | None:
    """Why trying again is pointless, or None if it is not.

    A refused login (also a 5xx) is not: that is our configuration, and the mail goes out once it is mended.
    """
    match error:
        case SMTPRecipientsRefused(recipients=refused) if all(code >= 500 for code, _ in refused.values()):
            return "; ".join(f"{who}: {code} {_text(why)}" for who, (code, why) in refused.items())
        case SMTPSenderRefused() | SMTPDataError() if _code(error) >= 500:
            return f"{_code(error)} {_text(error.smtp_error)}"
        case BadHeaderError() | ValidationError():
            return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return None


def _refuse_bad_addresses(mail: Mail) -> None:
    for address in [mail.to, *mail.cc]:
        validate_email(address)


def _note_failure(mail: Mail, error: str, *, final: bool) -> None:
    state = Mail.State.FAILED if final else Mail.State.WAITING
    Mail.objects.filter(pk=mail.pk).exclude(state=Mail.State.SENT).update(
        state=state, error=error.replace("\x00", "")[:2000]
    )


def _code(error: SMTPResponseException) -> int:
    return int(error.smtp_code)


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
