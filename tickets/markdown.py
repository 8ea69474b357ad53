"""What people write, as safe HTML: Markdown without raw HTML, and pictures only from our own files."""

import re
from collections.abc import Sequence
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
    return nh3.clean(
        _parser().render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener noreferrer",
    )


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    parser.enable(["table", "strikethrough", "linkify"])
    parser.add_render_rule("image", _image)
    return parser


def _image(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A picture of ours; of any other only its name, so that reading a ticket calls nobody."""
    token = tokens[index]
    if not OWN_FILE.fullmatch(str(token.attrGet("src") or "")):
        return nh3.clean_text(token.content)
    token.attrSet("alt", token.content)
    token.attrSet("loading", "lazy")
    attributes = "".join(f' {name}="{nh3.clean_text(str(value))}"' for name, value in token.attrs.items())
    return f"<img{attributes}>"
