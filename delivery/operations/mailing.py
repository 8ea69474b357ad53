from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import parseaddr
from uuid import NAMESPACE_URL, uuid4, uuid5

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.operations import mark_bounced
from accounts.permissions import may_administer
from accounts.refusals import Invalid
from delivery.mailing import KIND
from delivery.models import Delivery, Mail
from delivery.operations.queueing import enqueue
from delivery.operations.replaying import replay

MOST_AT_ONCE = 5_000


@transaction.atomic
def send_mail_row(
    *,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    cc: Iterable[str] = (),
    headers: dict[str, str] | None = None,
    about_ticket: int | None = None,
    person: User | None = None,
    event_id: int | None = None,
    message_id: str | None = None,
    dedupe_key: str | None = None,
    kind: str = "",
    sender: str = "",
    is_personal: bool = False,
    files: Sequence[str] = (),
    at: datetime,
) -> Mail:
    """Put a mail into the outbox; the worker sends it after the commit.

    With a dedupe key, the same call made again finds the mail that is there: the key decides the
    Message-ID. A given Message-ID (with its angle brackets) works the same way.

    Args:
        kind: the kind of notice; empty for what has to do with somebody's login.
        sender: the address of the mailbox that it comes from; empty for DEFAULT_FROM_EMAIL.
        is_personal: it brings what a person wrote.
        files: keys of what comes with it (see `delivery/files.py`).
    """
    message_id = message_id or new_message_id(dedupe_key)
    mail, is_new = Mail.objects.get_or_create(
        message_id=message_id,
        defaults={
            "to": _one_line(to),
            "cc": [_one_line(address) for address in cc],
            "subject": _one_line(subject),
            "text": _storable(text),
            "html": _storable(html),
            "headers": {name: _one_line(value) for name, value in (headers or {}).items()},
            "about_ticket": about_ticket,
            "event_id": event_id,
            "person": person,
            "kind": kind,
            "sender": sender,
            "is_personal": is_personal,
            "files": list(files) or None,
            "created_at": at,
        },
    )
    if is_new:
        enqueue(
            KIND,
            {"mail": mail.pk},
            at=at,
            event_id=event_id,
            ticket_number=about_ticket,
            dedupe_key=mail.delivery_key,
        )
    return mail


@transaction.atomic
def note_bounce(
    *, message_id: str, recipient: str, status: str, diagnostic: str, at: datetime
) -> Mail | None:
    """What we have sent came back: say so at the mail, and where that is for good, at the person's address.

    Args:
        message_id: of the mail that came back, with its angle brackets; empty where the report does not say.
        recipient: the address that could not be reached; empty where the report does not say.
        status: RFC 3463, such as `5.1.1`; what begins with 5 is for good.

    Returns: the mail, if it is one of ours.
    """
    mail = Mail.objects.select_for_update(of=("self",)).filter(message_id=message_id).first()
    recipient = recipient.strip().lower()
    reason = _one_line(f"{status} {diagnostic}")[:2000]
    if mail is not None:
        mail.bounced_at = mail.bounced_at or at
        mail.error = f"{recipient or mail.to}: {reason}"
        mail.save(update_fields=["bounced_at", "error"])
    is_lasting = status.startswith("5") or (not status and mail is not None)
    # A report names whom it likes: only an address that we have written to is marked.
    if mail is not None and is_lasting:
        for person in _people_at(mail, recipient):
            mark_bounced(person, reason=reason, at=at)
    return mail


@transaction.atomic
def retry_mails(keys: Iterable[int] | None, *, by: User | None, at: datetime) -> int:
    """Try mails again that failed or wait after a failure: these, or with None all; answers how many.

    Raises:
        PermissionDenied: only administrators do so.
    """
    _require_administrator(by)
    rows = Mail.objects.exclude(state=Mail.State.SENT).exclude(state=Mail.State.WAITING, error="")
    if keys is not None:
        rows = rows.filter(pk__in=list(keys))
    found = list(rows.order_by("id")[:MOST_AT_ONCE])
    Mail.objects.filter(pk__in=[mail.pk for mail in found]).update(state=Mail.State.WAITING)
    return _send_again(found, by=by, at=at)


@transaction.atomic
def correct_address(mail: Mail, *, to: str, by: User | None, at: datetime) -> Mail:
    """Send a mail that failed or came back to another address.

    Raises:
        PermissionDenied: only administrators do so.
        Invalid: that is no address, or the mail has arrived.
    """
    _require_administrator(by)
    mail = Mail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
    to = to.strip()
    try:
        validate_email(to)
    except ValidationError:
        raise Invalid(_("This is no mail address. Write it like name@example.com."), field="to") from None
    if mail.state == Mail.State.SENT and mail.bounced_at is None:
        raise Invalid(_("This mail has left, and did not come back."), field="to")
    if mail.state == Mail.State.SENT:
        # What came back has its delivery behind it: it goes out as a message of its own.
        return send_mail_row(
            to=to,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            headers=mail.headers,
            about_ticket=mail.about_ticket,
            person=mail.person,
            event_id=mail.event_id,
            kind=mail.kind,
            sender=mail.sender,
            is_personal=mail.is_personal,
            files=mail.files or (),
            dedupe_key=f"corrected:{mail.pk}:{to}",
            at=at,
        )
    mail.to, mail.state, mail.error, mail.refused = to, Mail.State.WAITING, "", None
    mail.save(update_fields=["to", "state", "error", "refused"])
    _send_again([mail], by=by, at=at)
    return mail


def new_message_id(dedupe_key: str | None = None) -> str:
    """`<...@domain of the desk>`: the same for the same key, unique without one."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    token = uuid5(NAMESPACE_URL, f"{domain}/{dedupe_key}") if dedupe_key else uuid4()
    return f"<{token.hex}@{domain}>"


def _people_at(mail: Mail, recipient: str) -> list[User]:
    if mail.person is not None and (not recipient or mail.person.email == recipient):
        return [mail.person]
    if not recipient or recipient not in [address.lower() for address in mail.recipients]:
        return []
    return list(User.objects.filter(email=recipient))


def _send_again(mails: list[Mail], *, by: User | None, at: datetime) -> int:
    """By their own deliveries; where such a one was forgotten, by a new one."""
    keys = {mail.delivery_key: mail for mail in mails}
    kept = dict(Delivery.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", "pk"))
    replay(kept.values(), by=by, at=at)
    for key, mail in keys.items():
        if key not in kept:
            enqueue(KIND, {"mail": mail.pk}, at=at, ticket_number=mail.about_ticket, dedupe_key=key)
    return len(mails)


def _require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise PermissionDenied(_("Only an administrator sends mails again."))


def _one_line(text: str) -> str:
    """A line break in a header is an attack or an accident; either way it is a space."""
    return " ".join(_storable(text).split())


def _storable(text: str) -> str:
    return text.replace("\x00", "")
