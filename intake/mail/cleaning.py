"""HTML made safe to show: nothing runs, nothing loads from elsewhere, nothing looks like the product's own page."""

import re
from collections.abc import Callable
from html import escape

import nh3

_TAGS = {
    "a", "abbr", "b", "big", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del",
    "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign", "scope"},
    "ol": {"start", "type"},
    "li": {"value"},
    "blockquote": {"type"},
    "table": {"align"},
    "p": {"align"},
    "div": {"align"},
}
_GONE_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "template",
    "object",
    "svg",
    "math",
    "noscript",
    "xml",
    "iframe",
}
_LINKS = ("http:", "https:", "mailto:", "tel:", "cid:")
_REMOTE = "\ue000"  # stands for "not to be loaded" until the source is renamed; taken out of what comes in
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,", re.I)


def safe(html: str, *, keep_picture: Callable[[str], str | None]) -> str:
    """The HTML without scripts, styles, forms, frames and comments.

    Pictures from elsewhere have `data-src` in place of `src`. A picture that is written into the address itself
    goes through `keep_picture`, which answers the `cid:` that it can be found under, or None to leave it out.
    """

    def filtered(tag: str, attribute: str, value: str) -> str | None:
        plain = re.sub(r"[\x00-\x20]+", "", value).lower()
        if attribute == "href":
            return value if plain.startswith(_LINKS) else None
        if attribute != "src" or tag != "img":
            return value
        if plain.startswith("cid:"):
            return f"cid:{value.partition(':')[2].strip()}"
        if _PICTURE.match(plain):
            return keep_picture(value)
        return _REMOTE + value.strip() if plain.startswith(("http:", "https:", "//")) else None

    cleaned = nh3.clean(
        html.replace(_REMOTE, ""),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_GONE_WITH_CONTENT,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        attribute_filter=filtered,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return cleaned.replace(f' src="{_REMOTE}', ' data-src="').replace(_REMOTE, "").strip()


def as_text(text: str) -> str:
    """For HTML that no browser should be asked to read: its words."""
    return f"<pre>{escape(text, quote=False)}</pre>"
