"""Acts of those who write articles: begin one, its translation or its chapter, and write the draft.

What readers see changes only when a draft is published (operations/reviewing.py).
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.prepared import Prepared
from knowledgebase import events
from knowledgebase.models import (
    WORDS_OF_VERSION,
    Article,
    ArticleAudience,
    ArticleKind,
    ArticleVersion,
    Permalink,
    Section,
)
from knowledgebase.operations.cleaning import (
    clean_audience,
    clean_kind,
    clean_language,
    clean_tags,
    clean_title,
    clean_words,
    headings_of,
    know_error,
    new_slug,
    own_slug,
    put_below,
)
from knowledgebase.permissions import may_edit, may_write
from knowledgebase.refusals import DraftChanged, NothingToReview
from tickets.models import Ticket
from tickets.refusals import NotAllowed


@transaction.atomic
def create_article(
    *,
    section: Section,
    title: str,
    by: User | None,
    at: datetime,
    kind: str = ArticleKind.HOW_TO,
    slug: str = "",
    language: str = "en",
    audience: str = ArticleAudience.SIGNED_IN,
    organisations: Iterable[Organisation] = (),
    owner: User | None = None,
    tags: Iterable[str] = (),
    review_by: date | None = None,
    error_status: str = "",
    problem: Ticket | None = None,
    original: Article | None = None,
    manual: Article | None = None,
    position: int = 0,
    **said: Any,
) -> Article:
    """A new article with its first draft.

    Args:
        slug: its address below /help/; made from the title, and free, when none is given.
        original: the article it is a translation of.
        manual: the manual it is a chapter of, at `position`.
        said: summary, body, note, script; for a known error symptom, cause, workaround, fix.

    Raises:
        NotAllowed: who may not write.
        SlugTaken, Invalid: what cannot be; `field` names it.
    """
    if not may_write(by):
        raise NotAllowed(_("Only people of the desk write articles."))
    article = Article(
        kind=clean_kind(kind),
        section=section,
        language=clean_language(language),
        created_at=at,
        changed_at=at,
        owner=owner or by,
        review_by=review_by,
        tags=clean_tags(tags),
        position=position,
    )
    put_below(article, original, manual, by)
    know_error(article, error_status, problem, by)
    article.title = clean_title(title)
    article.slug = own_slug(slug) if slug else new_slug(article.title)
    audience, organisations = clean_audience(article, audience, organisations, by)
    article.audience = audience
    article.save(force_insert=True)
    article.organisations.set(organisations)
    Permalink.objects.create(slug=article.slug, article=article)
    draft = ArticleVersion(article=article, number=1, title=article.title)
    article.draft = _write(draft, clean_words(article.kind, {"title": title, **said}), by=by, at=at)
    article.save(update_fields=["draft"])
    events.record(article, events.CREATED, by=by, at=at, version=1)
    return article


@transaction.atomic
def write(
    article: Article, *, by: User | None, at: datetime, base: tuple[int, int] | None = None, **said: Any
) -> Article:
    """Write in the draft; where there is none, one begins from what is published.

    Args:
        base: number and revision of the version that the person had before them.
        said: title, summary, body, note, script, symptom, cause, workaround, fix; what is not named stays.

    Raises:
        DraftChanged: somebody else has written since `base`; it carries what stands there now.
        Invalid: something is too long or empty; `field` names it.
    """
    article = lock(article, by)
    version = article.draft or article.published
    if version is None:
        raise NothingToReview(article)
    if base is not None and base != (version.number, version.revision):
        raise DraftChanged(version)
    cleaned = clean_words(article.kind, said)
    is_new = article.draft is None
    if all(
        getattr(version, name) == value for name, value in cleaned.items() if not is_new or name != "note"
    ):
        return article
    article.draft = draft = _write(article.draft or _next_version(article), cleaned, by=by, at=at)
    if article.published is None:
        article.title = draft.title
    article.changed_at = at
    article.save(update_fields=["draft", "title", "changed_at"])
    if is_new:
        events.record(article, events.WRITTEN, by=by, at=at, version=draft.number)
    return article


@transaction.atomic
def discard_draft(article: Article, *, by: User | None, at: datetime) -> Article:
    """Throw the draft away; what is published stays. An article that never was published is archived instead.

    Raises:
        NothingToReview: there is no draft, or nothing but it.
    """
    article = lock(article, by)
    draft = article.draft
    if draft is None or article.published is None:
        raise NothingToReview(article)
    article.draft, article.review_since, article.changed_at = None, None, at
    article.save(update_fields=["draft", "review_since", "changed_at"])
    number = draft.number
    draft.delete()
    events.record(article, events.DISCARDED, by=by, at=at, version=number)
    return article


def translate(article: Article, *, language: str, title: str, by: User | None, at: datetime) -> Article:
    """A draft of the same article in another language, beginning with the words of the original.

    Raises:
        Invalid: it is written in that language, or has that translation already.
    """
    original = article.original or article
    source = original.published or original.draft
    said = {} if source is None else {name: getattr(source, name) for name in WORDS_OF_VERSION[1:]}
    return create_article(
        section=original.section,
        title=title,
        kind=original.kind,
        language=language,
        original=original,
        error_status=original.error_status,
        tags=original.tags,
        review_by=original.review_by,
        by=by,
        at=at,
        **said,
    )


def add_chapter(manual: Article, *, title: str, by: User | None, at: datetime) -> Article:
    """A draft of one more chapter, behind the others."""
    last = manual.chapters.aggregate(last=Max("position"))["last"]
    return create_article(
        section=manual.section,
        title=title,
        kind=ArticleKind.MANUAL,
        language=manual.language,
        manual=manual,
        position=0 if last is None else last + 1,
        review_by=manual.review_by,
        by=by,
        at=at,
    )


# --- For the neighbours of this module ---


def lock(article: Article, by: User | None) -> Article:
    """The row as it is now, locked, for somebody who may write in it.

    Raises:
        NotAllowed: they may not.
    """
    if not may_edit(by, article):
        raise NotAllowed(_("Only people of the desk who may read this article can change it."))
    row = _locked.first(key=article.pk)
    if row is None:
        raise Article.DoesNotExist
    return row


_locked: Prepared[Article] = Prepared(
    lambda key: (
        Article.objects.select_for_update(of=("self",))
        .select_related(
            "published__written_by", "draft__written_by", "section", "owner", "original", "manual"
        )
        .defer("words", "original__words", "manual__words")
        .filter(pk=key)
        .order_by()
    ),
    "key",
)


# --- below ---


def _write(
    draft: ArticleVersion, cleaned: Mapping[str, Any], *, by: User | None, at: datetime
) -> ArticleVersion:
    """Put cleaned words into the draft and save it."""
    for name, value in cleaned.items():
        setattr(draft, name, value)
    draft.headings = headings_of(draft)
    draft.written_by, draft.at = by, at
    if by is not None and by.pk not in draft.author_ids:
        draft.author_ids = [*draft.author_ids, by.pk]
    if draft.pk is None:
        draft.save(force_insert=True)
        return draft
    draft.revision += 1
    # Whoever approved it has not seen this.
    draft.reviewed_by, draft.reviewed_at = None, None
    draft.save()
    return draft


def _next_version(article: Article) -> ArticleVersion:
    """A draft that says what is published, not yet stored."""
    last = article.versions.aggregate(last=Max("number"))["last"] or 0
    draft = ArticleVersion(article=article, number=last + 1)
    if article.published is not None:
        for name in WORDS_OF_VERSION:
            setattr(draft, name, getattr(article.published, name))
    return draft
