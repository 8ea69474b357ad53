"""What articles say, as safe HTML: Markdown with callouts, tables, code, anchors, and files and articles by name.

No raw HTML: whatever looks like a tag is shown as it was typed. Pictures come from the article's own files, so
that reading it calls nobody.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from typing import Any
from urllib.parse import unquote

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import validateLink
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from tickets.markdown import ATTRIBUTES, TAGS, clean, parser, picture

CALLOUTS = {
    "NOTE": pgettext_lazy("box in an article", "Note"),
    "TIP": _("Tip"),
    "IMPORTANT": _("Important"),
    "WARNING": _("Warning"),
    "CAUTION": _("Caution"),
}
CALLOUT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)", re.IGNORECASE)
ARTICLE = re.compile(r"article:([\w-]{1,120})(?:#([\w-]{1,120}))?")
FILE = re.compile(r"file:(.{1,150})", re.DOTALL)
LANGUAGE_OF_CODE = re.compile(r"[\w+#-]{1,20}")
ALIGN = re.compile(r"text-align:(left|center|right)")
ANCHOR_PREFIX = "s-"
"""Anchors begin with it, so that no heading takes the place of an id of the page."""
DEEPEST = 6

ALLOWED_TAGS = {*TAGS, "div"}
ALLOWED = {
    **ATTRIBUTES,
    "img": {*ATTRIBUTES["img"], "width", "height"},
    "div": {"class", "role", "tabindex"},
    "pre": {"tabindex"},
    "code": {"class"},
    "p": {"class"},
    "th": {"class"},
    "td": {"class"},
    **{f"h{level}": {"id"} for level in range(1, DEEPEST + 1)},
}


@dataclass(frozen=True)
class Heading:
    """A heading of the text: its level on the page (2 and deeper, for the title is 1), and where a link leads."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Picture:
    """A file of an article as its text shows it."""

    address: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Rendered:
    html: str
    headings: list[Heading] = field(default_factory=list)
    words: str = ""
    """The plain text, without headings: what search reads."""

    @property
    def toc(self) -> list[Heading]:
        """The table of contents: the two upper levels, where there is enough to choose from."""
        shown = [heading for heading in self.headings if heading.level <= 3]
        return shown if len(shown) > 2 else []


def render(
    text: str,
    *,
    permalinks: Mapping[str, str] | None = None,
    files: Mapping[str, Picture] | None = None,
    anchors: str = "",
) -> Rendered:
    """Safe HTML of an article's text, with what belongs to it.

    Args:
        permalinks: where `article:SLUG` leads, by slug; a link to what is not named becomes plain words, so that
            nobody learns of what they may not read. None links by slug whatever is named.
        files: what `file:NAME` shows, by name.
        anchors: put before each anchor, where several texts share a page.
    """
    env: dict[str, Any] = {"permalinks": permalinks, "files": files or {}, "prefix": ANCHOR_PREFIX + anchors}
    tokens = _parser().parse(text, env)
    html = _parser().renderer.render(tokens, _parser().options, env)
    cleaned = clean(html, tags=ALLOWED_TAGS, attributes=ALLOWED)
    return Rendered(cleaned, env["headings"], _plain(tokens))


def articles_named(*texts: str) -> set[str]:
    """The slugs that texts link to, for reading them all at once."""
    return {match[1] for text in texts for match in ARTICLE.finditer(text)}


# --- below ---


@cache
def _parser() -> MarkdownIt:
    rules = parser(breaks=False)
    rules.validateLink = _may_lead  # type: ignore[method-assign]
    rules.core.ruler.after("block", "callouts", _callouts)
    rules.core.ruler.push("headings", _headings)
    rules.add_render_rule("image", _image)
    rules.add_render_rule("link_open", _link_open)
    rules.add_render_rule("link_close", _link_close)
    rules.add_render_rule("fence", _fence)
    rules.add_render_rule("code_block", _fence)
    rules.add_render_rule("table_open", _table_open)
    rules.add_render_rule("table_close", _table_close)
    rules.add_render_rule("th_open", _cell_open)
    rules.add_render_rule("td_open", _cell_open)
    return rules


def _may_lead(url: str) -> bool:
    """Files by name are ours; of other schemes the parser's own judgement, and nh3 after it."""
    return validateLink(url) or bool(FILE.fullmatch(url.strip()))


def _callouts(state: StateCore) -> None:
    """A quotation that begins with [!NOTE] or its kin becomes a box with that title."""
    tokens = state.tokens
    opened: list[bool] = []
    for at, token in enumerate(tokens):
        if token.type == "blockquote_open":
            opened.append(_open_callout(tokens, at))
        elif token.type == "blockquote_close" and opened.pop():
            token.type, token.tag = "callout_close", "div"
    state.tokens = [part for token in tokens for part in _with_title(token)]


