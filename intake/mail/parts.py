"""The tree of a message's parts (MIME), split without copying and however broken it is.

The parser of the standard library recurses once for each level and looks at each line once for each level; both
are invitations. This one is bounded in depth and number, and what it leaves out it says in `defects`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.mail import charsets, headers, transfer
from intake.mail.headers import Header

DEEPEST = 40
MOST_PARTS = 10_000

_GUESSED_BOUNDARY = re.compile(
    rb"^--([^\s-][^\r\n]{0,200}?|-{2,}[^\s-][^\r\n]{0,200}?)[ \t]*\r?\nContent-", re.I | re.M
)
_CONTENT = re.compile(rb"(?i)[\r\n]{1,8}content-[a-z]")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}\Z")


@dataclass(slots=True)
class Part:
    """One part. `content` decodes on demand; a multipart has children, a forwarded message one child."""

    raw: bytes = field(repr=False)
    header: Header
    start: int
    end: int
    type: str
    parameters: dict[str, str]
    disposition: str
    disposition_parameters: dict[str, str]
    depth: int
    children: list["Part"] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        return self.type.startswith("multipart/")

    @property
    def filename(self) -> str:
        """As the sender wrote it; make it safe before use."""
        return self.disposition_parameters.get("filename") or self.parameters.get("name") or ""

    @property
    def content_id(self) -> str:
        return headers.decode_words(self.header.first("content-id")).strip().strip("<>").strip()[:998]

    def content(self) -> bytes:
        """The bytes that were sent."""
        data, complaint = transfer.decode(
            self.raw[self.start : self.end], self.header.first("content-transfer-encoding").strip()
        )
        if complaint and complaint not in self.defects:
            self.defects.append(complaint)
        return data

    def text(self) -> str:
        """The words, in whatever charset. Lines end in LF."""
        text, complaint = charsets.decode(self.content(), self.parameters.get("charset", ""))
        if complaint and complaint not in self.defects:
            self.defects.append(complaint)
        return text

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, as they stand in the message. Messages inside are not entered."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


def split(raw: bytes) -> Part:
    """The root of the tree. Defects of every part are in its own list."""
    if b"\r\r\n" in raw[:4096]:  # line ends that were turned twice
        raw = raw.replace(b"\r\r\n", b"\r\n")
    root = _part(raw, 0, len(raw), 0, "text/plain")
    waiting, count = [root], 1
    while waiting:
        part = waiting.pop(0)
        if not part.is_multipart:
            continue
        if part.depth >= DEEPEST:
            part.defects.append(f"parts deeper than {DEEPEST} are not opened")
            part.type = "application/octet-stream"
            continue
        kind = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for start, end in _slices(part):
            if count >= MOST_PARTS:
                root.defects.append(f"more than {MOST_PARTS} parts; the rest is not opened")
                return root
            child = _part(raw, start, end, part.depth + 1, kind)
            part.children.append(child)
            waiting.append(child)
            count += 1
        if not part.children:
            _take_as_text(part)
    return root


def _part(raw: bytes, start: int, end: int, depth: int, default: str) -> Part:
    if depth and start < end and raw[start] in b"\r\n" and not _CONTENT.match(raw, start, end):
        header, body = (
            Header(),
            _after_line_end(raw, start, end),
        )  # a part without a header begins with an empty line
    else:
        header, body = headers.read_header(raw, start, end)
    if depth:
        header.defects = [defect for defect in header.defects if defect != "no header"]
    type_, parameters = headers.value_and_parameters(header.first("content-type"))
    disposition, more = headers.value_and_parameters(header.first("content-disposition"))
    return Part(
        raw=raw,
        header=header,
        start=min(body, end),
        end=end,
        type=_known_type(type_, parameters, default),
        parameters=parameters,
        disposition=disposition,
        disposition_parameters=more,
        depth=depth,
        defects=list(header.defects),
    )


def _known_type(type_: str, parameters: dict[str, str], default: str) -> str:
    """A type that is none is text, unless it names a boundary."""
    type_ = type_.replace(" ", "")
    if _TYPE.match(type_):
        return type_
    if "boundary" in parameters:
        return "multipart/mixed"
    if type_ in ("text", "html", "plain"):
        return "text/html" if type_ == "html" else "text/plain"
    return default


def _slices(part: Part) -> list[tuple[int, int]]:
    """Where the children begin and end."""
    boundary = part.parameters.get("boundary", "").encode("utf-8", "replace")
    found = _lines_of(part, boundary) if boundary else []
    if not found and boundary.strip() != boundary:
        found = _lines_of(part, boundary.strip())
    if not found:
        guess = _GUESSED_BOUNDARY.search(part.raw, part.start, part.end)
        if guess is None:
            return []
        part.defects.append("the boundary between the parts is not the one that is named")
        found = _lines_of(part, guess.group(1).rstrip())
    slices, open_at = [], -1
    for line_start, line_end, is_last in found:
        if open_at >= 0:
            slices.append((open_at, line_start))
        open_at = -1 if is_last else line_end
        if len(slices) > MOST_PARTS:
            return slices
    if open_at >= 0:
        part.defects.append("no final boundary")
        slices.append((open_at, part.end))
    return [(start, max(start, end)) for start, end in slices]


def _lines_of(part: Part, boundary: bytes) -> list[tuple[int, int, bool]]:
    """The lines that are this boundary: where each begins (with the line end before), ends, and if it is the last."""
    raw, mark, lines = part.raw, b"--" + boundary, list[tuple[int, int, bool]]()
    at = raw.find(mark, part.start, part.end)
    while at >= 0 and len(lines) < MOST_PARTS + 2:
        after = at + len(mark)
        is_last = raw.startswith(b"--", after, part.end)
        rest = after + 2 if is_last else after
        while rest < part.end and raw[rest] in b" \t":
            rest += 1
        at_line_start = at == part.start or raw[at - 1] in b"\r\n"
        at_line_end = rest >= part.end or raw[rest] in b"\r\n"
        if at_line_start and (at_line_end or is_last):
            lines.append(
                (_before_line_end(raw, at, part.start), _after_line_end(raw, rest, part.end), is_last)
            )
        at = raw.find(mark, after, part.end)
    return lines


def _before_line_end(raw: bytes, at: int, least: int) -> int:
    if at > least and raw[at - 1 : at] == b"\n":
        at -= 1
    if at > least and raw[at - 1 : at] == b"\r":
        at -= 1
    return at


def _after_line_end(raw: bytes, at: int, most: int) -> int:
    if raw.startswith(b"\r\n", at, most):
        return at + 2
    return min(at + 1, most) if at < most and raw[at] in b"\r\n" else at


def _take_as_text(part: Part) -> None:
    """A multipart in which no part can be found is read as the text that it must be."""
    if part.start < part.end and part.raw[part.start : part.end].strip():
        part.defects.append("a multipart without parts")
        beginning = part.raw[part.start : part.start + 2000].lower()
        part.type = "text/html" if b"<html" in beginning or b"<body" in beginning else "text/plain"
