"""The files of a mail, by the road of every upload; pictures that stand in its text are put there."""

import re
import uuid
import warnings
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image

from accounts.models import User
from intake.mail.parsed import Attachment as Part
from intake.mail.parsed import ParsedMail
from tickets.models import Attachment
from tickets.operations import store_upload
from tickets.refusals import Refused

MOST_FILES = 50
MOST_PIXELS = 40_000_000
NO_PICTURE = "application/octet-stream"
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
    it stays in the raw message."""
    for part in parsed.attachments[:MOST_FILES]:
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


def put_pictures(text: str, kept: Kept) -> str:
    """The text with each picture where its mail program has marked its place."""

    def put(found: re.Match[str]) -> str:
        row = kept.pictures.get((found["marked"] or found["bare"]).strip("<>"))
        if row is None or not row.is_image:
            return found[0]
        return f"![{found['alt'] or row.name}](/files/{row.pk}/)"

    return MARKED_PICTURE.sub(put, text) if kept.pictures else text


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
