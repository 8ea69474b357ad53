"""What readers see: sections with what they hold, one article with all that belongs to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from django.db.models import Count, Q

from knowledgebase.markup import Heading, Picture, Rendered, articles_named, render
from knowledgebase.models import (
    LANGUAGES,
    Article,
    ArticleFile,
    ArticleQuerySet,
    ArticleVersion,
    Permalink,
    Reader,
    Section,
)
from knowledgebase.scripts.reading import read as read_script
from knowledgebase.scripts.spec import LABELS, Script

PARTS = ("symptom", "cause", "workaround", "fix")
MOST_POPULAR = 8
MOST_BESIDE = 300
"""Chapters and translations of one article."""


@dataclass
class Shelf:
    """A section, what lies below it, and how many articles this reader finds in both."""

    section: Section
    count: int = 0
    below: "list[Shelf]" = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """A line of a list: an article in the reader's language, where there is one, and its kind."""

    article: Article

    @property
    def language_name(self) -> str:
        return LANGUAGES.get(self.article.language, self.article.language)


@dataclass(frozen=True)
class Part:
    """A piece of an article under its own heading: symptom, cause, workaround, fix."""

    name: str
    title: str
    html: str


@dataclass(frozen=True)
class Way:
    """Where an answer of a step leads: the key and the number of the next one. A single way has no answer."""

    answer: str
    to: str
    number: int


@dataclass(frozen=True)
class ShownStep:
    """A step of a script, to be read."""

    key: str
    kind: str
    label: str
    html: str
    ways: list[Way]


@dataclass(frozen=True)
class Reading:
    """One article as a page shows it. Everything in it is what this reader may read."""

    article: Article
    version: ArticleVersion
    body: Rendered
    parts: list[Part]
    languages: list[Article]
    manual: Article | None
    chapters: list[Article]
    files: list[ArticleFile]
    """Those to download; pictures stand in the text."""
    steps: list[ShownStep] = field(default_factory=list)
    related: list[Article] = field(default_factory=list)
    trail: list[Section] = field(default_factory=list)
    """The sections from the top to its own."""

    @property
    def toc(self) -> list[Heading]:
        return self.body.toc

    @property
    def language_name(self) -> str:
        return LANGUAGES.get(self.article.language, self.article.language)

    @property
    def before(self) -> Article | None:
        """The chapter before this one; before the first the manual itself."""
        at = self._place
        if at is None:
            return None
        return self.chapters[at - 1] if at else self.manual

    @property
    def after(self) -> Article | None:
        if self.manual is None:
            return self.chapters[0] if self.chapters else None
        at = self._place
        return self.chapters[at + 1] if at is not None and at + 1 < len(self.chapters) else None

    @property
    def _place(self) -> int | None:
        keys = [chapter.pk for chapter in self.chapters]
        return keys.index(self.article.pk) if self.article.pk in keys else None


def shelves(user: Reader) -> list[Shelf]:
    """The tree of sections that hold something for this reader, with their counts. Two queries."""
    counts = {
        row["section_id"]: row["number"]
        for row in Article.objects.visible_to(user)
        .standing_alone()
        .order_by()
        .values("section_id")
        .annotate(number=Count("pk"))
    }
    rows = {section.pk: Shelf(section, counts.get(section.pk, 0)) for section in Section.objects.all()}
    for shelf in rows.values():
        if (count := counts.get(shelf.section.pk)) is not None:
            for above in shelf.section.ancestry[:-1]:
                rows[above].count += count
    for shelf in rows.values():
        if shelf.count and shelf.section.parent_id is not None:
            rows[shelf.section.parent_id].below.append(shelf)
    return [shelf for shelf in rows.values() if shelf.count and shelf.section.parent_id is None]


def popular(user: Reader, *, language: str) -> list[Entry]:
    """What is read most, of what this reader may read."""
    rows = Article.objects.visible_to(user).standing_alone().filter(views__gt=0).order_by("-views", "-pk")
    return entries(list(rows.select_related("published")[:MOST_POPULAR]), user, language=language)


def of_section(section: Section, user: Reader) -> ArticleQuerySet:
    """The articles that stand in the section itself."""
    return (
        Article.objects.visible_to(user).standing_alone().filter(section=section).select_related("published")
    )


def entries(rows: list[Article], user: Reader, *, language: str) -> list[Entry]:
    """Each article, or its translation into the reader's language. One query."""
    wanted = [row.pk for row in rows if row.language != language]
    found: dict[int | None, Article] = {}
    if wanted:
        translated = Article.objects.visible_to(user).filter(original__in=wanted, language=language)
        found = {row.original_id: row for row in translated.select_related("published")}
    return [Entry(found.get(row.pk, row)) for row in rows]


