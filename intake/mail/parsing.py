"""`parse`: a mail as it came over the wire, understood. The order of the parts of this package in one place."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from html import escape
from types import MappingProxyType

from intake.mail import (
    addresses,
    automatic,
    bodies,
    bounces,
    calendars,
    charsets,
    cleaning,
    files,
    forwards,
    headers,
    parts,
    quoting,
    rendering,
    sealed,
    transfer,
)
from intake.mail.bodies import Body
from intake.mail.headers import Header
from intake.mail.parsed import Address, Attachment, Forwarded, ParsedMail
from intake.mail.parts import Part

MOST_IDS = 500
DEEPEST_MESSAGE = 3

_ENVELOPE = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-forwarded-to",
             "x-rcpt-to", "apparently-to", "x-real-to")  # fmt: skip
_CID = re.compile(r"""src="cid:([^"]{1,998})\"""")
_UNREADABLE = "this mail could not be taken apart; its bytes are shown as text"


def parse(raw: bytes) -> ParsedMail:
    """What these bytes say. Never raises; what was wrong with them stands in `defects`."""
    try:
        return _parsed(raw, level=0)
    except Exception:  # a mail nobody thought of is shown as it is, and its mailbox goes on
        text = charsets.decode(raw)[0]
        return ParsedMail(text=text, reply_text=text.strip(), defects=(_UNREADABLE,))


def _parsed(raw: bytes, *, level: int) -> ParsedMail:
    root = parts.split(raw)
    body = bodies.read(root)
    header = root.header
    words = _words(body)
    subject = header.text("subject")
    in_reply_to = headers.message_ids(header.first("in-reply-to"))[:MOST_IDS]
    references = headers.message_ids(header.first("references"))[-MOST_IDS:]
    is_answer = bool(in_reply_to or references) or forwards.is_reply_subject(subject)
    mail = ParsedMail(
        message_id=headers.message_id(header.first("message-id")),
        in_reply_to=in_reply_to,
        references=references,
        subject=subject,
        date=headers.date(headers.decode_words(header.first("date"))),
        text=words.text,
        reply_text=_reply(words, is_answer=is_answer),
        html=words.html,
        attachments=_attachments(body, words),
        is_encrypted=body.is_encrypted or sealed.is_pgp_message(words.text),
        is_signed=body.is_signed or "-----BEGIN PGP SIGNED MESSAGE-----" in words.text,
        headers=MappingProxyType(dict(headers.decoded(header))),
        defects=tuple(dict.fromkeys(body.defects))[:50],
    )
    mail = _with_people(mail, header)
    mail = _with_nature(mail, root)
    return _with_contents(mail, body, words, level=level)


@dataclass(frozen=True, slots=True)
class _Words:
    """The whole text, the text with marks of what is old (of the plain text and of the HTML), and the safe HTML."""

    text: str
    plain: str
    rendered: str
    html: str
    pictures: tuple[Attachment, ...]


def _words(body: Body) -> _Words:
    pages = [words for words in body.words if words.is_html and words.text.strip()]
    plain = [words for words in body.words if not words.is_html and words.text.strip()]
    rendered = [rendering.render(page.text) for page in pages]
    marked = "\n\n".join(page.text for page in rendered if page.text.strip())
    pictures: list[Attachment] = []
    html = "\n".join(
        cleaning.as_text(rendering.plain(shown.text)) if shown.is_monstrous else _safe(page.text, pictures)
        for page, shown in zip(pages, rendered, strict=True)
    )
    text = "\n\n".join(_trimmed(words.text) for words in plain)
    if pages and plain and not any(page.is_other_form for page in pages):
        by_page = dict(zip(map(id, pages), rendered, strict=True))
        text = marked = (
            "\n\n".join(  # an HTML part beside plain ones, not in their place: all of them, as they stand
                by_page[id(words)].text if words.is_html else _trimmed(words.text)
                for words in body.words
                if words.text.strip()
            )
        )
        html = (
            "\n".join(
                (_as_paragraph(words.text) for words in plain),
            )
            + "\n"
            + html
        )
    elif not text or _is_stub(text, rendering.plain(marked)):
        text = marked
    return _Words(_trimmed(rendering.plain(text)), text, marked, html.strip(), tuple(pictures))


def _trimmed(text: str) -> str:
    return text.strip("\n").rstrip()


def _as_paragraph(text: str) -> str:
    return f"<pre>{escape(_trimmed(text), quote=False)}</pre>"


def _is_stub(text: str, html_text: str) -> bool:
    """Whether the plain text only says that there is HTML: short, and none of its words are in the HTML."""
    if len(text) > 1000 or len(html_text.strip()) < 20:
        return False
    said = set(re.findall(r"\w{4,}", text.lower()))
    shown = set(re.findall(r"\w{4,}", html_text[:20_000].lower()))
    if len(text) * 2 < len(html_text) and re.search(
        r"(?i)html|browser|view (?:this|it) online|webversion", text
    ):
        return len(said & shown) * 2 <= len(said)
    return len(said & shown) * 5 <= len(said) and len(text) * 4 < len(html_text)


def _safe(html: str, pictures: list[Attachment]) -> str:
    """The HTML made safe. Pictures that stand in its addresses become files under a content id of their own."""

    def keep(address: str) -> str | None:
        data, complaint = transfer.decode(address.partition(",")[2].encode("ascii", "ignore"), "base64")
        if complaint or not data or len(pictures) >= 200:
            return None
        known = next((one for one in pictures if one.content == data), None)
        if known is None:
            type_ = files.true_type(data, address[5:].partition(";")[0].lower(), "")
            if not type_.startswith("image/"):
                return None
            number = len(pictures) + 1
            name, content_id = files.safe_name("", type_, number), f"picture-{number}@in.html"
            known = Attachment(name, type_, len(data), data, content_id, is_inline=True)
            pictures.append(known)
        return f"cid:{known.content_id}"

    return cleaning.safe(html, keep_picture=keep)


def _reply(words: _Words, *, is_answer: bool) -> str:
    """The new words, from the plain text where it shows its quotes, else from the HTML where that does."""
    plain, _ = sealed.without_armour(words.plain)
    found = quoting.separate(plain, is_answer=is_answer)
    if not found.has_quote and words.rendered and words.rendered is not words.plain:
        shown = quoting.separate(words.rendered, is_answer=is_answer)
        if shown.has_quote and shown.new:
            return shown.new
    return found.new or words.text.strip()


def _attachments(body: Body, words: _Words) -> tuple[Attachment, ...]:
    shown = set(_CID.findall(words.html))
    shown |= {entity.replace("&amp;", "&") for entity in shown}
    seen = tuple(
        replace(file, is_inline=True) if file.content_id and file.content_id in shown else file
        for file in body.files
    )
    return seen + words.pictures


def _with_people(mail: ParsedMail, header: Header) -> ParsedMail:
    senders = _addresses(header, "from")
    return_path = header.all("return-path")
    return replace(
        mail,
        from_=senders[0] if senders else None,
        sender=next(iter(_addresses(header, "sender")), None) or (senders[1] if len(senders) > 1 else None),
        reply_to=_addresses(header, "reply-to"),
        to=_addresses(header, "to"),
        cc=_addresses(header, "cc"),
        envelope_to=tuple(
            dict.fromkeys(address.address for name in _ENVELOPE for address in _addresses(header, name))
        ),
        return_path=_path(return_path[0]) if return_path else None,
    )


def _path(value: str) -> str:
    """The address in a Return-Path; "" only for the null sender, not for what has no domain."""
    return addresses.normal(value) or value.strip("<> \t")[:300]


def _addresses(header: Header, name: str) -> tuple[Address, ...]:
    found: dict[str, Address] = {}
    for value in header.all(name)[:200]:
        for address in addresses.read(value):
            found.setdefault(address.address, address)
    return tuple(found.values())


def _with_nature(mail: ParsedMail, root: Part) -> ParsedMail:
    """Whether it is a report, automatic, from a list, spam."""
    subject, header = mail.subject[:1000], root.header
    sender = mail.from_.address if mail.from_ else header.first("from")[:300]
    report = bounces.read(root, subject=subject, sender=sender, text=mail.text, return_path=mail.return_path)
    reason = automatic.reason(header, root, subject=subject, sender=sender, return_path=mail.return_path)
    spam = automatic.spam_reason(header)
    return replace(
        mail,
        is_bounce=report.is_bounce,
        bounces=report.bounces,
        bounced_message_id=report.message_id,
        is_auto=bool(reason) or report.is_bounce,
        auto_reason=reason or ("a bounce" if report.is_bounce else ""),
        is_list=automatic.is_list(header),
        is_spam=bool(spam),
        spam_reason=spam,
    )


def _with_contents(mail: ParsedMail, body: Body, words: _Words, *, level: int) -> ParsedMail:
    """With what is inside: a mail that was forwarded, an invitation."""
    invitation = next(
        (read for text, method in body.calendars if (read := calendars.read(text, method=method))), None
    )
    forwarded: Forwarded | None = None
    if not mail.is_bounce and not mail.is_auto:
        zone: tzinfo = (mail.date.tzinfo if mail.date else None) or UTC
        forwarded = forwards.in_text(words.plain, subject=mail.subject, zone=zone)
        if forwarded is None and words.rendered is not words.plain:
            forwarded = forwards.in_text(words.rendered, subject=mail.subject, zone=zone)
        if forwarded is None and level < DEEPEST_MESSAGE:
            forwarded = _attached(body, level=level)
    return replace(mail, invitation=invitation, forwarded=forwarded)


def _attached(body: Body, *, level: int) -> Forwarded | None:
    """The first message that came as a file."""
    for part in body.messages:
        inner = _parsed(part.content(), level=level + 1) if part.type == "message/rfc822" else None
        if inner is not None and inner.from_ is not None:
            return Forwarded(inner.from_, inner.subject, inner.date, inner.text)
    return None
