"""Transfer encodings: what was written down for the journey, back to the bytes that were sent."""

import binascii
import re

_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]*\Z")
_OTHER_THAN_BASE64 = bytes(
    byte
    for byte in range(256)
    if byte not in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
)
_SOFT_BREAK = re.compile(rb"=[ \t]+(\r?\n)")
_KNOWN = re.compile(r"base64|quoted-printable|x-uuencode|uuencode|uue\b|7-?bit|8-?bit|binary")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,500})\r?$", re.MULTILINE)


def decode(data: bytes, encoding: str) -> tuple[bytes, str]:
    """The bytes, and what was wrong ("" for nothing). What cannot be decoded stays as it is."""
    known = _KNOWN.search(encoding.lower())
    if known is None:
        return data, f"unknown transfer encoding {encoding[:40]!r}" if encoding else ""
    match known.group():
        case "base64":
            return _base64(data)
        case "quoted-printable":
            return binascii.a2b_qp(_SOFT_BREAK.sub(rb"=\1", data)), ""
        case "x-uuencode" | "uuencode" | "uue":
            begin = _UU_BEGIN.search(data)
            return uudecoded(
                data[begin.end() :] if begin else data
            ), "" if begin else "no start of uuencoded data"
        case _:
            return data, ""


def _base64(data: bytes) -> tuple[bytes, str]:
    complaint = ""
    if not _BASE64.match(data):
        lines = data.splitlines()
        good = [line for line in lines if _BASE64.match(line)]
        first = next((line.strip() for line in lines if line.strip()), b"")
        begins_well = len(first) >= 16 and len(first) % 4 == 0 and bool(_BASE64.match(first))
        if sum(map(len, good)) * 2 < sum(map(len, lines)) and not begins_well:
            return data, "no base64 although it says so"
        complaint = "lines within base64 that are none"
        data = b"\n".join(good)  # the footer of a mailing list, mostly
    letters = data.translate(None, _OTHER_THAN_BASE64)
    out = bytearray()
    for stretch in re.split(rb"=+", letters):  # whole pieces one after another, each padded, do occur
        if len(stretch) % 4 == 1:
            stretch, complaint = stretch[:-1], complaint or "base64 that ends too early"  # noqa: PLW2901
        out += binascii.a2b_base64(stretch + b"=" * (-len(stretch) % 4))
    return bytes(out), complaint


def uudecoded(data: bytes) -> bytes:
    """The lines of uuencoded data up to its end."""
    out = bytearray()
    for line in data.splitlines():
        if line.strip() == b"end":
            break
        if not line.strip() or line.strip() == b"`":
            continue
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            length = ((line[0] - 32) & 63) * 4 // 3 + 4
            try:
                out += binascii.a2b_uu(line[:length])
            except (binascii.Error, ValueError):
                continue
    return bytes(out)


def uu_files(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Files that stand uuencoded within a text, and the text without them."""
    if "\nbegin " not in f"\n{text}" or "\nend" not in text:
        return text, []
    files: list[tuple[str, bytes]] = []
    kept, at, searched = [], 0, 0
    for found in re.finditer(
        r"^begin [0-7]{3,4} (\S[^\n]{0,500})\n([!-`][^\n]{0,100}\n)", text, re.MULTILINE
    ):
        if found.start() < searched:
            continue
        end = re.compile(r"^end[ \t]*$", re.MULTILINE).search(text, found.end())
        if end is None:
            break
        searched = end.end()
        data = uudecoded(text[found.start(2) : end.start()].encode("ascii", "replace"))
        if not data:
            continue
        kept.append(text[at : found.start()])
        files.append((found.group(1), data))
        at = end.end()
    return "".join([*kept, text[at:]]), files
