"""Messages and files: what people write into a ticket. Called by operations, inside their transaction."""

import hashlib
import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.prepared import insert
from tickets.indexing import index_message
from tickets.models import Attachment, Audience, Message, MessageKind, Ticket, WorkLog
from tickets.operations.guards import words
from tickets.permissions import is_desk
from tickets.pictures import tidied
from tickets.queries.outgoing import files_on_their_way
from tickets.refusals import Invalid, Refused

PASTED_FILE = re.compile(r"/files/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
LONGEST_NAME = 150
UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]+')


def write(
    ticket: Ticket,
    *,
    text: str,
    kind: MessageKind,
    by: User | None,
    at: datetime,
    author: User | None = None,
    audience: Audience = Audience.PUBLIC,
    vendor: int | None = None,
    min_tier: int = 0,
    attachments: Iterable[uuid.UUID | str] = (),
    field: str = "text",
    needed: bool = True,
) -> Message:
    """Write a message and its files. `author` differs from `by` where the desk files what somebody said.

    Args:
        vendor: the organisation that it is shared with: the desk and this vendor read it, whatever `audience` says.
    """
    message = Message(
        ticket=ticket,
        author=author or by,
        kind=kind,
        audience=audience if vendor is None else Audience.VENDOR,
        vendor_id=vendor,
        min_tier=min_tier,
        body=words(text, field, needed=needed),
        at=at,
        from_desk=is_desk(by) and (author or by) != ticket.requester,
    )
    insert(message)
    attach(message, attachments, by=by)
    if kind != MessageKind.DESCRIPTION:
        index_message(ticket, message)
    return message


def attach(message: Message, attachments: Iterable[uuid.UUID | str], *, by: User | None) -> None:
    """Put uploaded files on a message: those named, and those whose address was pasted into its text.

    Raises:
        Invalid: a named file is not an unsent upload of this person.
    """
    named = {_uuid(key) for key in attachments}
    pasted = {uuid.UUID(key) for key in PASTED_FILE.findall(message.body)}
    if not named | pasted:
        return
    unsent = Attachment.objects.filter(pk__in=named | pasted, uploaded_by=by, ticket=None)
    found = set(unsent.values_list("pk", flat=True))
    if named - found:
        raise Invalid(_("A file is missing. Attach it again, please."), field="attachments")
    unsent.update(ticket=message.ticket, message=message, min_tier=message.min_tier)


def store_upload(
    *, file: "UploadedFile[Any]", by: User | None, at: datetime, tidy: bool = False
) -> Attachment:
    """Keep a file until the message that names it is sent; nobody else sees it before.

    Args:
        tidy: a picture is turned upright and told nothing of its place (tickets/pictures.py). What came by mail or
            from a program is kept byte for byte.

    Raises:
        Invalid: it is empty or larger than `settings.ATTACHMENT_MAX_BYTES` (code `too_large`, status 413).
    """
    size = file.size or 0
    limit = settings.ATTACHMENT_MAX_BYTES
    if size > limit:
        raise TooLarge(
            _("%(name)s is too large: %(size)d MB. At most %(limit)d MB can be attached.")
            % {"name": clean_name(file.name), "size": -(-size // 2**20), "limit": limit // 2**20},
            field="file",
        )
    if not size:
        raise Invalid(_("The file is empty."), field="file")
    if tidy:
        file = tidied(file)
        size = file.size or 0
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    name = clean_name(file.name)
    attachment = Attachment(
        uploaded_by=by,
        uploaded_at=at,
        name=name,
        content_type=(file.content_type or "application/octet-stream")[:120],
        size=size,
        sha256=digest.hexdigest(),
    )
    attachment.file.save(name, file, save=False)
    attachment.save(force_insert=True)
    return attachment


class TooLarge(Refused):
    code = "too_large"
    http_status = 413


def clean_name(name: str | None) -> str:
    """A file name fit to be shown and downloaded: no path, no control or direction marks, short, with its ending."""
    base = re.split(r"[/\\]", name or "")[-1]
    base = UNSAFE_IN_NAMES.sub("_", base).strip(". ") or "file"
    stem, dot, ending = base.rpartition(".")
    if not dot or len(ending) > 12:
        return base[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"


def add_work(
    ticket: Ticket, *, minutes: int, billable: bool, by: User | None, at: datetime, tier: int | None = None
) -> WorkLog | None:
    """Write down the minutes somebody worked, for the ticket's tier or for the one they helped from."""
    if not minutes or by is None:
        return None
    if not 0 < minutes <= 24 * 60:
        raise Invalid(_("Minutes worked: between 1 and 1440."), field="minutes")
    log = WorkLog(
        ticket=ticket,
        by=by,
        at=at,
        tier_level=ticket.tier_id if tier is None else tier,
        minutes=minutes,
        is_billable=billable,
    )
    insert(log)
    return log


def _uuid(key: uuid.UUID | str) -> uuid.UUID:
    try:
        return key if isinstance(key, uuid.UUID) else uuid.UUID(key)
    except ValueError:
        raise Invalid(_("A file is missing. Attach it again, please."), field="attachments") from None


def drop_unsent_uploads(*, at: datetime, limit: int = 1000) -> int:
    """Delete files that were uploaded more than seven days ago and never sent with a message."""
    stale = Attachment.objects.filter(ticket=None, uploaded_at__lt=at - timedelta(days=7))
    stale = stale.exclude(pk__in=files_on_their_way())[:limit]
    for attachment in stale:
        attachment.file.delete(save=False)
        attachment.delete()
    return len(stale)
