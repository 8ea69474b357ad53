"""The mail backend of the demo: nothing leaves; mail is read in the outbox under Settings."""

from collections.abc import Sequence

import structlog
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

log = structlog.get_logger(__name__)


class LoggedOnly(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            log.info("mail not sent: EMAIL_URL is log:", to=message.to, subject=message.subject)
        return len(email_messages)
