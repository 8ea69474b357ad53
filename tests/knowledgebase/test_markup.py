"""Articles in Markdown: what it can do, and that nothing written in it runs, calls another page or leaves its place."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from knowledgebase.markup import Heading, Picture, articles_named, render

ATTACKS = yaml.safe_load((Path(__file__).with_name("attacks.yml")).read_text())
TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "img", "div"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    *("class", "role", "tabindex", "id", "href", "rel", "title", "start"),
    *("src", "alt", "loading", "width", "height"),
}
HARMLESS = ("https://", "http://", "mailto:", "/help/known/", "#s-")
OWN = {"own.png": Picture("/help/files/1/", 10, 20), "guide.pdf": Picture("/help/files/2/")}


class Look(HTMLParser):
    """What a browser would find: tags, attributes, where links and pictures lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "href":
                self.links.append(value or "")
            if name == "src":
                self.pictures.append(value or "")


def test_there_are_attacks_enough() -> None:
    assert len(ATTACKS) >= 70
    assert all(isinstance(attack, str) for attack in ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_becomes_more_than_words(attack: str) -> None:
    for text in (attack, f"Before {attack} after", f"- {attack}", f"> {attack}"):
        found = Look(render(text, permalinks={"known": "/help/known/"}, files=OWN).html)
        assert found.tags <= TAGS
        assert found.attributes <= ATTRIBUTES
        assert all(link.startswith(HARMLESS) for link in found.links)
        assert set(found.pictures) <= {"/help/files/1/"}


def test_headings_have_levels_below_the_pages_title_without_gaps_and_anchors_that_differ() -> None:
    rendered = render("# Start\n\n#### Deep\n\n## VPN *drops*\n\n## VPN drops\n\n## 日本")
    assert rendered.headings == [
        Heading(2, "Start", "s-start"),
        Heading(3, "Deep", "s-deep"),
        Heading(3, "VPN drops", "s-vpn-drops"),
        Heading(3, "VPN drops", "s-vpn-drops-2"),
        Heading(3, "日本", "s-日本"),
    ]
    assert '<h3 id="s-vpn-drops-2">VPN drops</h3>' in rendered.html
    assert rendered.toc == rendered.headings


def test_without_a_heading_of_the_first_level_the_second_stays_the_second() -> None:
    assert [heading.level for heading in render("## One\n\n### Two").headings] == [2, 3]


def test_a_heading_that_is_named_like_another_ones_second_anchor_gets_its_own() -> None:
    anchors = [heading.anchor for heading in render("# a\n\n# a 2\n\n# a\n\n# a").headings]
    assert anchors == ["s-a", "s-a-2", "s-a-3", "s-a-4"]


def test_two_headings_need_no_table_of_contents() -> None:
    assert render("## One\n\n## Two").toc == []


@pytest.mark.parametrize("kind", ["NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"])
def test_a_callout_is_a_box_with_its_title(kind: str) -> None:
    assert render(f"> [!{kind}]\n> Mind the **gap**.").html == (
        f'<div class="notice {kind.lower()}" role="note">\n<p class="notice-title">{kind.capitalize()}</p>\n'
        "<p>Mind the <strong>gap</strong>.</p>\n</div>\n"
    )


def test_a_quotation_inside_a_callout_and_beside_it_stays_one() -> None:
    html = render("> [!NOTE]\n> x\n> > inner\n\n> outer [!NOTE]").html
    assert (html.count("<blockquote>"), html.count("<div"), html.count("</div>")) == (2, 1, 1)


def test_pictures_and_files_are_named_by_name() -> None:
    rendered = render(
        "![A **screen**](file:own.png) and [the guide](file:guide.pdf), not [that](file:gone.pdf)", files=OWN
    )
    assert rendered.html == (
        '<p><img src="/help/files/1/" alt="A screen" loading="lazy" width="10" height="20"> and '
        '<a href="/help/files/2/" rel="nofollow noopener noreferrer">the guide</a>, not that</p>\n'
    )


def test_a_link_to_an_article_that_the_reader_may_not_read_is_only_its_words() -> None:
    text = "See [the VPN](article:vpn#slow), not [the secret](article:secret)."
    assert articles_named(text, "") == {"vpn", "secret"}
    html = render(text, permalinks={"vpn": "/help/vpn/"}).html
    assert Look(html).links == ["/help/vpn/#s-slow"]
    assert "not the secret." in html


def test_a_wide_table_and_code_can_be_scrolled_by_keyboard_and_columns_keep_their_side() -> None:
    html = render("| a | b |\n|:-|-:|\n| 1 | 2 |\n\n```bash\nls <x>\n```").html
    assert '<div class="wide" tabindex="0"><table>' in html
    assert '<td class="to-right">2</td>' in html
    assert '<pre tabindex="0"><code class="language-bash">ls &lt;x&gt;\n</code></pre>' in html
    assert "style" not in html


def test_the_words_for_search_hold_no_marks_and_no_headings() -> None:
    assert (
        render("# Title\n\nSome *words* [here](https://a.example).\n\n```\ncode\n```").words
        == "Some words here.\ncode\n"
    )
