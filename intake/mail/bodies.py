"""Which parts of a message are its words, and which are files."""

import re
from dataclasses import dataclass, field

from intake.mail import charsets, files, sealed, transfer, winmail
from intake.mail.parsed import Attachment
from intake.mail.parts import Part, split

_REPORTS = ("message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
            "message/feedback-report", "text/rfc822-headers", "message/global-headers")  # fmt: skip
_UNSHOWN = ("text/x-amp-html", "text/watch-html")  # other forms of what stands beside them
_HTML_IN_PLAIN = re.compile(
    r"\A\s*(?:<!doctype html|<html[\s>]|<body[\s>]|<div[\s>]|<table[\s>])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of what was written. `is_other_form`: it stands in an alternative, beside the same in another form."""

    text: str
    is_html: bool
    is_other_form: bool


@dataclass(slots=True)
class Body:
    """The words and files of one message, and what was met on the way."""

    words: list[Words] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    messages: list[Part] = field(default_factory=list)
    calendars: list[tuple[str, str]] = field(default_factory=list)  # text and method
    is_encrypted: bool = False
    is_signed: bool = False
    defects: list[str] = field(default_factory=list)

    def has(self, *, html: bool) -> bool:
        """Whether there are words in this form."""
        return any(words.is_html == html and words.text.strip() for words in self.words)


def read(root: Part) -> Body:
    """The words and files below this part."""
    body = Body()
    _read(root, body, root, in_alternative=False, level=0)
    if not any(words.text.strip() for words in body.words):
        _take_named(root, body)
    for part in root.walk():
        body.defects += [defect for defect in part.defects if defect not in body.defects]
    return body


def _read(root: Part, body: Body, top: Part, *, in_alternative: bool, level: int) -> None:
    """Walks without recursing into the tree; messages that are wrapped (S/MIME) are read one level further."""
    waiting = [(root, in_alternative)]
    while waiting:
        part, alternative = waiting.pop()
        body.is_signed |= sealed.is_signed_part(part)
        if sealed.is_encrypted_part(part):
            body.is_encrypted = True
        if part.children:
            alternative = alternative or part.type == "multipart/alternative"
            children = part.children
            if part.type == "multipart/alternative":
                children = _best(children)
            waiting.extend((child, alternative) for child in reversed(children))
        elif not part.is_multipart:
            _take(part, body, top, in_alternative=alternative, level=level)


def _take_named(root: Part, body: Body) -> None:
    """Where there are no words, the first text that has a name but is no attachment is what was written."""
    for part in root.walk():
        if (
            part.type not in ("text/plain", "text/html")
            or part.disposition == "attachment"
            or not part.filename
        ):
            continue
        if text := part.text().strip():
            content = part.content()
            body.files = [file for file in body.files if file.content != content]
            body.words.append(Words(text, is_html=part.type == "text/html", is_other_form=False))
            return


def _best(children: list[Part]) -> list[Part]:
    """All alternatives but doubles: of several plain texts the one with words, of several pages the last."""
    plain = [child for child in children if child.type == "text/plain" and not _is_file(child, child)]
    pages = [child for child in children if child.type == "text/html" and not _is_file(child, child)]
    dropped = []
    if len(plain) > 1:
        chosen = next((child for child in plain if child.text().strip()), plain[0])
        dropped += [child for child in plain if child is not chosen]
    if len(pages) > 1:
        chosen = next((child for child in reversed(pages) if child.text().strip()), pages[-1])
        dropped += [child for child in pages if child is not chosen]
    return [child for child in children if not any(child is one for one in dropped)]


def _take(part: Part, body: Body, top: Part, *, in_alternative: bool, level: int) -> None:
    if part.type in _UNSHOWN and in_alternative:
        return
    if part.type.startswith("message/") and part.type not in _REPORTS:
        body.messages.append(part)
    inner = sealed.signed_content(part) if level < 3 else None
    if inner is not None:
        _read(split(inner), body, top, in_alternative=False, level=level + 1)
        return
    if _is_winmail(part):
        found = winmail.read(part.content())
        if found is not None and (found.files or not body.has(html=False)):
            _unwrap(found, body)
            return
    if part.type == "text/calendar" or part.filename.lower().endswith(".ics"):
        body.calendars.append((part.text(), part.parameters.get("method", "")))
    is_other_form = (
        in_alternative and part.type in ("text/plain", "text/html") and part.disposition != "attachment"
    )
    if _is_file(part, top) and not is_other_form:
        _add_file(part, body)
    elif part.type == "text/html":
        body.words.append(Words(part.text(), is_html=True, is_other_form=in_alternative))
    else:
        _add_text(part, body, is_other_form=in_alternative)


def _is_file(part: Part, top: Part) -> bool:
    """Words are text that is not called a file; a message that is but one text is words unless it says otherwise."""
    if not part.type.startswith("text/") or part.type in (
        "text/calendar",
        "text/x-vcard",
        "text/vcard",
        "text/csv",
    ):
        return True
    if part.type in _REPORTS or part.type in (
        "text/xml",
        "text/css",
        "text/javascript",
        "text/x-vcalendar",
        "text/rtf",
    ):
        return True
    if part.disposition == "attachment":
        return True
    if part is top:
        return False
    return bool(part.filename)


def _is_winmail(part: Part) -> bool:
    return (
        part.type in ("application/ms-tnef", "application/vnd.ms-tnef")
        or part.filename.lower() == "winmail.dat"
    )


def _add_text(part: Part, body: Body, *, is_other_form: bool) -> None:
    text = part.text()
    if part.type in ("text/enriched", "text/richtext"):
        text = re.sub(r"<[a-zA-Z/][^<>]{0,100}>", "", text.replace("<<", "<"))
    elif _HTML_IN_PLAIN.match(text) and "</" in text:
        body.words.append(Words(text, is_html=True, is_other_form=is_other_form))
        return
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflowed(text, delsp=part.parameters.get("delsp", "").lower() == "yes")
    text, found = transfer.uu_files(text)
    for name, content in found:
        body.files.append(_file(name, "application/octet-stream", content, len(body.files) + 1))
    body.words.append(Words(text, is_html=False, is_other_form=is_other_form))


def unflowed(text: str, *, delsp: bool) -> str:
    """Lines that were only broken for the journey (RFC 3676) put together. Quotes stay quotes, "-- " stays itself."""
    out: list[list[str]] = []  # the pieces of each line: joined once, for a line may have a million
    open_depth = -1
    for line in text.split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        is_signature = bare == "-- "
        flows = bare.endswith(" ") and not is_signature
        piece = bare[:-1] if flows and delsp else bare
        if open_depth == depth and not is_signature:
            out[-1].append(piece)
        else:
            out.append([">" * depth, " " if depth and bare else "", piece])
        open_depth = depth if flows else -1
    return "\n".join("".join(pieces) for pieces in out)


def _unwrap(found: winmail.Winmail, body: Body) -> None:
    both = bool(found.text.strip() and found.html.strip())
    for text, is_html in ((found.text, False), (found.html, True)):
        if text.strip() and not body.has(html=is_html):
            body.words.append(Words(text, is_html=is_html, is_other_form=both or bool(body.words)))
    for file in found.files:
        body.files.append(_file(file.name, file.type, file.content, len(body.files) + 1, file.content_id))


def _add_file(part: Part, body: Body) -> None:
    content = part.content()
    name = part.filename
    if part.type == "message/rfc822" and not name:
        name = _subject_of(content)
    if part.type == "text/calendar" and not name:
        name = "invite.ics"
    if name.lower().endswith(".ics") and any(one.content == content for one in body.files):
        return  # Google sends the same invitation twice
    body.files.append(_file(name, part.type, content, len(body.files) + 1, part.content_id))


def _file(name: str, type_: str, content: bytes, number: int, content_id: str = "") -> Attachment:
    true = files.true_type(content, type_, name)
    return Attachment(
        name=files.safe_name(name, true, number),
        type=true,
        size=len(content),
        content=content,
        content_id=charsets.clean(content_id),
    )


def _subject_of(content: bytes) -> str:
    subject = split(content[:20_000]).header.text("subject")
    return f"{subject[:120]}.eml" if subject.strip() else ""
