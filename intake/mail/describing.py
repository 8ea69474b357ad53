"""A parsed mail as plain data: what `manage.py parse_mail` prints and what the corpus of tests compares."""

from datetime import datetime
from typing import Any

from intake.mail.parsed import Address, Bounce, Forwarded, Invitation, ParsedMail


def as_data(mail: ParsedMail) -> dict[str, Any]:
    """`from`, `to` and `cc` are bare addresses; the names stand beside them. Ids keep their angle brackets."""
    return {
        "from": mail.from_.address if mail.from_ else "",
        "from_name": mail.from_.name if mail.from_ else "",
        "to": _bare(mail.to),
        "cc": _bare(mail.cc),
        "names": {
            address.address: address.name
            for address in (*mail.to, *mail.cc, *mail.reply_to, *([mail.from_] if mail.from_ else []))
            if address.name
        },
        "sender": mail.sender.address if mail.sender else "",
        "reply_to": _bare(mail.reply_to),
        "envelope_to": list(mail.envelope_to),
        "return_path": mail.return_path,
        "subject": mail.subject,
        "date": _time(mail.date),
        "message_id": mail.message_id,
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "text": mail.text,
        "reply_text": mail.reply_text,
        "html": mail.html,
        "attachments": [
            {
                "name": file.name,
                "type": file.type,
                "size": file.size,
                "content_id": file.content_id,
                "is_inline": file.is_inline,
            }
            for file in mail.attachments
        ],
        "is_auto": mail.is_auto,
        "auto_reason": mail.auto_reason,
        "is_bounce": mail.is_bounce,
        "bounces": [_bounce(bounce) for bounce in mail.bounces],
        "bounced_message_id": mail.bounced_message_id,
        "is_list": mail.is_list,
        "is_spam": mail.is_spam,
        "spam_reason": mail.spam_reason,
        "is_encrypted": mail.is_encrypted,
        "is_signed": mail.is_signed,
        "forwarded": _forwarded(mail.forwarded),
        "invitation": _invitation(mail.invitation),
        "defects": list(mail.defects),
    }


def _bare(addresses: tuple[Address, ...]) -> list[str]:
    return [address.address for address in addresses]


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _bounce(bounce: Bounce) -> dict[str, Any]:
    return {
        "recipient": bounce.recipient,
        "status": bounce.status,
        "action": bounce.action,
        "diagnostic": bounce.diagnostic,
    }


def _forwarded(forwarded: Forwarded | None) -> dict[str, Any] | None:
    if forwarded is None:
        return None
    return {
        "from": forwarded.sender.address,
        "from_name": forwarded.sender.name,
        "subject": forwarded.subject,
        "date": _time(forwarded.date),
        "text": forwarded.text,
    }


def _invitation(invitation: Invitation | None) -> dict[str, Any] | None:
    if invitation is None:
        return None
    return {
        "method": invitation.method,
        "summary": invitation.summary,
        "starts": _time(invitation.starts),
        "ends": _time(invitation.ends),
        "organiser": invitation.organiser,
        "location": invitation.location,
    }
