"""Mail there and back through real servers: a message becomes a ticket, its answer a mail, the reply a message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organisation, Team, User
from delivery.addresses import ticket_of
from delivery.models import Delivery
from delivery.tasks import deliver_due
from escalation import operations as escalation
from intake.fetching.looking import look
from intake.models import MailboxConnection, MailMessage
from tests.intake.real.imap_server import ImapServer
from tests.intake.real.smtp_server import SmtpServer
from tests.intake.real.test_fetching import Connected
from tickets import operations
from tickets.models import Message, Ticket


@pytest.fixture
def fetched(
    server: ImapServer, connected: Connected, user: str, post: SmtpServer
) -> Callable[..., MailMessage]:
    """Lay this message into the mailbox, have it fetched and filed and everything sent that follows; its row."""
    connection: list[MailboxConnection] = []

    def fetch(message: EmailMessage) -> MailMessage:
        server.put(user, message.as_bytes())
        if not connection:
            connection.append(connected())
        found = look(connection[0].pk, now=timezone.now)
        assert (found.trouble, found.taken.stored) == (None, 1)
        work()
        return MailMessage.objects.latest("pk")

    return fetch


def work() -> None:
    """What a worker does: file, tell, send."""
    deliver_due()
    left = Delivery.objects.unfinished().filter(next_at__lte=timezone.now())
    assert [(row.kind, row.last_error) for row in left] == []


def letter(
    sender: User, subject: str, text: str, *, to: str = "support@desk.example", **headers: str
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"{sender.name} <{sender.email}>"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = f"<{abs(hash((subject, text)))}@{sender.email.rpartition('@')[2]}>"
    message["Date"] = "Mon, 23 Nov 2026 09:00:00 +0000"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def answer_to(mail: EmailMessage, sender: User, text: str) -> EmailMessage:
    """As mail programs answer: to Reply-To, with both headers, the old text quoted below."""
    body = mail.get_body(("plain",))
    assert body
    quoted = "\n".join(f"> {line}" for line in body.get_content().splitlines())
    return letter(
        sender,
        f"Re: {mail['Subject']}",
        f"{text}\n\nOn Mon, 23 Nov 2026, Help desk wrote:\n{quoted}\n",
        to=str(mail["Reply-To"] or mail["From"]),
        In_Reply_To=str(mail["Message-ID"]),
        References=f"{mail['References'] or ''} {mail['Message-ID']}".strip(),
    )


def test_a_message_becomes_a_ticket_and_the_conversation_stays_one(
    fetched: Callable[[EmailMessage], MailMessage],
    post: SmtpServer,
    ines: User,
    mira: User,
    service_desk: Team,
    at: datetime,
) -> None:
    first = letter(ines, "VPN drops every 20 minutes", "Since Friday, when I work from home.")
    row = fetched(first)

    ticket = Ticket.objects.get()
    assert (row.state, row.ticket, ticket.requester, ticket.subject) == (
        "filed",
        ticket,
        ines,
        "VPN drops every 20 minutes",
    )
    (receipt,) = post.to(ines.email)
    assert receipt["Auto-Submitted"] == "auto-replied"

    operations.reply(ticket, text="Which client do you use?", by=mira, at=timezone.now())
    work()

    asked = post.to(ines.email)[-1]
    assert "Which client do you use?" in asked.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for mail in (receipt, asked):
        _is_well_headed(mail, ticket, begun_by=str(first["Message-ID"]))
    assert receipt["Message-ID"] != asked["Message-ID"]

    again = fetched(answer_to(asked, ines, "AnyConnect 5.1."))

    assert (again.ticket, again.written.body.strip()) == (ticket, "AnyConnect 5.1.")  # type: ignore[union-attr]
    assert Ticket.objects.count() == 1
    # She answers the first message of all from her phone, which knows nothing but her own mail.
    late = fetched(
        letter(
            ines, "Re: VPN drops every 20 minutes", "It works again.", In_Reply_To=str(first["Message-ID"])
        )
    )
    assert late.ticket == ticket


def _is_well_headed(mail: EmailMessage, ticket: Ticket, *, begun_by: str) -> None:
    """What keeps a conversation together and two machines from writing to each other."""
    assert ticket_of(parseaddr(str(mail["Reply-To"]))[1]) == ticket.pk
    assert parseaddr(str(mail["From"]))[1] == "support@desk.example"
    assert mail["Message-ID"]
    assert begun_by in str(mail["References"]).split()
    assert mail["In-Reply-To"]
    # A person's own words are not marked as automatic (RFC 3834), but ask for no automatic answer.
    assert mail["X-Auto-Response-Suppress"]


def test_a_reply_whose_headers_were_lost_finds_its_ticket_by_the_address(
    fetched: Callable[[EmailMessage], MailMessage], post: SmtpServer, ines: User, service_desk: Team
) -> None:
    fetched(letter(ines, "VPN", "It drops."))
    (receipt,) = post.to(ines.email)

    row = fetched(letter(ines, "something else entirely", "Still.", to=str(receipt["Reply-To"])))

    assert (row.ticket, row.reason) == (Ticket.objects.get(), "token")


def test_the_address_in_the_hands_of_a_stranger_opens_a_ticket_of_their_own(
    fetched: Callable[[EmailMessage], MailMessage],
    post: SmtpServer,
    ines: User,
    otto: User,
    service_desk: Team,
) -> None:
    fetched(letter(ines, "VPN", "It drops."))
    (receipt,) = post.to(ines.email)

    row = fetched(letter(otto, "Re: VPN", "Let me in.", to=str(receipt["Reply-To"])))

    assert row.ticket.requester == otto  # type: ignore[union-attr]
    assert row.reason == "foreign_ticket"
    assert Message.objects.filter(ticket__requester=ines).count() == 1


def test_a_vendor_answers_by_mail(
    fetched: Callable[[EmailMessage], MailMessage],
    post: SmtpServer,
    ines: User,
    mira: User,
    vera: User,
    vendors: Team,
    kestrel: Organisation,
    service_desk: Team,
) -> None:
    fetched(letter(ines, "Line 4 is down", "No connection at all."))
    ticket = Ticket.objects.get()
    escalation.hand_to_vendor(ticket, team=vendors, summary="Is line 4 down?", by=mira, at=timezone.now())
    work()
    asked = post.to(vera.email)[-1]

    row = fetched(answer_to(asked, vera, "We are replacing the line card."))

    assert row.ticket == ticket
    assert (row.written.audience, row.written.author, row.written.body.strip()) == (  # type: ignore[union-attr]
        "vendor",
        vera,
        "We are replacing the line card.",
    )
    # The requester has not read a word of it.
    heard = "".join(str(mail) for mail in post.to(ines.email))
    assert "line card" not in heard


def test_what_a_bounce_says_is_on_the_ticket_and_wakes_nobody(
    fetched: Callable[[EmailMessage], MailMessage], post: SmtpServer, ines: User, service_desk: Team
) -> None:
    fetched(letter(ines, "VPN", "It drops."))
    (receipt,) = post.to(ines.email)
    before = len(post.received)

    row = fetched(_bounce_of(receipt, ines.email))

    assert (row.ticket, row.reason) == (Ticket.objects.get(), "bounce")
    ines.refresh_from_db()
    assert ines.mail_bounced_at is not None
    assert len(post.received) == before


def _bounce_of(mail: EmailMessage, recipient: str) -> Any:
    text = (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.northwind.example\r\nTo: support@desk.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <b1@mx.northwind.example>\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nNo such user.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.northwind.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {mail['Message-ID']}\r\nTo: {recipient}\r\n\r\n"
        "--b--\r\n"
    )

    class Raw(EmailMessage):
        def as_bytes(self, *_: Any, **__: Any) -> bytes:
            return text.encode()

    return Raw()
