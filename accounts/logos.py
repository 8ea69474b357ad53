"""A logo as it is kept and served: redrawn as a small PNG, whatever came in, so that nothing but a picture goes out."""

import io
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from accounts.refusals import Invalid

MOST_BYTES = 2 * 2**20
MOST_PIXELS = 20_000_000
LARGEST = (480, 120)
"""Twice as many pixels as the pages show, for screens that have twice as many."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
CANNOT_READ = (OSError, ValueError, SyntaxError, RuntimeError, EOFError, IndexError, KeyError, TypeError)
"""What Pillow raises at broken files."""


def redrawn(file: "UploadedFile[Any]") -> tuple[ContentFile[bytes], int, int]:
    """The logo with its width and height.

    Raises:
        Invalid: it is no picture, an SVG, or too large.
    """
    if (file.size or 0) > MOST_BYTES:
        raise Invalid(_("The logo is too large: at most 2 MB."), field="logo")
    head = file.read(512)
    file.seek(0)
    if b"<svg" in head or b"<?xml" in head:
        raise Invalid(_("An SVG can carry programs. Save the logo as PNG, please."), field="logo")
    try:
        with Image.open(file, formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _too_many_pixels()
            drawn = ImageOps.exif_transpose(picture).convert("RGBA")
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None  # by Pillow's own measure, which comes first
    except CANNOT_READ:
        raise Invalid(_("This is no picture. Use a PNG, JPEG, WebP or GIF, please."), field="logo") from None
    drawn = drawn.crop(drawn.getchannel("A").getbbox() or (0, 0, *drawn.size))
    drawn.thumbnail(LARGEST)
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return ContentFile(out.getvalue()), drawn.width, drawn.height


def _too_many_pixels() -> Invalid:
    return Invalid(_("The logo has too many pixels: at most 20 million."), field="logo")
