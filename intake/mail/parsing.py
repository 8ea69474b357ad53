"""`parse`: a mail as it came over the wire, understood."""

import email
import email.header
import email.policy
import email.utils
from email.message import Message

import nh3

from intake.mail.parsed import Address, Attachment, ParsedMail


def parse(raw: bytes) -> ParsedMail:
    """What these bytes say. Never raises; what was wrong with them stands in `defects`."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    text, html = _body(message, "text/plain"), _body(message, "text/html")
    return ParsedMail(
        message_id=_header(message, "message-id"),
        in_reply_to=tuple(_header(message, "in-reply-to").split()),
        references=tuple(_header(message, "references").split()),
        from_=next(iter(_addresses(message, "from")), None),
        to=_addresses(message, "to"),
        cc=_addresses(message, "cc"),
        subject=_header(message, "subject"),
        text=text or nh3.clean(html, tags=set()),
        reply_text=text or nh3.clean(html, tags=set()),
        html=nh3.clean(html),
        attachments=tuple(_attachments(message)),
        headers={name.lower(): tuple(map(str, message.get_all(name, []))) for name in message.keys()},  # noqa: SIM118
    )


def _header(message: Message, name: str) -> str:
    value = message.get(name)
    if value is None:
        return ""
    return str(email.header.make_header(email.header.decode_header(value)))


def _addresses(message: Message, name: str) -> tuple[Address, ...]:
    pairs = email.utils.getaddresses([_header(message, name)])
    return tuple(Address(shown, address) for shown, address in pairs if address)


def _body(message: Message, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind and not part.get_filename():
            content = part.get_payload(decode=True)
            return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return ""


def _attachments(message: Message) -> list[Attachment]:
    found = []
    for part in message.walk():
        if name := part.get_filename():
            content = part.get_payload(decode=True)
            data = content if isinstance(content, bytes) else b""
            found.append(Attachment(name, part.get_content_type(), len(data), data))
    return found
