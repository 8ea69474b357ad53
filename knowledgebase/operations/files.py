"""Files and pictures of an article. A picture is opened before it is kept: one that is none, or a bomb, is refused."""

import hashlib
import warnings
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image

from accounts.models import User
from knowledgebase import events
from knowledgebase.models import Article, ArticleFile
from knowledgebase.operations.writing import lock
from tickets.operations.writing import TooLarge, clean_name
from tickets.refusals import Invalid

MOST_PIXELS = 40_000_000
"""Of a picture: about 8,000 x 5,000. A few kilobytes can claim a thousand times that."""
MOST_FILES = 100
PICTURES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
ENDINGS = {"png", "jpg", "jpeg", "gif", "webp"}


@transaction.atomic
def attach_file(
    article: Article,
    *,
    file: "UploadedFile[Any]",
    by: User | None,
    at: datetime,
    name: str = "",
    replaces: bool = False,
) -> ArticleFile:
    """Keep a file with the article; its text names it as `file:NAME`.

    Args:
        name: instead of the file's own; another number is put behind it where it is taken.
        replaces: take the place of the file of that name instead.

    Raises:
        Invalid: it is empty, no picture although its name says so, or too many pixels; `field` is `file`.
        TooLarge: larger than `settings.ATTACHMENT_MAX_BYTES`.
    """
    article = lock(article, by)
    size, limit = file.size or 0, settings.ATTACHMENT_MAX_BYTES
    called = clean_name(name or file.name)
    if size > limit:
        raise TooLarge(
            _("%(name)s is too large: %(size)d MB. At most %(limit)d MB can be attached.")
            % {"name": called, "size": -(-size // 2**20), "limit": limit // 2**20},
            field="file",
        )
    if not size:
        raise Invalid(_("The file is empty."), field="file")
    if article.files.count() >= MOST_FILES:
        raise Invalid(_("An article has at most %(n)d files.") % {"n": MOST_FILES}, field="file")
    picture = _picture(file, called)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    before = article.files.filter(name=called).first()
    if before is not None and before.sha256 == digest.hexdigest():
        return before
    if before is not None and replaces:
        _drop(before)
    elif before is not None:
        called = _free_name(article, called)
    row = ArticleFile(
        article=article,
        name=called,
        content_type=(picture[0] if picture else file.content_type or "application/octet-stream")[:120],
        size=size,
        sha256=digest.hexdigest(),
        width=picture[1] if picture else None,
        height=picture[2] if picture else None,
        uploaded_by=by,
        uploaded_at=at,
    )
    row.file.save(called, file, save=False)
    row.save(force_insert=True)
    events.record(article, events.FILE_ADDED, by=by, at=at, size=size)
    return row


@transaction.atomic
def remove_file(file: ArticleFile, *, by: User | None, at: datetime) -> None:
    """Take a file away, from the page too: a text that names it shows the name alone."""
    article = lock(file.article, by)
    size = file.size
    _drop(file)
    events.record(article, events.FILE_REMOVED, by=by, at=at, size=size)


# --- below ---


def _picture(file: "UploadedFile[Any]", name: str) -> tuple[str, int, int] | None:
    """Type, width and height of a picture, by its header alone; None for what does not claim to be one.

    Pillow reads no pixel before the size is known, so a bomb never unfolds.
    """
    claims = name.rpartition(".")[2].lower() in ENDINGS or (file.content_type or "") in PICTURES.values()
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=list(PICTURES)) as image:
                kind, (width, height) = PICTURES[str(image.format)], image.size
    except Image.DecompressionBombError:
        raise _bomb(name) from None
    except Exception:  # a broken picture makes Pillow raise whatever it stumbles over
        if claims:
            raise Invalid(
                _("%(name)s is no picture that can be shown.") % {"name": name}, field="file"
            ) from None
        return None
    finally:
        file.seek(0)
    if width * height > MOST_PIXELS:
        raise _bomb(name)
    return kind, width, height


def _bomb(name: str) -> Invalid:
    return Invalid(
        _("%(name)s has too many pixels. At most %(n)d million are shown; make it smaller.")
        % {"name": name, "n": MOST_PIXELS // 1_000_000},
        field="file",
    )


def _free_name(article: Article, name: str) -> str:
    """`picture.png` becomes `picture-2.png`: every pasted screenshot has the same name."""
    taken = set(article.files.values_list("name", flat=True))
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    for number in range(2, len(taken) + 3):
        found = f"{stem[:130]}-{number}{dot}{ending}"
        if found not in taken:
            return found
    raise AssertionError("more names are taken than there are files")


def _drop(file: ArticleFile) -> None:
    storage, name = file.file.storage, file.file.name
    file.delete()
    transaction.on_commit(lambda: storage.delete(str(name)))
