"""The header of a message: lines, values, parameters, encoded words, message ids, dates.

Nothing here raises. Every loop is linear in what it reads: a header of a megabyte costs milliseconds.
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from intake.mail import charsets

MOST_LINES = 20_000
LONGEST_VALUE = 1_000_000
MOST_UNLABELLED = 50

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_WELL_KNOWN = re.compile(
    rb"(?i)(?:from|to|cc|bcc|date|subject|message-id|mime-version|received|return-path|reply-to|sender|in-reply-to|"
    rb"references|content-[a-z-]{1,40}|x-[a-z0-9-]{1,80}|list-[a-z-]{1,40}|dkim-signature|delivered-to)[ \t]*:"
)
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_WORD_START = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?")
_PARAMETER = re.compile(r'(?:[^;"\\]+|"(?:[^"\\]|\\.)*(?:"|\Z)|\\.|\\\Z)+', re.DOTALL)
_EXTENDED = re.compile(r"^([^*]+)(?:\*([0-9]{1,4}))?(\*)?$")
_ID = re.compile(r"<[^<>\s]{1,996}>")
_LOOSE_ID = re.compile(r"[^\s<>,;\"()]{1,500}@[^\s<>,;\"()]{1,500}")
_ZONE_IN_WORDS = re.compile(r"\(([^()]*)\)")
_ISO_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?"
)


@dataclass(slots=True)
class Header:
    """The fields of one header in their order. Names are in lower case, values unfolded but not decoded."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    defects: list[str] = field(default_factory=list)
    unlabelled: list[tuple[str, int, bytes]] = field(default_factory=list)  # 8-bit values: name, place, bytes

    def first(self, name: str) -> str:
        values = self.fields.get(name)
        return values[0] if values else ""

    def all(self, name: str) -> list[str]:
        return self.fields.get(name, [])

    def text(self, name: str) -> str:
        """The first value of that name in the words its writer saw."""
        return " ".join(decode_words(self.first(name)).split())


def read_header(raw: bytes, start: int, end: int) -> tuple[Header, int]:
    """The header that begins at `start`, and where the body begins."""
    header = Header()
    at, name, pieces, count = _skipped(raw, start, end), "", list[bytes](), 0
    while at < end:
        found = _LINE.match(raw, at, end)
        line, after = (found.group().rstrip(b"\r\n"), found.end()) if found else (b"", end)
        if not line.strip():
            if line and _NAME.match(raw, after, end) and count:  # a line of blanks inside of a header
                at = after
                continue
            at = after
            break
        fits = _NAME.match(line)
        if line[:1] in b" \t" and name:
            pieces.append(line)
        elif fits:
            _add(header, name, pieces)
            name, pieces = fits.group(1).decode("ascii").lower(), [line[fits.end() :]]
        elif line.startswith((b"From ", b">From ")) and not count:
            pass
        elif _goes_on(raw, after, end) and name:
            header.defects.append("a line of the header that is none")
            pieces.append(b" " + line)
        else:
            header.defects.append("no empty line after the header" if count else "no header")
            break
        count += 1
        at = after
        if count > MOST_LINES:
            header.defects.append("more lines of header than are read")
            at = _end_of_header(raw, at, end)
            break
    _add(header, name, pieces)
    _read_as_the_body(header)
    return header, at


def _skipped(raw: bytes, start: int, end: int) -> int:
    """Past a byte order mark, empty lines and the first line of a mailbox file."""
    if raw.startswith(b"\xef\xbb\xbf", start, end):
        start += 3
    while start < end and raw[start] in b"\r\n":
        start += 1
    return start


def _goes_on(raw: bytes, at: int, end: int) -> bool:
    """Whether one of the next two lines is surely a header: then the one before was torn, not the first of the body."""
    for _ in range(2):
        if _WELL_KNOWN.match(raw, at, end):
            return True
        found = _LINE.match(raw, at, end)
        if found is None or not found.group().strip():
            return False
        at = found.end()
    return False


def _end_of_header(raw: bytes, at: int, end: int) -> int:
    found = re.compile(rb"\r?\n\r?\n|\r\r").search(raw, at, end)
    return found.end() if found else end


def _add(header: Header, name: str, pieces: list[bytes]) -> None:
    if not name:
        return
    value = b"".join(pieces)
    if len(value) > LONGEST_VALUE:
        header.defects.append(f"{name} is longer than is read")
        value = value[:LONGEST_VALUE]
    values = header.fields.setdefault(name, [])
    if not value.isascii() and len(header.unlabelled) < MOST_UNLABELLED:
        header.unlabelled.append((name, len(values), value))
    values.append(_as_text(value).strip())


def _as_text(value: bytes, label: str = "") -> str:
    """Raw 8-bit in a header is against the rules and everywhere: UTF-8 mostly, else what it looks like."""
    return charsets.decode(value, label)[0].replace("\n", " ")


def _read_as_the_body(header: Header) -> None:
    """Raw 8-bit that is no UTF-8 is in the charset of the words below, unless that is one that says nothing."""
    label = (
        value_and_parameters(header.first("content-type"))[1].get("charset", "") if header.unlabelled else ""
    )
    codec = charsets.codec_of(label) if label else ""
    if codec in ("", "ascii", "cp1252", "hz") or codec.startswith(("utf_", "iso2022")):
        return
    for name, place, value in header.unlabelled:
        try:
            value.decode("utf-8")
        except UnicodeDecodeError:
            header.fields[name][place] = _as_text(value, label).strip()


