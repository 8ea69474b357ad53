"""Photographs as they are kept: upright, and without where they were taken.

What the camera wrote beside the picture (EXIF, XMP, IPTC: place, device, times) is cut out of JPEG, PNG and WebP
without touching the picture. A JPEG whose camera was held sideways is turned, and HEIC, which most browsers cannot
show, becomes a JPEG; both only up to MOST_PIXELS, which is known from the head of the file before anything is unpacked.
What only calls itself a picture stays the file that it is: nobody opens it here, and it is handed out as a download.
"""

import io
from typing import IO, Any

import pi_heif
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from tickets.refusals import Invalid

MOST_PIXELS = 50_000_000
"""Unpacked these are 150 MB. The largest cameras of phones give 48 million."""
LONGEST = 2560
"""The longer edge of a photograph that is turned into JPEG here, as browsers make it (static/src/js/pictures.js)."""
QUALITY = 88
ORIENTATION = 0x0112
HEIC = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"}
CANNOT_READ = (
    OSError,
    ValueError,
    SyntaxError,
    RuntimeError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    MemoryError,
    Image.DecompressionBombError,
)
"""What libraries raise at broken files, and at those that say of themselves that they are huge."""


def tidied(file: "UploadedFile[Any]") -> "UploadedFile[Any]":
    """The file as it is to be kept; the same one where nothing has to change.

    Raises:
        Invalid: it is a HEIC photograph of more than MOST_PIXELS.
    """
    head = file.read(32)
    file.seek(0)
    if head[4:8] == b"ftyp" and head[8:12] in HEIC:
        return _from_heic(file)
    if head.startswith(b"\xff\xd8\xff"):
        return _replaced(file, _tidy_jpeg(file.read()))
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _replaced(file, _without_png_notes(file.read()))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _replaced(file, _without_webp_notes(file.read()))
    return file


def _replaced(
    file: "UploadedFile[Any]", content: bytes | None, name: str = "", kind: str = ""
) -> "UploadedFile[Any]":
    file.seek(0)
    if content is None:
        return file
    return SimpleUploadedFile(
        name or file.name or "photo.jpg", content, kind or file.content_type or "image/jpeg"
    )


# --- HEIC ---


def _from_heic(file: "UploadedFile[Any]") -> "UploadedFile[Any]":
    """As JPEG; upright already, for the decoder follows what the file says of turning."""
    try:
        found = pi_heif.open_heif(_stream(file), convert_hdr_to_8bit=True)
        width, height = found.size
        if width * height > MOST_PIXELS:
            raise Invalid(
                _("This photograph has more than %(most)d megapixels. Send it smaller, please.")
                % {"most": MOST_PIXELS // 1_000_000},
                field="file",
            )
        content = _jpeg(found.to_pillow())
    except CANNOT_READ:
        # Not what it says, or of a kind that the decoder does not know: a file to download.
        return _replaced(file, None)
    stem = (file.name or "photo").rpartition(".")[0] or "photo"
    return _replaced(file, content, f"{stem}.jpg", "image/jpeg")


def _stream(file: "UploadedFile[Any]") -> IO[bytes]:
    file.seek(0)
    return io.BytesIO(file.read())


def _jpeg(picture: Image.Image) -> bytes:
    profile = picture.info.get("icc_profile")
    picture = picture.convert("RGB")
    picture.thumbnail((LONGEST, LONGEST))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, **({"icc_profile": profile} if profile else {}))
    return out.getvalue()


# --- JPEG ---


def _tidy_jpeg(content: bytes) -> bytes | None:
    """Without its notes, and turned where they said so; None where there is nothing to do."""
    bare = _without_jpeg_notes(content)
    if bare is None or bare == content:
        return None
    try:
        with Image.open(io.BytesIO(content)) as picture:
            turn = picture.getexif().get(ORIENTATION, 1)
            if turn not in range(2, 9):
                return bare
            if picture.width * picture.height > MOST_PIXELS:
                return _with_orientation(bare, turn)
            return _turned(picture)
    except CANNOT_READ:
        return bare


def _turned(picture: Image.Image) -> bytes:
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    out = io.BytesIO()
    if upright.mode not in ("RGB", "L", "CMYK"):
        upright = upright.convert("RGB")
    upright.info.clear()
    upright.save(out, "JPEG", quality=92, **({"icc_profile": profile} if profile else {}))
    return out.getvalue()


def _without_jpeg_notes(content: bytes) -> bytes | None:
    """The same picture without the segments that hold EXIF, XMP and IPTC; None if it is no whole JPEG head."""
    kept, at = [content[:2]], 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker == 0xDA:  # from here on it is the picture
            kept.append(content[at:])
            return b"".join(kept)
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if length < 2:
            return None
        segment = content[at : at + 2 + length]
        # APP1 is EXIF and XMP, APP13 IPTC. APP2 is the colour profile, without which colours are wrong.
        if marker not in (0xE1, 0xED):
            kept.append(segment)
        at += 2 + length
    return None


def _with_orientation(bare: bytes, turn: int) -> bytes:
    """What is too large to be turned here says how it was held, and nothing else."""
    tiff = (
        b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"
        + bytes([0, turn, 0, 0])
        + b"\x00" * 4
    )
    body = b"Exif\x00\x00" + tiff
    return bare[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + bare[2:]


# --- PNG and WebP ---


def _without_png_notes(content: bytes) -> bytes | None:
    kept, at, dropped = [content[:8]], 8, False
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        kind, chunk = content[at + 4 : at + 8], content[at : at + 12 + length]
        if kind in (b"eXIf", b"tEXt", b"zTXt", b"iTXt"):
            dropped = True
        else:
            kept.append(chunk)
        at += 12 + length
    return b"".join(kept) if dropped and at == len(content) else None


def _without_webp_notes(content: bytes) -> bytes | None:
    kept, at, dropped = [], 12, False
    while at + 8 <= len(content):
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        whole = 8 + length + length % 2
        chunk = content[at : at + whole]
        if kind in (b"EXIF", b"XMP "):
            dropped = True
        elif kind == b"VP8X" and len(chunk) > 8:
            # Its flags no longer announce EXIF (8) and XMP (4).
            kept.append(chunk[:8] + bytes([chunk[8] & ~0x0C]) + chunk[9:])
        else:
            kept.append(chunk)
        at += whole
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body if dropped else None
