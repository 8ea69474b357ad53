"""What is known of a mail once it has been read. Plain facts; what to do about them is decided elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox as a header names it. The domain is in lower case; the local part is as it was written."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came along.

    `name` is safe to store and to show: no path, no control characters, at most 150 characters, never empty.
    `type` is what the bytes are where they tell, else what the sender said. `content_id` has no brackets.
    """

    name: str
    type: str
    size: int
    content: bytes = field(repr=False)
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True, slots=True)
class Bounce:
    """One recipient of a delivery report. `status` is like 5.1.1, `action` failed, delayed, delivered ..."""

    recipient: str
    status: str
    action: str
    diagnostic: str

    @property
    def is_permanent(self) -> bool:
        """Whether trying again is of no use."""
        return self.action == "failed" and not self.status.startswith("4")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The mail inside a forward: who wrote it, about what, when and what. `date` is None where unreadable."""

    sender: Address
    subject: str
    date: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """The first event of a calendar part. `method` is REQUEST, REPLY, CANCEL ...; days begin at midnight UTC."""

    method: str
    summary: str
    starts: datetime | None
    ends: datetime | None
    organiser: str
    location: str


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A whole mail. Message ids keep their angle brackets; dates know their zone; addresses: see `Address`."""

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()  # the oldest first
    from_: Address | None = None
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    envelope_to: tuple[str, ...] = ()  # Delivered-To, X-Original-To ...: whom the servers delivered it to
    return_path: str | None = None  # None: no header; "": the null sender
    subject: str = ""
    date: datetime | None = None
    text: str = ""  # the whole of it, as text
    reply_text: str = ""  # only what is new
    html: str = ""  # the whole of it, safe to show
    attachments: tuple[Attachment, ...] = ()
    is_auto: bool = False
    auto_reason: str = ""
    is_bounce: bool = False
    bounces: tuple[Bounce, ...] = ()
    bounced_message_id: str = ""
    is_list: bool = False
    is_spam: bool = False
    spam_reason: str = ""
    forwarded: Forwarded | None = None
    invitation: Invitation | None = None
    is_encrypted: bool = False
    is_signed: bool = False
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # names in lower case
    defects: tuple[str, ...] = ()
