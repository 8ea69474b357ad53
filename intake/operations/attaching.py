"""The files of a mail, by the road of every upload; pictures that stand in its text are put there."""

import re
import uuid
import warnings
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image

from accounts.models import User
from delivery.logos import is_ours
from intake.mail.parsed import Attachment as Part
from intake.mail.parsed import ParsedMail
from tickets.models import Attachment
from tickets.operations import store_upload
from tickets.refusals import Refused

MOST_FILES = 50
MOST_PIXELS = 40_000_000
NO_PICTURE = "application/octet-stream"
IMAGE = re.compile(r"<img\b([^>]*)>", re.IGNORECASE)
ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
MARKED_PICTURE = re.compile(
    r"!?\[(?P<alt>[^\]\n]{0,200})\]\(cid:(?P<marked>[^)\s]+)\)|\[cid:(?P<bare>[^\]\s]+)\]"
)


@dataclass
class Kept:
    """The files that were kept, by Content-ID those that have one, and what was left out with the reason."""

    rows: list[Attachment] = field(default_factory=list)
    pictures: dict[str, Attachment] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[uuid.UUID]:
        return [row.pk for row in self.rows]

    def forget(self) -> None:
        """Remove the files: the transaction that would have named them is rolled back."""
        for row in self.rows:
            row.file.delete(save=False)


def keep_files(parsed: ParsedMail, kept: Kept, *, by: User | None, at: datetime) -> None:
    """Store each attachment as an upload of this person. What is refused is named in `kept.left_out`, with why;
    it stays in the raw message. The logo of our own mail, which an answer quotes, is nobody's file."""
    for part in parsed.attachments[:MOST_FILES]:
        if is_ours(part.content):
            continue
        try:
            row = store_upload(
                file=SimpleUploadedFile(part.name, part.content, content_type=_type(part)), by=by, at=at
            )
        except Refused as refused:
            kept.left_out.append(f"{part.name} ({filesizeformat(part.size)}): {refused}")
            continue
        kept.rows.append(row)
        if part.content_id:
            kept.pictures.setdefault(part.content_id, row)
    if (more := len(parsed.attachments) - MOST_FILES) > 0:
        kept.left_out.append(
            _("%(n)d more files: at most %(most)d of a message are kept.") % {"n": more, "most": MOST_FILES}
        )


def put_pictures(text: str, html: str, kept: Kept) -> str:
    """The text with each picture in the place where its mail program, or the reading of its HTML, has marked it."""
    if not kept.pictures:
        return text

    def put(found: re.Match[str]) -> str:
        row = kept.pictures.get((found["marked"] or found["bare"]).strip("<>"))
        return _shown(row, found["alt"] or "") or found[0]

    return _put_named(MARKED_PICTURE.sub(put, text), html, kept)


def _put_named(text: str, html: str, kept: Kept) -> str:
    """Pictures that the text names by their words alone, `[image: screen]`: the first such is the first of the HTML."""
    parts, at = [], 0
    for found in IMAGE.finditer(html):
        attributes = dict(ATTRIBUTE.findall(found[1]))
        alt = " ".join(unescape(attributes.get("alt", "")).split())
        mark = f"[{alt}]" if alt.startswith("image:") else f"[image: {alt}]"
        place = text.find(mark, at) if alt else -1
        if place < 0:
            continue
        source = unescape(attributes.get("src", ""))
        row = kept.pictures.get(source[4:]) if source.startswith("cid:") else None
        parts += [text[at:place], _shown(row, alt) or mark]
        at = place + len(mark)
    return "".join([*parts, text[at:]])


def _shown(row: Attachment | None, alt: str) -> str:
    """The picture in Markdown; "" for what is no picture."""
    if row is None or not row.is_image:
        return ""
    words = re.sub(r"[\[\]\\]", "", alt.removeprefix("image:").strip() or row.name)
    return f"![{words}](/files/{row.pk}/)"


def _type(part: Part) -> str:
    """Its type; a picture that would unfold to more than the browser bears is a file to download."""
    if not part.type.startswith("image/"):
        return part.type
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(part.content)) as image:
                width, height = image.size
    except Exception:  # a broken picture makes Pillow raise whatever it stumbles over
        return NO_PICTURE
    return part.type if width * height <= MOST_PIXELS else NO_PICTURE