def decode_words(value: str) -> str:
    """With encoded words (RFC 2047) read.

    Words next to each other are joined before they are decoded: many mailers split them within a character.
    Words within quotes, with blanks in them or without an end are read too.
    """
    if "=?" not in value:
        return value
    out: list[str] = []
    open_charset, open_bytes = "", bytearray()
    last = 0
    for start, end, charset, data in _words(value):
        between = value[last:start]
        if data is None:
            continue
        if open_bytes and (between.strip() or charset != open_charset):
            out.append(charsets.decode(bytes(open_bytes), open_charset)[0])
            open_bytes = bytearray()
        if between.strip() or not last:
            out.append(between)
        open_charset = charset
        open_bytes += data
        last = end
    if open_bytes:
        out.append(charsets.decode(bytes(open_bytes), open_charset)[0])
    out.append(value[last:])
    return charsets.clean("".join(out)).replace("\n", " ")


def _words(value: str) -> Iterator[tuple[int, int, str, bytes | None]]:
    at = 0
    while found := _WORD_START.search(value, at):
        end = value.find("?=", found.end(), found.end() + 2000)
        if end < 0:
            end = len(value)
            if len(value) - found.end() > 2000:
                at = found.end()
                continue
        charset = found.group(1).partition("*")[0].lower()
        yield (
            found.start(),
            min(end + 2, len(value)),
            charset,
            _word(value[found.end() : end], found.group(2)),
        )
        at = min(end + 2, len(value))


def _word(text: str, encoding: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    return binascii.a2b_base64(letters[: len(letters) - (len(letters) % 4 == 1)] + b"==")


def value_and_parameters(value: str) -> tuple[str, dict[str, str]]:
    """`text/plain; charset=utf-8` as ("text/plain", {"charset": "utf-8"}); pieces (RFC 2231) are put together."""
    main, _, rest = value[:65_536].partition(";")
    first, _, torn = main.strip().partition(" ")
    if "=" in torn:  # no semicolon before the first parameter
        main, rest = first, f"{torn};{rest}"
    found: dict[str, list[tuple[int, bool, str]]] = {}
    for piece in _PARAMETER.findall(rest):
        name, _, text = (side.strip() for side in piece.partition("="))
        match = _EXTENDED.match(name.lower())
        if match is None or not text:
            continue
        base, number, extended = match.groups()
        if text.startswith('"'):
            text = re.sub(
                r"\\([\"\\])", r"\1", text[1:].partition('"')[0] if "\\" not in text else text.strip('"')
            )
        found.setdefault(base, []).append((int(number or 0), bool(extended), text.strip()))
        if len(found) > 200:
            break
    return main.strip().strip('"').lower(), {name: _joined(pieces) for name, pieces in found.items()}


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """Extended pieces win over plain ones of the same number; the first says the charset."""
    if not any(extended for _, extended, _ in pieces):
        numbered: dict[int, str] = {}
        for number, _, text in pieces:
            numbered.setdefault(number, text)
        return decode_words("".join(numbered[number] for number in sorted(numbered)))
    chosen: dict[int, tuple[bool, str]] = {}
    for number, extended, text in pieces:
        if number not in chosen or (extended and not chosen[number][0]):
            chosen[number] = (extended, text)
    charset, data = "", bytearray()
    for number in sorted(chosen):
        extended, text = chosen[number]
        if extended and number == min(chosen) and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
    return charsets.decode(bytes(data), charset)[0].replace("\n", " ")


def message_ids(value: str) -> tuple[str, ...]:
    """The ids in a value, each with its angle brackets and once, in their order. Comments and words are passed over."""
    value = decode_words(value)
    found = _ID.findall(value)
    if not found:
        found = [f"<{bare}>" for bare in _LOOSE_ID.findall(value)]
    return tuple(dict.fromkeys(found))


def message_id(value: str) -> str:
    """The id of a message with its angle brackets; "" where there is none. A bare word is taken as it is."""
    found = message_ids(value)
    if found:
        return found[0]
    bare = decode_words(value).strip().strip("<>")
    return f"<{bare}>" if bare and not re.search(r"\s", bare) and len(bare) < 500 else ""


def date(value: str) -> datetime | None:
    """The moment a Date header names, with its zone; UTC where it names none. None where it is none."""
    value = " ".join(value.split())[:200]
    if not value:
        return None
    for text in (value, _ZONE_IN_WORDS.sub("", value), re.sub(r"(\d)[.](\d\d)(?=[. ]|$)", r"\1:\2", value)):
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            continue
        return _within(moment)
    if found := _ISO_DATE.search(value):
        year, month, day, hour, minute, second, zone = found.groups()
        zone = (zone or "Z").replace("Z", "+00:00")
        text = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:{second or '00'}{zone}"
        try:
            return _within(datetime.fromisoformat(text))
        except ValueError:
            return None
    return None


def _within(moment: datetime) -> datetime | None:
    """With a zone, and in years that a database and every zone can hold."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        offset = aware.utcoffset()
        if not 1970 <= aware.astimezone(UTC).year <= 2200 or offset is None:
            return None
    except (OverflowError, ValueError):
        return None
    return aware


def decoded(header: Header) -> Mapping[str, tuple[str, ...]]:
    """All fields as people read them."""
    return {name: tuple(decode_words(value) for value in values) for name, values in header.fields.items()}
