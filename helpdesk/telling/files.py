"""Files that come with a mail: small ones in it, big ones as links, pictures in their places."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from delivery.files import MailFile
from delivery.operations.heading import domain
from tickets.models import Attachment, Message


@dataclass(frozen=True)
class Enclosed:
    """What of a message's files comes with a mail, and what is said of them."""

    keys: tuple[str, ...] = ()
    words: str = ""

    @staticmethod
    def content_id(key: str) -> str:
        return f"{key}@{domain()}"


def enclose(message: Message | None, *, can_open_links: bool = True) -> Enclosed:
    """The files of a message that everybody who reads it may have.

    Together they come with the mail up to MAIL_ATTACH_UP_TO bytes, the first ones first; what is bigger is a link, for
    who has a login; who has none is told its name.
    """
    if message is None:
        return Enclosed()
    files = Attachment.objects.filter(message=message, min_tier=0, redacted_at=None).exclude(file="")
    inside, outside = _split(files.order_by("uploaded_at", "pk"))
    lines = [_("Files: %(names)s") % {"names": ", ".join(file.name for file in inside)}] if inside else []
    lines += [_line(file, can_open_links) for file in outside]
    return Enclosed(tuple(str(file.pk) for file in inside), "\n".join(lines))


def read(keys: Sequence[str]) -> Iterable[MailFile]:
    """The bytes, when the mail leaves; a file that was redacted meanwhile does not leave."""
    wanted = Attachment.objects.filter(pk__in=keys, min_tier=0, redacted_at=None).exclude(file="")
    for file in wanted.order_by("uploaded_at", "pk"):
        try:
            with file.file.open("rb") as opened:
                content = opened.read()
        except FileNotFoundError:
            continue
        yield MailFile(
            file.name,
            file.content_type,
            content,
            Enclosed.content_id(str(file.pk)) if file.is_image else "",
        )


def _split(files: Iterable[Attachment]) -> tuple[list[Attachment], list[Attachment]]:
    inside: list[Attachment] = []
    outside: list[Attachment] = []
    left = settings.MAIL_ATTACH_UP_TO
    for file in files:
        if file.size <= left:
            inside.append(file)
            left -= file.size
        else:
            outside.append(file)
    return inside, outside


def _line(file: Attachment, can_open_links: bool) -> str:
    words = {"name": file.name, "size": filesizeformat(file.size)}
    if not can_open_links:
        return _("%(name)s (%(size)s) is too big for a mail: ask for it.") % words
    url = f"{settings.BASE_URL.rstrip('/')}/files/{file.pk}/"
    return _("%(name)s (%(size)s): %(url)s") % {**words, "url": url}
