"""Files that arrive in parts: begun, gone on with after a break, put together with the last byte, else pruned."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from tickets.models import PartialUpload
from tickets.operations.writing import TooLarge, clean_name, store_upload
from tickets.refusals import Invalid, Refused

MOST_UNDERWAY = 40
MOST_BYTES_UNDERWAY = 500 * 2**20
MOST_PARTS = 4_000
"""Each is a file of its own. The smallest that our pages send have 64 kB; a program could send single bytes."""
KEPT = timedelta(days=1)
"""So long a part waits for the next one."""
IN_MEMORY = 2**20


class WrongOffset(Refused):
    """Another part is the next one; `facts["offset"]` says from which byte."""

    code = "wrong_offset"
    http_status = 409


class Ended(Refused):
    """It was taken back or pruned while a part of it was on its way."""

    code = "upload_ended"
    http_status = 404


class TooManyUnderway(Refused):
    code = "too_many_uploads"
    http_status = 429


def begin_upload(*, name: str, content_type: str, size: int, by: User, at: datetime) -> PartialUpload:
    """Announce a file.

    Raises:
        Invalid: it is empty.
        TooLarge: it is larger than `settings.ATTACHMENT_MAX_BYTES`; not a byte of it travels.
        TooManyUnderway: more of this person's files have been begun and not ended than anybody needs.
    """
    limit = settings.ATTACHMENT_MAX_BYTES
    if size < 1:
        raise Invalid(_("The file is empty."), field="file")
    if size > limit:
        raise TooLarge(
            _("%(name)s is too large: %(size)d MB. At most %(limit)d MB can be attached.")
            % {"name": clean_name(name), "size": -(-size // 2**20), "limit": limit // 2**20},
            field="file",
        )
    underway = PartialUpload.objects.filter(owner=by, attachment=None, touched_at__gt=at - KEPT)
    if underway.count() >= MOST_UNDERWAY or _sum(underway) + size > MOST_BYTES_UNDERWAY:
        raise TooManyUnderway(
            _("Too many files are on their way. Wait until some have arrived."), field="file"
        )
    return PartialUpload.objects.create(
        owner=by, name=clean_name(name), content_type=content_type[:120], size=size, touched_at=at
    )


def add_part(upload: PartialUpload, *, offset: int, data: Iterable[bytes], at: datetime) -> PartialUpload:
    """Keep what arrives from this byte on, as far as it arrives: `data` may end early, then the rest is awaited.

    With the last byte the file becomes an attachment; where that was interrupted, an empty part asks for it again.
    A part that is sent twice is kept once.

    Raises:
        WrongOffset: it does not go on where the last one ended.
        Ended: it was taken back meanwhile.
        Invalid: more comes than was announced; or it comes in too many parts, or is what `store_upload` refuses, and
            then nothing is kept.
    """
    if upload.attachment_id is not None or offset != upload.received:
        raise _wrong(upload)
    if len(upload.parts) >= MOST_PARTS:
        drop_upload(upload)
        raise Invalid(_("The file came in too many parts. Choose it again, please."), field="file")
    upload = _keep(upload, offset, data, at)
    if upload.received < upload.size:
        return upload
    try:
        return finish(upload, at=at)
    except Refused:
        drop_upload(upload)
        raise


@transaction.atomic
def finish(upload: PartialUpload, *, at: datetime) -> PartialUpload:
    """Put the parts together; once, however often it is asked for."""
    upload = _locked(upload)
    if upload.attachment_id is not None:
        return upload
    with TemporaryFile() as whole:
        for name in upload.parts:
            with default_storage.open(name, "rb") as part:
                for chunk in part.chunks():
                    whole.write(chunk)
        whole.seek(0)
        file: UploadedFile[Any] = UploadedFile(
            whole, upload.name, upload.content_type or "application/octet-stream", upload.size
        )
        upload.attachment = store_upload(file=file, by=upload.owner, at=at, tidy=True)
    parts, upload.parts = upload.parts, []
    upload.save(update_fields=["attachment", "parts"])
    transaction.on_commit(lambda: _delete(parts))
    return upload


def drop_upload(upload: PartialUpload) -> None:
    """Nobody wants it any more. What it has become already stays: that is a file of its own."""
    with transaction.atomic():
        # Read anew: a part may have arrived meanwhile, and nobody else would ever find its file.
        row = PartialUpload.objects.select_for_update().filter(pk=upload.pk).first()
        if row is None:
            return
        row.delete()
    _delete(row.parts)


def drop_partial_uploads(*, at: datetime, limit: int = 1000) -> int:
    """Drop what nobody has gone on with for a day."""
    stale = list(PartialUpload.objects.filter(touched_at__lt=at - KEPT)[:limit])
    for upload in stale:
        drop_upload(upload)
    return len(stale)


def _keep(upload: PartialUpload, offset: int, data: Iterable[bytes], at: datetime) -> PartialUpload:
    # Read before anything is locked: this takes as long as the network wants.
    with SpooledTemporaryFile(max_size=IN_MEMORY) as arrived:
        length = _read(data, arrived, most=upload.size - offset)
        if not length:
            return upload
        arrived.seek(0)
        name = default_storage.save(f"parts/{upload.pk.hex}/{offset}-{uuid.uuid4().hex[:8]}", File(arrived))
    try:
        return _note(upload, name, offset, length, at)
    except BaseException:
        default_storage.delete(name)
        raise


@transaction.atomic
def _note(upload: PartialUpload, name: str, offset: int, length: int, at: datetime) -> PartialUpload:
    upload = _locked(upload)
    if upload.received != offset:
        raise _wrong(upload)
    upload.parts = [*upload.parts, name]
    upload.received, upload.touched_at = offset + length, at
    upload.save(update_fields=["parts", "received", "touched_at"])
    return upload


def _locked(upload: PartialUpload) -> PartialUpload:
    row = PartialUpload.objects.select_for_update().filter(pk=upload.pk).first()
    if row is None:
        raise Ended(_("This upload has ended. Choose the file again, please."), field="file")
    return row


def _read(data: Iterable[bytes], into: IO[bytes], *, most: int) -> int:
    length = 0
    for chunk in data:
        length += len(chunk)
        if length > most:
            raise Invalid(_("More arrived than was announced. Choose the file again, please."), field="file")
        into.write(chunk)
    return length


def _wrong(upload: PartialUpload) -> WrongOffset:
    return WrongOffset(_("This part of the file is not the next one."), field="file", offset=upload.received)


def _sum(uploads: QuerySet[PartialUpload]) -> int:
    return int(uploads.aggregate(all=Sum("size"))["all"] or 0)


def _delete(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)
