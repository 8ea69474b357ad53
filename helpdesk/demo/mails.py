"""The demo's mailbox, and some mail that came to it: answers, a machine's, a bounce, spam, a stranger."""

from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from zlib import crc32

from accounts.models import User
from delivery.addresses import reply_address
from helpdesk.demo.company import Company
from intake.models import Mailbox
from intake.operations.mailboxes import MailboxWanted, create_mailbox
from intake.operations.receiving import process, store
from tickets.events import without_deliveries
from tickets.models import Status, Ticket

ADDRESS = "support@demo.example"
TRIED_FROM = ["demo.example", "example.com", "example.org", "example.net"]
"""Whoever tries the demo writes from such addresses."""
THANKS = (
    "Thank you. It worked until this morning; now it is as before.\n\nI am here until five.\n\n"
    "> On Friday the service desk wrote:\n> Please try again now.\n"
)
MORE = "One more thing: my colleague at the next desk has it too, since the same day.\n\n-- \nSent from my phone\n"


def make(company: Company, *, at: datetime) -> None:
    """Through the road of every mail; nothing leaves. What it makes of open tickets is said by their requesters."""
    with without_deliveries():
        mailbox = create_mailbox(
            MailboxWanted(name="support", address=ADDRESS, domains=TRIED_FROM, is_default=True),
            by=company.people["ada"],
            at=at,
        )
        for raw in _mails(at):
            process(_store(raw, mailbox, at), at=at)


def _store(raw: bytes, mailbox: Mailbox, at: datetime) -> int:
    return store(raw, mailbox=mailbox, at=at, source="imap").pk


def _mails(at: datetime) -> Iterator[bytes]:
    # Answers go to open tickets, which stay open; what machines send to those that wait changes nothing of them.
    answered, waiting = _newest(Status.OPEN), _newest(Status.PENDING_REQUESTER)
    for ticket, text in zip(answered, (THANKS, MORE), strict=False):
        yield _mail(
            _named(ticket.requester), f"Re: [{ticket.number}] {ticket.subject}", text, at=at, to=_to(ticket)
        )
    for ticket in waiting[:1]:
        away = "I am out of the office until Monday. My mail is not read meanwhile.\n"
        headers = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
        subject = f"Automatic reply: [{ticket.number}] {ticket.subject}"
        yield _mail(_named(ticket.requester), subject, away, at=at, to=_to(ticket), **headers)
    for ticket in waiting[1:2]:
        yield _bounce(ticket, at)
    yield _mail(
        "Prize office <winner@prizes.test>",
        "You have won",
        "Click here to claim your prize today.\n",
        at=at,
        **{"X-Spam-Flag": "YES", "X-Spam-Status": "Yes, score=14.2 required=5.0"},
    )
    yield _mail(
        "Rosa Lindqvist <rosa@lindqvist.test>",
        "Access to the shared calendar",
        "Hello,\n\nI start at Harbour Foods next week and cannot open the shared calendar yet. Can you help?\n\nRosa\n",
        at=at,
    )


def _newest(status: Status) -> list[Ticket]:
    rows = Ticket.objects.filter(status=status, is_restricted=False, requester__is_active=True)
    reachable = rows.exclude(requester__email__endswith=".invalid")
    return list(reachable.select_related("requester").order_by("-pk")[:2])


def _named(person: User) -> str:
    return f"{person.name} <{person.email}>"


def _to(ticket: Ticket) -> str:
    return reply_address(ADDRESS, ticket.pk)


def _mail(sender: str, subject: str, text: str, *, at: datetime, to: str = ADDRESS, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{crc32((sender + subject).encode()):x}@mail.demo.example>"
    for name, value in headers.items():
        message[name] = value
    message.set_content(text)
    return message.as_bytes()


def _bounce(ticket: Ticket, at: datetime) -> bytes:
    """What a mail server says of a mailbox that is full (RFC 3464)."""
    lines = (
        "From: Mail Delivery System <MAILER-DAEMON@mx.demo.example>",
        f"To: {_to(ticket)}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(at)}",
        "Message-ID: <bounce-1@mx.demo.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="part"',
        "",
        "--part",
        "Content-Type: text/plain",
        "",
        "Your mail could not be delivered: the mailbox is full.",
        "",
        "--part",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.demo.example",
        "",
        f"Final-Recipient: rfc822; {ticket.requester.email}",
        "Action: failed",
        "Status: 4.2.2",
        "Diagnostic-Code: smtp; 452 4.2.2 The mailbox is full",
        "",
        "--part--",
        "",
    )
    return "\r\n".join(lines).encode()
