"""TNEF (winmail.dat): what Outlook and Exchange wrap a mail in when they take the reader for one of their own.

Read by hand, for the library (tnefparse) believes the counts that it finds: a file of fifty bytes keeps it busy for
hours, and each object costs a copy of all that follows. Nothing here loops longer than its bytes last.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.mail import charsets

SIGNATURE = b"\x78\x9f\x3e\x22"
MOST_OBJECTS = 20_000
MOST_PROPERTIES = 20_000

_ATTACH_START, _ATTACH_TITLE, _ATTACH_DATA, _ATTACHMENT = 0x9002, 0x8010, 0x800F, 0x9005
_BODY, _PROPERTIES, _CODEPAGE = 0x800C, 0x9003, 0x9007
_P_BODY, _P_HTML, _P_RTF, _P_CODEPAGE = 0x1000, 0x1013, 0x1009, 0x3FDE
_P_DATA, _P_LONG_NAME, _P_NAME, _P_TYPE, _P_CONTENT_ID = 0x3701, 0x3707, 0x3704, 0x370E, 0x3712
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8,
          0x0040: 8, 0x0048: 16, 0x0001: 4}  # fmt: skip
_VARIABLE = frozenset([0x000D, 0x001E, 0x001F, 0x0102])
_RTF_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


@dataclass(slots=True)
class WinmailFile:
    """A file inside. Its name may be empty."""

    name: str = ""
    type: str = ""
    content_id: str = ""
    content: bytes = b""


@dataclass(slots=True)
class Winmail:
    """What was inside: files, and the text where the mail itself has none."""

    text: str = ""
    html: str = ""
    files: list[WinmailFile] = field(default_factory=list)


def read(data: bytes) -> Winmail | None:
    """What is inside; None where it is no TNEF. A file that breaks off gives what came before."""
    if not data.startswith(SIGNATURE):
        return None
    found, codepage = Winmail(), "cp1252"
    for level, name, content in _objects(data):
        if name == _CODEPAGE and len(content) >= 4:
            codepage = f"cp{struct.unpack_from('<I', content)[0]}"
        elif name == _BODY:
            found.text = charsets.decode(content.rstrip(b"\0"), codepage)[0]
        elif name == _PROPERTIES and level == 1:
            _read_message(found, content, codepage)
        elif name == _ATTACH_START:
            found.files.append(WinmailFile())
        elif level == 2:
            if not found.files:
                found.files.append(WinmailFile())
            _read_file(found.files[-1], name, content, codepage)
    found.files = [file for file in found.files if file.content or file.name]
    return found


def _objects(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 6
    for _ in range(MOST_OBJECTS):
        if at + 9 > len(data):
            return
        level, name, _kind, length = struct.unpack_from("<BHHI", data, at)
        if level not in (1, 2):
            return
        yield level, name, data[at + 9 : at + 9 + length]
        at += 9 + length + 2


def _read_message(found: Winmail, content: bytes, codepage: str) -> None:
    html, rtf, said = b"", b"", codepage
    for name, kind, value in _properties(content):
        if name == _P_CODEPAGE and len(value) >= 4:
            said = f"cp{struct.unpack_from('<I', value)[0]}"
        elif name == _P_BODY:
            found.text = _string(value, kind, codepage)
        elif name == _P_HTML:
            html = value
        elif name == _P_RTF:
            rtf = value
    if html:
        found.html = charsets.decode(html.rstrip(b"\0"), said)[0]
    if rtf and not found.text and not found.html:
        found.text = rtf_text(decompressed(rtf))


def _read_file(file: WinmailFile, name: int, content: bytes, codepage: str) -> None:
    if name == _ATTACH_TITLE:
        file.name = file.name or charsets.decode(content.rstrip(b"\0"), codepage)[0]
    elif name == _ATTACH_DATA:
        file.content = content
    elif name == _ATTACHMENT:
        for property_, kind, value in _properties(content):
            if property_ == _P_LONG_NAME or (property_ == _P_NAME and not file.name):
                file.name = _string(value, kind, codepage)
            elif property_ == _P_DATA and not file.content:
                file.content = value
            elif property_ == _P_TYPE:
                file.type = _string(value, kind, codepage).lower()
            elif property_ == _P_CONTENT_ID:
                file.content_id = _string(value, kind, codepage).strip("<>")


def _string(value: bytes, kind: int, codepage: str) -> str:
    text = charsets.decode(value, "utf-16-le" if kind == 0x001F else codepage)[0]
    return text.rstrip("\0")


def _properties(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The properties up to the first that cannot be read."""
    if len(content) < 4:
        return
    count, at = min(struct.unpack_from("<I", content)[0], MOST_PROPERTIES), 4
    try:
        for _ in range(count):
            kind, name = struct.unpack_from("<HH", content, at)
            at += 4
            if name >= 0x8000:
                at = _past_name(content, at)
            is_many, kind = bool(kind & 0x1000), kind & ~0x1000
            values = 1
            if is_many or kind in _VARIABLE:
                values = struct.unpack_from("<I", content, at)[0]
                at += 4
            for _value in range(min(values, MOST_PROPERTIES)):
                if at >= len(content):
                    return
                length = _FIXED.get(kind, 0)
                if kind in _VARIABLE:
                    length = struct.unpack_from("<I", content, at)[0]
                    at += 4
                elif not length:
                    return
                yield name, kind, content[at : at + length]
                at += length + (-length % 4)
    except struct.error:
        return


