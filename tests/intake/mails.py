"""Messages as they come over the wire, short to write in a test."""

from email.message import EmailMessage
from itertools import count
from typing import Any

NUMBERS = count(1)
MONDAY = "Mon, 23 Nov 2026 08:58:00 +0000"
INES = "Ines Okafor <ines@northwind.example>"
DESK = "support@demo.example"


def mail(
    text: str = "The printer on floor 2 eats paper.",
    *,
    sender: str = INES,
    to: str = DESK,
    subject: str = "Printer eats paper",
    message_id: str | None = None,
    date: str = MONDAY,
    html: str = "",
    files: tuple[tuple[str, str, bytes], ...] = (),
    **headers: Any,
) -> bytes:
    """One message; `headers` such as in_reply_to="<a@b>", auto_submitted="auto-replied"."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Date"] = sender, to, subject, date
    message["Message-ID"] = message_id or f"<{next(NUMBERS)}@northwind.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, kind, content in files:
        main, _slash, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def bounce(of: str, *, to: str = "ines@northwind.example", status: str = "5.1.1") -> bytes:
    """A delivery report (RFC 3464) about our mail with this Message-ID."""
    report: Any = "\n".join(
        (
            "From: Mail Delivery System <MAILER-DAEMON@mx.northwind.example>",
            f"To: {DESK}",
            "Subject: Undelivered Mail Returned to Sender",
            f"Date: {MONDAY}",
            f"Message-ID: <bounce-{next(NUMBERS)}@mx.northwind.example>",
            "Return-Path: <>",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "The mail could not be delivered.",
            "",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.northwind.example",
            "",
            f"Final-Recipient: rfc822; {to}",
            "Action: failed",
            f"Status: {status}",
            "Diagnostic-Code: smtp; 550 5.1.1 no such user",
            "",
            "--b",
            "Content-Type: message/rfc822",
            "",
            f"Message-ID: {of}",
            f"From: {DESK}",
            f"To: {to}",
            "Subject: [TD-1] Printer",
            "",
            "Hello",
            "--b--",
            "",
        )
    )
    return str(report).replace("\n", "\r\n").encode()
