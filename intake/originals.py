"""The HTML of a mail as a page of ours may hold it: cleaned once more, its pictures from our own files."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

import nh3
from django.utils.safestring import SafeString, mark_safe

from intake.models import MailImage

TAGS = {
    *(
        "p",
        "br",
        "hr",
        "strong",
        "b",
        "em",
        "i",
        "u",
        "s",
        "del",
        "ins",
        "sub",
        "sup",
        "small",
        "code",
        "pre",
        "tt",
    ),
    *("blockquote", "ul", "ol", "li", "dl", "dt", "dd", "a", "img", "div", "span", "center", "font"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "data-src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
IMAGE = re.compile(r"<img\b([^>]*)>", re.IGNORECASE)
SOURCE = re.compile(r"""\s(data-src|src)="([^"]*)\"""")
ALT = re.compile(r"""\salt="([^"]*)\"""")
WEB = ("http://", "https://")


@dataclass(frozen=True)
class Shown:
    """What the page shows. `has_remote`: pictures lie on other servers, loaded or not."""

    html: SafeString
    has_remote: bool


def shown_html(text: str, images: Iterable[MailImage], *, loads: bool) -> Shown | None:
    """Safe HTML; None where the mail has none.

    Args:
        loads: pictures from other servers too, by https alone.
    """
    if not text.strip():
        return None
    own = {image.content_id.strip("<>").lower(): image for image in images}
    remote: list[str] = []
    clean = nh3.clean(
        text,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="nofollow noopener noreferrer",
    )
    drawn = IMAGE.sub(lambda found: _picture(found[1], own, remote, loads=loads), clean)
    # Every tag and attribute is one of the above; what is put in for pictures is escaped.
    return Shown(mark_safe(drawn), bool(remote))  # noqa: S308


def _picture(attributes: str, own: dict[str, MailImage], remote: list[str], *, loads: bool) -> str:
    sources = [html.unescape(value) for _name, value in SOURCE.findall(attributes)]
    named = ALT.search(attributes)
    alt = named[1] if named else ""
    for source in sources:
        image = own.get(source.removeprefix("cid:").lower()) if source.startswith("cid:") else None
        if image is not None and image.attachment.is_image and image.attachment.redacted_at is None:
            return f'<img src="/files/{image.attachment_id}/" alt="{alt}" loading="lazy">'
    address = next((source for source in sources if source.startswith(WEB)), "")
    if address:
        remote.append(address)
        if loads:
            secure = "https://" + address.partition("://")[2]
            return (
                f'<img src="{html.escape(secure)}" alt="{alt}" loading="lazy" referrerpolicy="no-referrer">'
            )
    return f"<em>[{alt or '…'}]</em>"