def _open_callout(tokens: list[Token], at: int) -> bool:
    """Whether the quotation that opens here is a callout; it is one afterwards."""
    words = tokens[at + 2] if at + 2 < len(tokens) else tokens[at]
    match = CALLOUT.match(words.content) if words.type == "inline" else None
    if match is None:
        return False
    kind = match[1].upper()
    words.content = words.content[match.end() :]
    if not words.content:
        tokens[at + 1].hidden = tokens[at + 3].hidden = True
    opening = tokens[at]
    opening.type, opening.tag = "callout_open", "div"
    opening.attrs = {"class": f"notice {kind.lower()}", "role": "note"}
    opening.meta = {"title": str(CALLOUTS[kind])}
    return True


def _with_title(token: Token) -> list[Token]:
    if token.type != "callout_open":
        return [token]
    opening = Token("paragraph_open", "p", 1, attrs={"class": "notice-title"}, block=True)
    words = Token("inline", "", 0, content=token.meta["title"], children=[], block=True)
    return [token, opening, words, Token("paragraph_close", "p", -1, block=True)]


def _headings(state: StateCore) -> None:
    """Levels without a gap below the page's own title, and an anchor for each, the same until the words change."""
    found: list[Heading] = []
    env: Any = state.env
    env["headings"] = found
    openings = [at for at, token in enumerate(state.tokens) if token.type == "heading_open"]
    shift = 1 if any(state.tokens[at].tag == "h1" for at in openings) else 0
    used: dict[str, int] = {}
    deepest = 1
    for at in openings:
        deepest = min(int(state.tokens[at].tag[1]) + shift, deepest + 1, DEEPEST)
        words = _words_of(state.tokens[at + 1])
        stem = slugify(words, allow_unicode=True)[:80].strip("-") or "part"
        used[stem] = used.get(stem, 0) + 1
        while used[stem] > 1 and f"{stem}-{used[stem]}" in used:
            used[stem] += 1
        name = stem if used[stem] == 1 else f"{stem}-{used[stem]}"
        used.setdefault(name, 1)
        anchor = env.get("prefix", ANCHOR_PREFIX) + name
        state.tokens[at].tag = state.tokens[at + 2].tag = f"h{deepest}"
        state.tokens[at].attrs = {"id": anchor}
        found.append(Heading(deepest, words, anchor))


def _words_of(inline: Token) -> str:
    parts = []
    for token in inline.children or ():
        if token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type == "image" or not token.children:
            parts.append(token.content)
    return " ".join("".join(parts).split()) or " ".join(inline.content.split())


def _plain(tokens: Sequence[Token]) -> str:
    """The words of everything but headings, for search."""
    lines = []
    for at, token in enumerate(tokens):
        if token.type == "inline" and tokens[at - 1].type != "heading_open":
            lines.append(_words_of(token))
        elif token.type in ("fence", "code_block"):
            lines.append(token.content)
    return "\n".join(line for line in lines if line)


def _inline(tokens: Sequence[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or ()]


def _image(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A picture of the article's own files; of any other only its name."""
    token = tokens[index]
    name = FILE.fullmatch(unquote(str(token.attrGet("src") or "")))
    shown = env["files"].get(name[1]) if name else None
    if shown is None:
        return escape(_words_of(token))
    token.attrs = {"src": shown.address, "alt": _words_of(token), "loading": "lazy"}
    if shown.width and shown.height:
        token.attrs |= {"width": str(shown.width), "height": str(shown.height)}
    return picture(token)


def _link_open(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    address = _address(str(tokens[index].attrGet("href") or ""), env)
    env.setdefault("links", []).append(address)
    if address is None:
        return ""
    title = tokens[index].attrGet("title")
    return f'<a href="{escape(address)}"' + (f' title="{escape(str(title))}"' if title else "") + ">"


def _link_close(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return "" if env["links"].pop() is None else "</a>"


def _address(href: str, env: EnvType) -> str | None:
    """Where a link leads; None where it must not be one."""
    article = ARTICLE.fullmatch(href)
    if article:
        slug, anchor = article[1], article[2]
        known = env["permalinks"]
        address = f"/help/{slug}/" if known is None else known.get(slug)
        return address and (f"{address}#{_anchored(anchor)}" if anchor else address)
    name = FILE.fullmatch(unquote(href))
    if name:
        file = env["files"].get(name[1])
        return file.address if file else None
    if href.startswith("#"):
        return f"#{_anchored(href[1:])}"
    return href


def _anchored(anchor: str) -> str:
    return anchor if anchor.startswith(ANCHOR_PREFIX) else ANCHOR_PREFIX + anchor


def _fence(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Code; it can be scrolled by keyboard."""
    language = LANGUAGE_OF_CODE.match(tokens[index].info.strip())
    kind = f' class="language-{escape(language[0])}"' if language else ""
    return f'<pre tabindex="0"><code{kind}>{escape(tokens[index].content)}</code></pre>\n'


def _table_open(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return '<div class="wide" tabindex="0"><table>\n'


def _table_close(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return "</table></div>\n"


def _cell_open(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """The policy forbids styles, so a column's side is a class."""
    side = ALIGN.search(str(tokens[index].attrGet("style") or ""))
    return f"<{tokens[index].tag}" + (f' class="to-{side[1]}"' if side else "") + ">"
