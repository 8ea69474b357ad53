"""An article as it is sent in a message: its address, or its words, so that they read well outside of it."""

import re

from knowledgebase.models import Article, ArticleVersion, ErrorStatus, Permalink, Reader

ADDRESS = re.compile(r"/help/([-\w]{1,120})/")
LONGEST = 20_000
"""Characters of an article's words that one message takes; who wants more follows the address."""
PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
INSIDE = re.compile(r"\[([^\]]*)\]\((article|file):([^)#\s]*)[^)]*\)")
CALLOUT = re.compile(r"^\s*>\s*\[!(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*\n", re.MULTILINE)


def link_to(article: Article, base: str) -> str:
    """Markdown: its title, leading to it. `base` is the address of the house, without a slash at its end."""
    title = article.title.replace("[", "(").replace("]", ")")
    return f"[{title}]({base}{article.address})"


def words_for(article: Article, reader: Reader, base: str) -> str:
    """Its words in Markdown, for somebody who may read it: what leads to other articles leads there if they may.

    Pictures become their descriptions, files their names. Of a known error it is what helps: once it is fixed the
    fix, until then the workaround. The address stands at the end.
    """
    version = article.published
    if version is None:
        return ""
    text = _what_helps(article, version)
    links = _readable({match[3] for match in INSIDE.finditer(text) if match[2] == "article"}, reader)

    def inside(match: re.Match[str]) -> str:
        address = links.get(match[3]) if match[2] == "article" else None
        return f"[{match[1]}]({base}{address})" if address else match[1] or match[3]

    text = CALLOUT.sub("", INSIDE.sub(inside, PICTURE.sub(r"\1", text))).strip()
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition("\n")[0].rstrip() + "\n\n…"
    return f"{text}\n\n{link_to(article, base)}".strip()


def named_in(text: str) -> list[str]:
    """The slugs of articles whose addresses stand in a text, each once."""
    return list(dict.fromkeys(ADDRESS.findall(text)))


# --- below ---


def _what_helps(article: Article, version: ArticleVersion) -> str:
    if article.is_known_error:
        ways = (version.fix, version.workaround)
        is_fixed = article.error_status == ErrorStatus.FIXED
        return next(filter(None, ways if is_fixed else ways[::-1]), version.symptom)
    return version.body or version.summary


def _readable(slugs: set[str], reader: Reader) -> dict[str, str]:
    if not slugs:
        return {}
    visible = Article.objects.visible_to(reader)
    rows = Permalink.objects.filter(slug__in=slugs, article__in=visible).select_related("article")
    return {row.slug: row.article.address for row in rows}
