"""What people write, as safe HTML: Markdown without raw HTML, and pictures only from our own files."""

import re
from collections.abc import Mapping, Sequence
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

# An attachment's own address and nothing that climbs out of it: a picture must not call other pages.
OWN_FILE = re.compile(r"/files/[0-9a-f-]{36}/?(\?[\w=&-]*)?")

TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "img"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title", "loading"}, "ol": {"start"}}


def render(text: str) -> str:
    """Safe HTML of a Markdown text. A single line break counts, as people expect of a message."""
    return clean(_parser().render(text))


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
