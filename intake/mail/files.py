"""Files that come with a mail: a name that is safe, and a type that is true."""

import mimetypes
import re
import unicodedata

from intake.mail.charsets import clean

LONGEST_NAME = 150

_PATH = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f-\x9f]')
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")
_UNSEEN = frozenset(
    {"Cf", "Cc", "Co", "Cs", "Zl", "Zp"}
)  # turns of direction, joiners, controls, private use
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")
_ZIPPED = re.compile(
    r"application/(?:vnd\.openxmlformats|vnd\.oasis|vnd\.ms-|vnd\.sun|vnd\.android|vnd\.apple|epub|java|x-java|zip|"
    r"x-zip|msword|x-xpinstall|.*\+zip)"
)
_OLE = re.compile(r"application/(?:msword|vnd\.ms-|vnd\.visio|x-msi|x-ole|cdfv2|vnd\.oasis)|.*outlook")
_TEXT = re.compile(rb"\A\s*(?:<!doctype html|<html|<script|<iframe)", re.I)

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\x00\x00\x01\x00", "image/vnd.microsoft.icon"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"\xca\xfe\xba\xbe", "application/java-vm"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\x00asm", "application/wasm"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"OggS", "application/ogg"),
    (0, b"fLaC", "audio/flac"),
    (4, b"ftyp", "video/mp4"),
    (8, b"WAVE", "audio/x-wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"MSCF", "application/vnd.ms-cab-compressed"),
)
_BY_TYPE = {
    "message/rfc822": ".eml", "text/calendar": ".ics", "text/plain": ".txt", "image/jpeg": ".jpg",
    "application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m", "application/pgp-signature": ".asc", "application/pgp-encrypted": ".asc",
    "application/ms-tnef": ".dat", "message/delivery-status": ".txt", "text/rfc822-headers": ".txt",
    "message/disposition-notification": ".txt", "message/feedback-report": ".txt", "image/tiff": ".tif",
    "text/html": ".html", "application/zip": ".zip", "audio/mpeg": ".mp3",
}  # fmt: skip


def safe_name(name: str, type_: str, number: int = 1) -> str:
    """The name without path, controls, turned reading direction or what some file system cannot hold.

    Never empty: a file without a name is called by its type and its number in the mail.
    """
    text = unicodedata.normalize("NFC", clean(name[:4000]))
    text = _PATH.split(text)[-1] if not text.endswith(("/", "\\")) else text.strip("/\\").split("/")[-1]
    text = "".join(
        letter for letter in text if unicodedata.category(letter) not in ("Cf", "Cc", "Co", "Cs", "Zl", "Zp")
    )
    text = " ".join(_FORBIDDEN.sub("_", text).split()).strip(". ")
    if not text.strip("_. "):
        stem = {"image": "image", "audio": "audio", "video": "video", "message": "message"}.get(
            type_.partition("/")[0]
        )
        return f"{stem or 'attachment'}-{number}{extension_of(type_)}"
    if _RESERVED.match(text):
        text = f"_{text}"
    if len(text) > LONGEST_NAME:
        extension = _EXTENSION.search(text)
        end = extension.group() if extension else ""
        text = f"{text[: LONGEST_NAME - len(end)].rstrip('. ')}{end}"
    return text


def extension_of(type_: str) -> str:
    """The usual extension of a type with its dot; "" where there is none."""
    return _BY_TYPE.get(type_) or mimetypes.guess_extension(type_, strict=False) or ""


def true_type(content: bytes, said: str, name: str) -> str:
    """The type that the bytes show; what the sender said where they show none.

    A zip that says it is text is a zip; a document that is a zip inside stays the document it says it is.
    A picture that is none becomes a file of unknown kind, and so does an unknown that calls itself a web page.
    """
    said = said.lower()
    found = _seen(content)
    by_name = mimetypes.guess_type(name, strict=False)[0] or ""
    if found in ("application/zip", "application/x-ole-storage"):
        fits = _ZIPPED if found == "application/zip" else _OLE
        return next((type_ for type_ in (said, by_name) if type_ and fits.match(type_)), found)
    if found:
        same = found.partition("/")[0] == said.partition("/")[0] and found.startswith(("audio", "video"))
        return said if same else found
    if said.startswith("image/") and said != "image/svg+xml":
        return (
            said
            if said in ("image/bmp", "image/x-ms-bmp", "image/x-emf", "image/wmf", "image/x-wmf")
            else _UNKNOWN
        )
    if said in ("", "application/octet-stream", "application/x-unknown", "binary/octet-stream"):
        return by_name or _UNKNOWN
    return said


_UNKNOWN = "application/octet-stream"


def _seen(content: bytes) -> str:
    for at, bytes_, type_ in _MAGIC:
        if content.startswith(bytes_, at):
            if (
                type_.endswith("portable-executable")
                and b"PE\0\0" not in content[:4096]
                and len(content) < 64
            ):
                continue
            return type_
    if content.startswith(b"BM") and len(content) > 26 and content[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if _TEXT.match(content[:200].removeprefix(b"\xef\xbb\xbf")):
        return "text/html"
    beginning = content[:1000].lstrip()
    if beginning.startswith((b"<?xml", b"<svg")) and b"<svg" in beginning:
        return "image/svg+xml"
    return ""
