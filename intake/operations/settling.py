"""Writing down what became of a message."""

from datetime import datetime

from intake.identity import storable
from intake.models import MailMessage, Reason, State

LONGEST_DETAIL = 2000


def settle(mail: MailMessage, state: State, reason: Reason, *, at: datetime, detail: str = "") -> MailMessage:
    """Called inside the transaction that has locked the row; what else was set on it is saved with it."""
    mail.state, mail.reason, mail.processed_at = state, reason, at
    # PostgreSQL refuses NUL in text, and a reason that cannot be stored would hide what is wrong.
    mail.detail = storable(detail)[:LONGEST_DETAIL]
    mail.save()
    return mail