def find(slug: str, user: Reader) -> Article | None:
    """The article that has this address or once had it, if this person may read it."""
    return (
        Article.objects.visible_to(user)
        .filter(permalinks__slug=slug)
        .select_related("published", "section", "owner", "original")
        .first()
    )


def in_language(article: Article, user: Reader, language: str) -> Article | None:
    """Its counterpart in this language, where there is another one that this person may read."""
    if language not in LANGUAGES or language == article.language:
        return None
    family = article.original_id or article.pk
    rows = Article.objects.visible_to(user).filter(Q(pk=family) | Q(original=family), language=language)
    return rows.first()


def read(article: Article, user: Reader) -> Reading:
    """All that its page shows. `article` was found for this reader. Five queries."""
    version = article.published
    if version is None:
        raise ValueError(f"{article} is not published.")
    reading = shown(article, version, user)
    trail = Section.objects.filter(pk__in=article.section.ancestry).order_by("path")
    related = Article.objects.visible_to(user).filter(related=article).order_by("title", "pk")
    return replace(reading, trail=list(trail), related=list(related))


def shown(article: Article, version: ArticleVersion, user: Reader) -> Reading:
    """An article with the words of one of its versions, without what is beside it: for an editor's look at a draft.

    Three queries.
    """
    files = list(article.files.all())
    texts = {name: getattr(version, name) for name in ("body", *PARTS)}
    script = _script_of(version)
    links = permalinks([*texts.values(), *(step.text for step in script.steps.values())], user)
    pictures = pictures_of(files)
    family, manual_key = article.original_id or article.pk, article.manual_id or article.pk
    near = Q(pk__in=[family, manual_key]) | Q(original=family) | Q(manual=manual_key)
    beside = list(Article.objects.visible_to(user).filter(near).order_by("position", "pk")[:MOST_BESIDE])
    others = [each for each in beside if each.pk != article.pk and family in (each.pk, each.original_id)]
    return Reading(
        article=article,
        version=version,
        body=render(texts["body"], permalinks=links, files=pictures),
        parts=[
            Part(
                name,
                str(ArticleVersion._meta.get_field(name).verbose_name),  # type: ignore[union-attr]
                render(texts[name], permalinks=links, files=pictures, anchors=f"{name}-").html,
            )
            for name in PARTS
            if texts[name]
        ],
        languages=sorted(others, key=lambda each: each.language),
        manual=next((each for each in beside if each.pk == article.manual_id), None),
        chapters=[each for each in beside if each.manual_id == manual_key],
        files=[file for file in files if not file.is_picture],
        steps=_steps(script, links, pictures),
    )


def _script_of(version: ArticleVersion) -> Script:
    """What can be read of it; without steps, where it is no script or broken."""
    return read_script(version.script)[0] if version.script else Script(start="", steps={})


def _steps(script: Script, links: Mapping[str, str], pictures: Mapping[str, Picture]) -> list[ShownStep]:
    numbers = {key: number for number, key in enumerate(script.steps, start=1)}
    return [
        ShownStep(
            key=step.key,
            kind=str(LABELS[step.kind]),
            label=step.label,
            html=render(step.text, permalinks=links, files=pictures, anchors=f"{step.key}-").html,
            ways=[
                Way(step.says(answer), to, numbers[to]) for answer, to in step.next.items() if to in numbers
            ],
        )
        for step in script.steps.values()
    ]


def permalinks(texts: Iterable[str], user: Reader) -> dict[str, str]:
    """Where links by slug lead, for those articles that this reader may read. One query, none without a link."""
    named = articles_named(*texts)
    if not named:
        return {}
    rows = Permalink.objects.filter(slug__in=named, article__in=Article.objects.visible_to(user))
    return {row.slug: row.article.address for row in rows.select_related("article")}


def pictures_of(files: Iterable[ArticleFile]) -> Mapping[str, Picture]:
    return {file.name: Picture(file.address, file.width, file.height) for file in files}


def reads_language(user: Reader, asked: str, accepted: str) -> str:
    """The language to read in: the one asked for, one's own, or the browser's first that articles may have."""
    if asked in LANGUAGES:
        return asked
    own = getattr(user, "language", "")
    if own in LANGUAGES:
        return str(own)
    first = accepted.replace(";", ",").split(",")[0].strip().lower().partition("-")[0]
    return first if first in LANGUAGES else "en"
