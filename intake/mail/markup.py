"""HTML as a stream of tags and text, read in one pass and in bounded depth.

A tree would be built by html5ever and its like in time that grows with the square of the depth: 500 kB of
unclosed `<div>` cost half a minute. A mail needs no tree to be read.
"""

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

VOID = {
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link",
    "meta", "param", "source", "track", "wbr",
}  # fmt: skip
FORMATTING = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u", "span"]
)
RAW = frozenset(["script", "style", "title", "xmp", "noembed", "noframes"])
BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "html", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "ul",
}  # fmt: skip
_BARRIERS = frozenset(["table", "td", "th", "html", "caption"])
_TABLES = frozenset(["table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "html", "body"])
_ENDS_BEFORE = {
    "li": frozenset(["li"]),
    "dt": frozenset(["dt", "dd"]),
    "dd": frozenset(["dt", "dd"]),
    "td": frozenset(["td", "th"]),
    "th": frozenset(["td", "th"]),
    "tr": frozenset(["tr"]),
    "option": frozenset(["option"]),
}
_SCOPE = frozenset(["ul", "ol", "dl", "table", "select", "blockquote", "html"])
_NAME = re.compile(r"[a-zA-Z][^\s/>]{0,100}")
_ATTRIBUTE = re.compile(r"""[\s/]*([^\s=>/][^\s=>/]{0,200})(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")
_JUNK = re.compile(r"[\s/=]+")
_TAG_END = re.compile(r"[\s/]*>")

DEEPEST = 250


@dataclass(slots=True)
class Element:
    """An open tag. `kept` is for whoever reads the stream."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    kept: object = None


def tokens(html: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """("start", name, attributes), ("end", name, {}) and ("text", words, {}) in their order."""
    at, missing = 0, set[str]()
    while at < len(html):
        opened = html.find("<", at)
        if opened < 0:
            yield "text", entities.unescape(html[at:]), {}
            return
        if opened > at:
            yield "text", entities.unescape(html[at:opened]), {}
        following = html[opened + 1 : opened + 2]
        if following in ("!", "?"):
            at = _past_comment(html, opened, missing)
        elif following == "/" and _NAME.match(html, opened + 2):
            name = _NAME.match(html, opened + 2)
            closed = _find(html, ">", opened, missing)
            yield "end", name.group().lower() if name else "", {}
            at = closed + 1 if closed >= 0 else len(html)
        elif name := _NAME.match(html, opened + 1):
            tag = name.group().lower()
            if "@" in tag or tag.startswith(
                ("http:", "https:")
            ):  # an address between angle brackets, as in plain text
                yield "text", "<", {}
                at = opened + 1
                continue
            attributes, at = _attributes(html, name.end())
            if at < 0:
                yield "text", entities.unescape(html[opened:]), {}
                return
            yield "start", tag, attributes
            if tag in RAW:
                at = _past_raw(html, at, tag, missing)
        else:
            yield "text", "<", {}
            at = opened + 1


def _find(html: str, what: str, at: int, missing: set[str]) -> int:
    """Like `find`, but what is not there is looked for only once."""
    if what in missing:
        return -1
    found = html.find(what, at)
    if found < 0:
        missing.add(what)
    return found


def _past_comment(html: str, opened: int, missing: set[str]) -> int:
    if html.startswith("<!--", opened):
        end = _find(html, "-->", opened + 2, missing)
        if end >= 0:
            return end + 3
    end = _find(html, ">", opened, missing)
    return end + 1 if end >= 0 else len(html)


def _attributes(html: str, at: int) -> tuple[dict[str, str], int]:
    """The attributes from there on, and where the tag ends; -1 where it never does."""
    found: dict[str, str] = {}
    while True:
        if end := _TAG_END.match(html, at):
            return found, end.end()
        attribute = _ATTRIBUTE.match(html, at)
        if attribute is None:
            junk = _JUNK.match(html, at)
            at = junk.end() if junk else at + 1
            if at >= len(html):
                return found, -1
            continue
        at = attribute.end()
        name, value = attribute.group(1).lower(), attribute.group(2) or ""
        if len(found) < 50 and name not in found:
            if value[:1] in "\"'" and value[:1]:
                value = value[1:-1] if len(value) > 1 and value[-1] == value[0] else value[1:]
            found[name] = entities.unescape(value) if "&" in value else value


def _past_raw(html: str, at: int, tag: str, missing: set[str]) -> int:
    """Past the text of an element that holds no tags. Where its end is missing it ends at once: nothing is lost."""
    if tag in missing:
        return at
    end = re.compile(f"</{tag}[^>]*>", re.IGNORECASE).search(html, at)
    if end is None:
        missing.add(tag)
        return at
    return end.end()


@dataclass(slots=True)
class Stack:
    """The open elements. Tags that were not closed are closed where a browser would; too deep ones are not counted."""

    open: list[Element] = field(default_factory=list)
    too_deep: bool = False
    torn: int = 0  # formatting that was cut off by a block: a browser opens it again, and again

    def start(self, name: str, attributes: dict[str, str]) -> tuple[Element, list[Element]]:
        """The new element, and those that it closed."""
        closed = self._implied(name)
        element = Element(name, attributes)
        if name not in VOID:
            if len(self.open) < DEEPEST:
                self.open.append(element)
            else:
                self.too_deep = True
        return element, closed

    def end(self, name: str) -> list[Element]:
        """The elements that this tag closes, the inner ones first."""
        for depth in range(len(self.open) - 1, -1, -1):
            here = self.open[depth].name
            if here == name:
                return self._cut(depth)
            if here in _BARRIERS and name not in _TABLES:
                return []
            if name not in BLOCKS and here in BLOCKS:
                return []
        return []

    def _implied(self, name: str) -> list[Element]:
        before = _ENDS_BEFORE.get(name)
        if before is None:
            before = frozenset(["p"]) if name in BLOCKS else None
        if before is None:
            return []
        for depth in range(len(self.open) - 1, -1, -1):
            here = self.open[depth].name
            if here in before:
                return self._cut(depth)
            if here in _SCOPE or (name not in _TABLES and here in _BARRIERS):
                return []
            if before == {"p"} and here in BLOCKS:
                return []
        return []

    def _cut(self, depth: int) -> list[Element]:
        closed = self.open[depth:][::-1]
        del self.open[depth:]
        self.torn += sum(element.name in FORMATTING for element in closed[:-1])
        return closed
