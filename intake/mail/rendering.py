"""HTML as text that reads well: paragraphs, lists, tables, links, quotes with "> ".

What the HTML knows of old words stays in the text as control characters, which no mail can bring along
(`charsets.clean` takes them out): `MARK` before a line from which on all is old, `ATTRIBUTION` before the line
that says whose words follow, `SIGNATURE` and `SIGNED` around a signature. `plain` takes them out again.
"""

import re
from dataclasses import dataclass, field
from html import unescape

from intake.mail.markup import BLOCKS, Element, Stack, tokens

MARK, ATTRIBUTION, SIGNATURE, SIGNED = "\x1e", "\x1d", "\x1c", "\x1f"
LONGEST = 3_000_000
MOST_TAGS = 150_000
MOST_ENTITIES = 100_000  # the sanitiser's time grows with the square of their number

_MARKS = re.compile("[\x1c-\x1f]")
_SPACES = re.compile(r"[ \t\n\r\f]+")
_UNSEEN = re.compile("(?:[\u200b\u200c\u200e\u200f\u034f][\u00a0 ]?){3,}|[\u200b\u034f\u00ad\ufeff\u2060]")
_HIDDEN = re.compile(r"(?:display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden)", re.I)
_TIGHT = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0", re.I)
_OUTLOOK_LINE = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s+[#a-z0-9()]+\s+1(?:\.0)?pt;\s*padding:\s*3(?:\.0)?pt", re.I
)
_OLD_FROM_HERE = re.compile(
    r"(?:^|[\s_])(?:appendonsend|divRplyFwdMsg|OLK_SRC_BODY_SECTION|mail-editor-reference-message-container|"
    r"ms-outlook-mobile-reference-message|yahoo_quoted(?:_\d+)?|zwchr|isForwardContent|"
    r"replySplit|reply-intro|gmx-quote|web_de_quote)(?:$|\s)",
)
_ATTRIBUTIONS = re.compile(r"(?:^|[\s_])(?:gmail_attr|moz-cite-prefix|moz-email-headers-table)(?:$|\s)")
_SIGNATURES = re.compile(
    r"(?:^|[\s_])(?:gmail_signature|moz-signature|Signature|ms-outlook-mobile-signature|AppleMailSignature|"
    r"protonmail_signature_block|signature_block|bloop_sign|tutanota_signature|apple-signature)(?:$|\s)"
)
_LOUD = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "table", "hr"]
)
_UNREAD = frozenset(
    ["script", "style", "title", "xml", "object", "template", "svg", "math", "select", "datalist"]
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Text with marks, and whether the HTML is so deep or torn that no browser should be asked to read it."""

    text: str
    is_monstrous: bool


def render(html: str) -> Rendered:
    """The words of the HTML, with the marks that this module's head explains."""
    if len(html) > LONGEST or html.count("<") > MOST_TAGS or html.count("&") > MOST_ENTITIES:
        return Rendered(_stripped(html), is_monstrous=True)
    writer, stack, hidden = _Writer(), Stack(), list[Element]()
    for kind, name, attributes in tokens(html):
        if kind == "text":
            if not hidden:
                writer.words(name)
        elif kind == "start":
            element, closed = stack.start(name, attributes)
            for old in closed:
                _close(writer, old, hidden)
            _open(writer, element, hidden, stack)
        else:
            closed = stack.end(name)
            for old in closed:
                _close(writer, old, hidden)
            if name in ("p", "br") and not closed and not hidden:
                writer.line_break()
    return Rendered(writer.finished(), is_monstrous=stack.too_deep or stack.torn > 3_000)


def plain(text: str) -> str:
    """Without the marks."""
    return _MARKS.sub("", text)


def _stripped(html: str) -> str:
    """For what is too large to be read with care: words and lines, nothing else."""
    html = re.sub(
        r"<(?:br|/?p|/?div|/?tr|/?li|/?h[1-6]|/?table|/?blockquote)\b[^<>]*>", "\n", _without_unread(html)
    )
    text = unescape(re.sub(r"<[a-zA-Z/!][^<>]*>", "", html)).replace("\u00a0", " ")
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(
        line for line, next_ in zip(lines, [*lines[1:], ""], strict=True) if line or next_
    ).strip("\n")


def _without_unread(html: str) -> str:
    """Without comments, scripts and styles. An end that is missing is looked for once."""
    ends = {"<!--": "-->", "<script": "</script", "<style": "</style", "<title": "</title"}
    kept, at = [], 0
    for found in re.finditer("<!--|<script|<style|<title", html):
        if found.start() < at or found.group() not in ends:
            continue
        end = html.find(ends[found.group()], found.end())
        if end < 0:
            del ends[found.group()]
            continue
        kept.append(html[at : found.start()])
        at = end + 3 if found.group() == "<!--" else end
    return "".join([*kept, html[at:]])


def _open(writer: "_Writer", element: Element, hidden: list[Element], stack: Stack) -> None:  # noqa: PLR0912
    name, attributes = element.name, element.attributes
    is_open = bool(stack.open) and stack.open[-1] is element
    style = attributes.get("style", "")
    if hidden:
        return
    if name in _UNREAD or "hidden" in attributes or (style and _HIDDEN.search(style)):
        if is_open:
            hidden.append(element)
        return
    _mark(writer, element, style)
    match name:
        case "br":
            writer.line_break()
        case "hr":
            writer.rule()
        case "blockquote":
            writer.paragraph()
            if is_open:
                writer.quotes += 1
        case "ul" | "ol":
            writer.block()
            if is_open:
                start = attributes.get("start", "1")
                writer.lists.append(
                    (int(start) if re.fullmatch("[0-9]{1,6}", start) else 1) if name == "ol" else None
                )
        case "li":
            writer.item()
        case "td" | "th":
            writer.cell()
        case "pre":
            writer.paragraph()
            writer.verbatim += is_open
        case "img":
            writer.image(attributes)
        case "a":
            element.kept = writer.position()
        case "input" if attributes.get("type", "").lower() == "checkbox":
            writer.words("[x] " if "checked" in attributes else "[ ] ")
        case _ if name in _LOUD and name != "table" and not _is_tight(attributes, style):
            writer.paragraph()
        case _ if name in BLOCKS:
            writer.block()


def _is_tight(attributes: dict[str, str], style: str) -> bool:
    """Outlook writes each line as a paragraph without margins."""
    return "Mso" in attributes.get("class", "") or bool(style and _TIGHT.search(style))


def _mark(writer: "_Writer", element: Element, style: str) -> None:
    attributes = element.attributes
    names = f"{attributes.get('id', '')} {attributes.get('class', '')}"
    if (names != " " and _OLD_FROM_HERE.search(names)) or (style and _OUTLOOK_LINE.search(style)):
        writer.block()
        writer.mark(MARK)
    elif names != " " and _ATTRIBUTIONS.search(names):
        writer.block()
        writer.mark(ATTRIBUTION)
    elif names != " " and (
        _SIGNATURES.search(names) or attributes.get("data-smartmail") == "gmail_signature"
    ):
        writer.block()
        writer.mark(SIGNATURE)
        element.kept = SIGNED


def _close(writer: "_Writer", element: Element, hidden: list[Element]) -> None:
    if hidden:
        if element is hidden[-1]:
            hidden.pop()
        return
    name = element.name
    if name == "blockquote":
        writer.block()
        writer.quotes -= 1
        writer.paragraph()
    elif name in ("ul", "ol"):
        if writer.lists:
            writer.lists.pop()
        writer.block()
        if not writer.lists:
            writer.paragraph()
    elif name == "pre":
        writer.verbatim -= 1
        writer.paragraph()
    elif name == "a" and isinstance(element.kept, tuple):
        writer.link(element.attributes.get("href", ""), element.kept)
    elif (
        name in _LOUD
        and name != "table"
        and not _is_tight(element.attributes, element.attributes.get("style", ""))
    ):
        writer.paragraph()
    elif name in BLOCKS and name not in ("td", "th"):
        writer.block()
    if element.kept == SIGNED:
        writer.block()
        writer.mark(SIGNED)


@dataclass(slots=True)
class _Writer:
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)
    quotes: int = 0
    verbatim: int = 0
    marks: str = ""
    wants_space: bool = False
    wants_gap: bool = False

    def words(self, text: str) -> None:
        text = _MARKS.sub(" ", text)
        if self.verbatim:
            first, *rest = text.replace("\u00a0", " ").split("\n")
            self._put(first)
            for more in rest:
                self.line_break()
                self._put(more)
            return
        text = _SPACES.sub(" ", text)
        if not text.isascii():
            text = _UNSEEN.sub("", text)
        if not text:
            return
        if text == " ":
            self.wants_space = bool(self.line)
            return
        if (text[0] == " " or self.wants_space) and self.line and not self.line[-1].endswith((" ", "\u00a0")):
            self.line.append(" ")
        self.wants_space = text[-1] == " "
        self._put(text.strip(" "))

    def _put(self, text: str) -> None:
        if not text:
            return
        if not self.line:
            self._gap()
        self.line.append(text)

    def _gap(self) -> None:
        if (
            self.wants_gap
            and self.lines
            and self.lines[-1].strip("> ")
            and not self.lines[-1].startswith((MARK, SIGNATURE))
        ):
            depth = min(self.quotes, 10, _depth(self.lines[-1]))
            self.lines.append(">" * depth)
        self.wants_gap = False

    def line_break(self) -> None:
        self._flush(even_if_empty=True)

    def block(self) -> None:
        self._flush()

    def paragraph(self) -> None:
        self._flush()
        self.wants_gap = True

    def rule(self) -> None:
        self._flush()
        self._put("_" * 32)
        self._flush()

    def item(self) -> None:
        self._flush()
        depth = max(len(self.lists), 1)
        number = self.lists[-1] if self.lists else None
        bullet = "- " if number is None else f"{number}. "
        if number is not None:
            self.lists[-1] = number + 1
        self._gap()
        self.line.append("  " * min(depth - 1, 8) + bullet)

    def cell(self) -> None:
        if self.line:
            self.line.append(" " if self.line[-1].rstrip().endswith((":", "：")) else " | ")
            self.wants_space = False

    def image(self, attributes: dict[str, str]) -> None:
        alt = " ".join(attributes.get("alt", "").split())[:300]
        if alt and attributes.get("width") not in ("0", "1"):
            self.words(f"[{alt}]" if alt.startswith("image:") else f"[image: {alt}]")

    def position(self) -> tuple[int, int]:
        return len(self.lines), len(self.line)

    def link(self, href: str, began: tuple[int, int]) -> None:
        """The address behind a link where its words do not say it."""
        href = "".join(href.split())[:2000]
        scheme, _, rest = href.partition(":")
        if scheme.lower() not in ("http", "https", "mailto", "tel", "ftp") or not rest:
            return
        line, at = began
        words = "".join(self.line[at:] if line == len(self.lines) else self.line).strip()
        target = rest.partition("?")[0] if scheme.lower() in ("mailto", "tel") else href
        bare = rest.lstrip("/").rstrip("/").lower()
        if words and (
            target.lower() in words.lower() or words.lower().strip("/ ").rstrip("/") in (bare, f"www.{bare}")
        ):
            return
        if (words and not words.endswith("]")) or "http" in scheme:
            self.words(f" <{target}>" if words else f"<{target}>")

    def mark(self, mark: str) -> None:
        self.marks += mark

    def _flush(self, *, even_if_empty: bool = False) -> None:
        text = "".join(self.line).replace("\u00a0", " ").rstrip()
        if self.line and not text.strip() and not even_if_empty:
            even_if_empty = True  # a paragraph that holds a hard space is an empty line
        if text.strip() or even_if_empty:
            prefix = ">" * min(self.quotes, 10)
            self.lines.append(f"{_in_order(self.marks)}{prefix}{' ' if prefix and text else ''}{text}")
            self.marks = ""
        self.line, self.wants_space = [], False

    def finished(self) -> str:
        self._flush()
        if self.marks:
            self.lines.append(_in_order(self.marks))
        text = "\n".join(self.lines)
        text = re.sub(r"\n{4,}", "\n\n\n", text)
        return text.strip("\n")


def _in_order(marks: str) -> str:
    """Where a signature ends and what is old begins, the line has to begin with what says that it is old."""
    return "".join(
        sorted(marks, key=lambda mark: (MARK, ATTRIBUTION).index(mark) if mark in MARK + ATTRIBUTION else 2)
    )


def _depth(line: str) -> int:
    bare = _MARKS.sub("", line)
    return len(bare) - len(bare.lstrip(">"))
