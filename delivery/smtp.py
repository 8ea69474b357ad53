"""Mail by SMTP: Django's way, with two things more. It tells which recipients a server refused while it took the
others, and whether a connection that was left open still stands.
"""

import smtplib
from email.mime.base import MIMEBase
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend as DjangoBackend
from django.core.mail.message import SafeMIMEMultipart, sanitize_address

Refusals = dict[str, tuple[int, bytes]]
"""By address, as it stands in the mail: the server's code and words."""


class Outgoing(EmailMultiAlternatives):
    """A message with its own list of recipients, which may be fewer than its headers name, and pictures in its HTML.

    Those belong to the words (multipart/related): no mail program lists them among the files.
    """

    def __init__(self, *args: Any, recipients: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.still_to_go = recipients
        self.refused: Refusals = {}
        self.inline: list[MIMEBase] = []

    def recipients(self) -> list[str]:
        return self.still_to_go

    def _create_alternatives(self, msg: Any) -> Any:
        words = super()._create_alternatives(msg)  # type: ignore[misc]
        if not self.inline:
            return words
        related = SafeMIMEMultipart(_subtype="related", encoding=self.encoding or settings.DEFAULT_CHARSET)
        for part in [words, *self.inline]:
            related.attach(part)
        return related


class EmailBackend(DjangoBackend):
    def is_alive(self) -> bool:
        """Whether the server still answers; a server hangs up on who has been silent for long."""
        try:
            return self.connection is not None and self.connection.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _send(self, email_message: EmailMessage) -> bool:
        recipients = email_message.recipients()
        if not recipients or self.connection is None:
            return False
        encoding = str(email_message.encoding or settings.DEFAULT_CHARSET)
        wire = {sanitize_address(address, encoding): address for address in recipients}
        try:
            refused = self.connection.sendmail(
                sanitize_address(email_message.from_email, encoding),
                list(wire),
                email_message.message().as_bytes(linesep="\r\n"),  # type: ignore[call-arg]
            )
        except smtplib.SMTPRecipientsRefused as error:
            raise smtplib.SMTPRecipientsRefused(_by_address(error.recipients, wire)) from error
        if isinstance(email_message, Outgoing):
            email_message.refused = _by_address(refused, wire)
        return True


def _by_address(refused: Any, wire: dict[str, str]) -> Refusals:
    return {wire.get(address, address): (int(code), why) for address, (code, why) in refused.items()}
