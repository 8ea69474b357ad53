from intake.models.connections import MailboxConnection, MailboxDoor, MissedMail
from intake.models.mailboxes import KnownSender, Mailbox, Policy
from intake.models.messages import (
    LONGEST_ID,
    MailImage,
    MailMessage,
    MailWords,
    RawMail,
    Reason,
    State,
)

__all__ = [
    "LONGEST_ID",
    "KnownSender",
    "MailImage",
    "MailMessage",
    "MailWords",
    "Mailbox",
    "MailboxConnection",
    "MailboxDoor",
    "MissedMail",
    "Policy",
    "RawMail",
    "Reason",
    "State",
]
