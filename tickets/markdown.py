"""What people write, as safe HTML: Markdown without raw HTML, and pictures only from our own files."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from tickets.mentions import Mention

# An attachment's own address and nothing that climbs out of it: a picture must not call other pages.
OWN_FILE = re.compile(r"/files/[0-9a-f-]{36}/?(\?[\w=&-]*)?")

TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "img"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
MARKS_OF_OTHERS = {0xE000: " ", 0xE001: " "}
MARK = re.compile("\ue000(\\d+)\ue001")
TAG_OR_MARK = re.compile('(<[^>"]*(?:"[^"]*"[^>"]*)*>)|\ue000(\\d+)\ue001')
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title", "loading"}, "ol": {"start"}}


def render(text: str) -> str:
    """Safe HTML of a Markdown text. A single line break counts, as people expect of a message."""
    return clean(_parser().render(text))


def render_with_mentions(text: str, mentions: Sequence[Mention], *, mine: Collection[int] = ()) -> str:
    """As `render`, and each mention a chip with the name that was written.

    Args:
        mine: the places (`Mention.start`) of those that call the reader, which stand out.
    """
    marked, names = _marked(text, mentions)
    html = render(marked)

    def chip(found: "re.Match[str]") -> str:
        if found[1]:  # a tag: within one a name stays a name
            return MARK.sub(lambda each: escape(names[int(each[1])][0]), found[1])
        name, start = names[int(found[2])]
        return f'<span class="mention{" is-mine" if start in mine else ""}">{escape(name)}</span>'

    return TAG_OR_MARK.sub(chip, html)


def _marked(text: str, mentions: Sequence[Mention]) -> tuple[str, list[tuple[str, int]]]:
    """The text with a mark that no Markdown knows in place of each mention."""
    text = text.translate(MARKS_OF_OTHERS)
    parts: list[str] = []
    names: list[tuple[str, int]] = []
    at = 0
    for mention in mentions:
        if not at <= mention.start < mention.end <= len(text):
            continue
        parts += [text[at : mention.start], f"\ue000{len(names)}\ue001"]
        names.append((text[mention.start : mention.end], mention.start))
        at = mention.end
    return "".join([*parts, text[at:]]), names


def clean(html: str, *, tags: set[str] = TAGS, attributes: Mapping[str, set[str]] = ATTRIBUTES) -> str:
    """The second net under the parser: only these tags and attributes, and links that lead to harmless places."""
    return nh3.clean(
        html,
        tags=tags,
        attributes=dict(attributes),
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener noreferrer",
    )


def parser(*, breaks: bool) -> MarkdownIt:
    """Markdown with tables, struck text and links found in words; never raw HTML.

    Args:
        breaks: whether a single line break counts.
    """
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": breaks})
    return parser.enable(["table", "strikethrough", "linkify"])


@cache
def _parser() -> MarkdownIt:
    rules = parser(breaks=True)
    rules.add_render_rule("image", _image)
    return rules


def _image(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A picture of ours; of any other only its name, so that reading a ticket calls nobody."""
    token = tokens[index]
    if not OWN_FILE.fullmatch(str(token.attrGet("src") or "")):
        return nh3.clean_text(token.content)
    token.attrSet("alt", token.content)
    token.attrSet("loading", "lazy")
    return picture(token)


def picture(token: Token) -> str:
    attributes = "".join(f' {name}="{nh3.clean_text(str(value))}"' for name, value in token.attrs.items())
    return f"<img{attributes}>"