def _past_name(content: bytes, at: int) -> int:
    by_name = struct.unpack_from("<I", content, at + 16)[0]
    if not by_name:
        return at + 24
    length: int = struct.unpack_from("<I", content, at + 20)[0]
    return at + 24 + length + (-length % 4)


def decompressed(data: bytes) -> bytes:  # noqa: PLR0911  (each way in which it can break off)
    """RTF as Exchange packs it (LZFu). What is broken ends where it breaks."""
    if len(data) < 16:
        return b""
    size = min(struct.unpack_from("<I", data, 4)[0], 20_000_000)
    if data[8:12] == b"MELA":
        return data[16 : 16 + size]
    if data[8:12] != b"LZFu":
        return b""
    ring, write = bytearray(_RTF_DICTIONARY.ljust(4096, b"\0")), len(_RTF_DICTIONARY)
    out, at = bytearray(), 16
    while at < len(data) and len(out) < size:
        control = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data) or len(out) >= size:
                return bytes(out)
            if not control >> bit & 1:
                out.append(data[at])
                ring[write], write, at = data[at], (write + 1) % 4096, at + 1
                continue
            if at + 1 >= len(data):
                return bytes(out)
            pair = data[at] << 8 | data[at + 1]
            at += 2
            read, length = pair >> 4, (pair & 15) + 2
            if read == write:
                return bytes(out)
            for _ in range(length):
                byte = ring[read]
                out.append(byte)
                ring[write], write, read = byte, (write + 1) % 4096, (read + 1) % 4096
    return bytes(out)


def rtf_text(rtf: bytes) -> str:
    """The words of an RTF, roughly: enough to be read where nothing else came."""
    text, out, at, hidden, depth = rtf.decode("latin-1"), list[str](), 0, 0, 0
    while at < len(text):
        letter = text[at]
        at += 1
        if letter == "{":
            depth += 1
            if not hidden and text.startswith(_RTF_SKIPPED, at):
                hidden = depth
        elif letter == "}":
            hidden = 0 if depth == hidden else hidden
            depth -= 1
        elif letter == "\\":
            word, at = _rtf_word(text, at)
            if not hidden:
                out.append(word)
        elif letter not in "\r\n" and not hidden:
            out.append(letter)
    return charsets.clean("".join(out)).strip()


_RTF_SKIPPED = (r"\*\ ".strip(), r"\fonttbl", r"\colortbl", r"\stylesheet", r"\info", r"\pict", r"\*")


def _rtf_word(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] == "'":
        try:
            return bytes([int(text[at + 1 : at + 3], 16)]).decode("cp1252", "replace"), at + 3
        except ValueError:
            return "", at + 1
    if not text[at : at + 1].isalpha():
        return text[at : at + 1] if text[at : at + 1] in "\\{}" else "", at + 1
    end = at
    while end < len(text) and end - at < 32 and text[end].isascii() and text[end].isalpha():
        end += 1
    word, number = text[at:end], ""
    while (
        end < len(text) and (text[end].isdecimal() or (not number and text[end] == "-")) and len(number) < 8
    ):
        number += text[end]
        end += 1
    if text[end : end + 1] == " ":
        end += 1
    if word == "u" and number.lstrip("-").isdecimal():
        return chr(int(number) % 65536), end + (text[end : end + 1] == "?")
    return {"par": "\n", "line": "\n", "tab": "\t"}.get(word, ""), end
