"""Articles as files, in the format that an import reads: what comes out goes in unchanged elsewhere."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from knowledgebase.exchange.named import SECTION_FILE
from knowledgebase.markup import FILE
from knowledgebase.models import Article, ArticleQuerySet, ArticleStatus, ArticleVersion, Section
from knowledgebase.scripts.spec import in_words

PARTS = ("symptom", "cause", "workaround", "fix")


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, as a person would write them."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def export_folder(folder: Path, articles: ArticleQuerySet, *, tick: Any = lambda: None) -> int:
    """Write each of these articles, with its section's settings and its files; answers how many.

    What is published is written; of an article that never was, the draft, marked as such.
    """
    rows = articles.select_related("section", "owner", "published", "draft", "original", "manual")
    rows = rows.prefetch_related("related", "organisations", "files").order_by("pk")
    count = 0
    for article in rows.iterator(chunk_size=200):
        version = article.published or article.draft
        if version is None:
            continue
        place = folder / article.section.path
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{article.slug}.md").write_text(as_markdown(article, version), encoding="utf-8")
        _write_files(article, place / f"{article.slug}.files")
        count += 1
        tick()
    _write_sections(folder)
    return count


def as_markdown(article: Article, version: ArticleVersion) -> str:
    """One article as its file."""
    front = {name: value for name, value in _front(article, version) if value not in (None, "", [])}
    head = yaml.dump(front, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return f"---\n{head}---\n{version.body}\n"


def _front(article: Article, version: ArticleVersion) -> Iterator[tuple[str, Any]]:
    yield "title", version.title
    yield "summary", version.summary
    yield "kind", str(article.kind)
    yield "audience", str(article.audience)
    yield "organisations", sorted(each.name for each in article.organisations.all())
    yield "language", article.language
    yield "translation_of", article.original.slug if article.original else None
    yield "manual", article.manual.slug if article.manual else None
    yield "position", article.position if article.manual else None
    yield "tags", list(article.tags)
    yield "owner", article.owner.email if article.owner else None
    yield "review_by", article.review_by
    yield "related", sorted(each.slug for each in article.related.all())
    yield "error_status", str(article.error_status)
    for name in PARTS:
        yield name, getattr(version, name)
    yield "script", in_words(version.script)
    if article.status == ArticleStatus.ARCHIVED or article.published is None:
        yield "status", "archived" if article.status == ArticleStatus.ARCHIVED else "draft"


def _write_files(article: Article, place: Path) -> None:
    for file in article.files.all():
        if not FILE.fullmatch(f"file:{file.name}"):
            continue
        place.mkdir(exist_ok=True)
        with file.file.open("rb") as source, (place / file.name).open("wb") as target:
            shutil.copyfileobj(source, target)


def _write_sections(folder: Path) -> None:
    for section in Section.objects.prefetch_related("ticket_categories"):
        place = folder / section.path
        if not place.is_dir():
            continue
        said = {
            "name": section.name,
            "hint": section.hint,
            "position": section.position,
            "review_required": section.is_review_required,
            "categories": sorted(category.full_name for category in section.ticket_categories.all()),
        }
        said = {name: value for name, value in said.items() if value not in ("", [], False, 0)}
        text = yaml.dump(said, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
        (place / SECTION_FILE).write_text(text, encoding="utf-8")
