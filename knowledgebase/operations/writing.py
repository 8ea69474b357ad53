"""Acts of those who write articles: begin one, write its draft, say what it is, who reads it and where it belongs.

What readers see changes only when a draft is published (operations/reviewing.py). Who reads it changes at once.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from knowledgebase import events
from knowledgebase.indexing import index_article
from knowledgebase.markup import render
from knowledgebase.models import (
    LANGUAGES,
    WORDS_OF_VERSION,
    Article,
    ArticleAudience,
    ArticleKind,
    ArticleVersion,
    ErrorStatus,
    Permalink,
    Section,
)
from knowledgebase.operations.scripting import kept
from knowledgebase.permissions import may_edit, may_write
from knowledgebase.refusals import DraftChanged, FollowsAnother, NothingToReview, SlugTaken
from tickets.models import Kind, Ticket
from tickets.operations.guards import line, words
from tickets.permissions import may_see
from tickets.refusals import Invalid, NotAllowed

LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_NOTE, LONGEST_SLUG = 200, 500, 200, 120
LONGEST_BODY = 100_000
"""Characters: what is longer is a manual, and has chapters."""
LONGEST_PART = 20_000
MOST_TAGS, LONGEST_TAG = 20, 40
RESERVED = frozenset({"files", "new", "search", "sections", "suggest", "tags"})
"""Addresses below /help/ that are pages of their own."""
ERROR_PARTS = ("symptom", "cause", "workaround", "fix")


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
        kind=_kind(kind),
        section=section,
        language=_language(language),
        created_at=at,
        changed_at=at,
        owner=owner or by,
        review_by=review_by,
        tags=_tags(tags),
        position=position,
    )
    _put_below(article, original, manual, by)
    _know_error(article, error_status, problem, by)
    article.title = _title(title)
    article.slug = _own_slug(slug) if slug else _new_slug(article.title)
    audience, organisations = _audience(article, audience, organisations, by)
    article.audience = audience
    article.save(force_insert=True)
    article.organisations.set(organisations)
    Permalink.objects.create(slug=article.slug, article=article)
    draft = ArticleVersion(article=article, number=1, title=article.title)
    article.draft = _write(draft, article, {"title": title, **said}, by=by, at=at)
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
    draft = article.draft or _next_version(article)
    before = {name: getattr(draft, name) for name in WORDS_OF_VERSION}
    is_new = draft.pk is None
    article.draft = draft = _write(draft, article, said, by=by, at=at)
    if not is_new and before == {name: getattr(draft, name) for name in WORDS_OF_VERSION}:
        return article
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


@transaction.atomic
def rename(article: Article, *, slug: str, by: User | None, at: datetime) -> Article:
    """Another address. The old ones lead to it for ever.

    Raises:
        SlugTaken: it is, or was, the address of another article.
    """
    article = lock(article, by)
    slug = _own_slug(slug, article)
    if slug != article.slug:
        before, article.slug, article.changed_at = article.slug, slug, at
        article.save(update_fields=["slug", "changed_at"])
        Permalink.objects.get_or_create(slug=slug, defaults={"article": article})
        events.record(article, events.RENAMED, by=by, at=at, before=before, after=slug)
    return article


@transaction.atomic
def set_audience(
    article: Article,
    *,
    audience: str,
    by: User | None,
    at: datetime,
    organisations: Iterable[Organisation] = (),
) -> Article:
    """Who reads it from now on, with its chapters and translations. At once: nothing waits for a review.

    Raises:
        FollowsAnother: it is a chapter or a translation.
        Invalid: named organisations without a name, or a tier above one's own.
    """
    article = lock(article, by)
    if leader := article.manual or article.original:
        raise FollowsAnother(leader, "audience")
    found, named = _audience(article, audience, organisations, by)
    before = (article.audience, {each.pk for each in article.organisations.all()})
    if before == (found, {each.pk for each in named}):
        return article
    for each in [article, *family(article)]:
        was = each.audience
        each.audience, each.changed_at = found, at
        each.save(update_fields=["audience", "changed_at"])
        each.organisations.set(named)
        keys: list[events.Fact] = [one.pk for one in named]
        events.record(
            each, events.AUDIENCE_SET, by=by, at=at, before=was, after=str(found), organisations=keys
        )
    return article


@transaction.atomic
def describe(
    article: Article,
    *,
    by: User | None,
    at: datetime,
    section: Section,
    owner: User | None,
    tags: Iterable[str] = (),
    review_by: date | None = None,
    error_status: str = "",
    problem: Ticket | None = None,
    position: int | None = None,
) -> Article:
    """What is true of the article whatever it says: where it stands, who answers for it, what the error's state is.

    Raises:
        Invalid: no owner, or what only known errors have; `field` names it.
    """
    article = lock(article, by)
    if owner is None or not may_write(owner):
        raise Invalid(_("An article needs an owner who works at the desk."), field="owner")
    before = _described(article)
    article.section, article.owner, article.tags = section, owner, _tags(tags)
    if article.review_by != review_by:
        article.review_by, article.reminded_on = review_by, None
    if position is not None:
        article.position = position
    _know_error(article, error_status, problem, by)
    changed = [name for name, value in _described(article).items() if value != before[name]]
    if not changed:
        return article
    article.changed_at = at
    article.save(
        update_fields=[
            *("section", "owner", "tags", "review_by", "reminded_on", "position"),
            *("error_status", "problem", "changed_at"),
        ]
    )
    if "tags" in changed:
        index_article(article)
    events.record(article, events.DESCRIBED, by=by, at=at, fields=list(changed))
    return article


@transaction.atomic
def relate(article: Article, *, others: Iterable[Article], by: User | None, at: datetime) -> Article:
    """The articles to look at beside it; they name it in turn."""
    article = lock(article, by)
    wanted = {other.pk: other for other in others}
    wanted.pop(article.pk, None)
    before = set(article.related.values_list("pk", flat=True))
    if before != wanted.keys():
        article.related.set(wanted.values())
        keys: list[events.Fact] = [*sorted(wanted)]
        events.record(article, events.RELATED, by=by, at=at, others=keys)
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
    rows = Article.objects.select_for_update(of=("self",)).select_related(
        "published__written_by", "draft__written_by", "section", "owner", "original", "manual"
    )
    return rows.get(pk=article.pk)


def family(article: Article) -> list[Article]:
    """Its chapters and its translations, and the chapters' translations: they are read by whom it is."""
    near = Article.objects.filter(manual=article) | Article.objects.filter(original=article)
    far = Article.objects.filter(original__manual=article) | Article.objects.filter(manual__original=article)
    return list((near | far).distinct().order_by("pk"))


def clean_script(kind: str, script: object) -> Mapping[str, Any] | None:
    """The steps of an SOP as they may be stored: a mapping, or none yet."""
    if script in (None, ""):
        return None
    if kind != ArticleKind.SOP:
        raise Invalid(_("Only an SOP has a script."), field="script")
    if not isinstance(script, dict):
        raise Invalid(_("A script is a mapping with `start` and `steps`."), field="script")
    return kept(script)


# --- below ---


def _write(
    draft: ArticleVersion, article: Article, said: Mapping[str, Any], *, by: User | None, at: datetime
) -> ArticleVersion:
    """Put cleaned words into the draft and save it, unless nothing is different."""
    cleaned = _cleaned(article.kind, said)
    if draft.pk is not None and all(getattr(draft, name) == value for name, value in cleaned.items()):
        return draft
    for name, value in cleaned.items():
        setattr(draft, name, value)
    draft.headings = _headings(draft)
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


def _cleaned(kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    cleaners: dict[str, Any] = {
        "title": _title,
        "summary": lambda text: line(text, "summary", longest=LONGEST_SUMMARY),
        "note": lambda text: line(text, "note", longest=LONGEST_NOTE),
        "body": lambda text: words(text, "body", longest=LONGEST_BODY, needed=False),
        "script": lambda script: clean_script(kind, script),
    }
    for part in ERROR_PARTS:
        cleaners[part] = lambda text, part=part: _part(kind, part, text)
    unknown = said.keys() - cleaners.keys()
    if unknown:
        raise TypeError(f"An article says nothing in {sorted(unknown)}.")
    return {name: cleaners[name](value) for name, value in said.items()}


def _part(kind: str, part: str, text: str) -> str:
    text = words(text, part, longest=LONGEST_PART, needed=False)
    if text and kind != ArticleKind.KNOWN_ERROR:
        raise Invalid(_("Only a known error has symptom, cause, workaround and fix."), field=part)
    return text


def _headings(version: ArticleVersion) -> list[list[Any]]:
    return [[each.level, each.text, each.anchor] for each in render(version.body).headings]


def _next_version(article: Article) -> ArticleVersion:
    """A draft that says what is published, not yet stored."""
    last = article.versions.aggregate(last=Max("number"))["last"] or 0
    draft = ArticleVersion(article=article, number=last + 1)
    if article.published is not None:
        for name in WORDS_OF_VERSION:
            setattr(draft, name, getattr(article.published, name))
    return draft


def _title(title: str) -> str:
    return line(title, "title", longest=LONGEST_TITLE, needed=True)


def _kind(kind: str) -> ArticleKind:
    if kind not in ArticleKind.values:
        raise Invalid(
            _("“%(kind)s” is no kind of article. There are: %(known)s.")
            % {"kind": kind, "known": ", ".join(ArticleKind.values)},
            field="kind",
        )
    return ArticleKind(kind)


def _language(language: str) -> str:
    if language not in LANGUAGES:
        raise Invalid(
            _("“%(language)s” is no language that articles are written in. There are: %(known)s.")
            % {"language": language, "known": ", ".join(LANGUAGES)},
            field="language",
        )
    return language


def _tags(tags: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(line(str(tag), "tags", longest=LONGEST_TAG).lower() for tag in tags))
    found = [tag for tag in found if tag]
    if len(found) > MOST_TAGS:
        raise Invalid(_("At most %(n)d tags.") % {"n": MOST_TAGS}, field="tags")
    return found


def _own_slug(slug: str, article: Article | None = None) -> str:
    """An address that somebody chose: usable, and nobody else's, now or once."""
    found = slugify(slug)[:LONGEST_SLUG].strip("-")
    if not found or found != slug.strip().lower():
        raise Invalid(
            _("An address has small letters, digits and hyphens, such as reset-your-password."), field="slug"
        )
    taken = Permalink.objects.filter(slug=found)
    if found in RESERVED or (taken.exclude(article=article) if article else taken).exists():
        raise SlugTaken(found)
    return found


def _new_slug(title: str) -> str:
    stem = slugify(title)[: LONGEST_SLUG - 6].strip("-") or "article"
    begins = Permalink.objects.filter(slug__startswith=stem)
    taken = RESERVED | set(begins.values_list("slug", flat=True))
    for number in range(1, len(taken) + 2):
        found = stem if number == 1 else f"{stem}-{number}"
        if found not in taken:
            return found
    raise AssertionError("more addresses are taken than there are")


def _put_below(article: Article, original: Article | None, manual: Article | None, by: User | None) -> None:
    if manual is not None:
        if manual.kind != ArticleKind.MANUAL or manual.manual_id is not None:
            raise Invalid(_("Chapters belong to a manual that is no chapter itself."), field="manual")
        if article.kind in (ArticleKind.SOP, ArticleKind.KNOWN_ERROR):
            raise Invalid(_("An SOP or a known error is no chapter of a manual."), field="kind")
    if original is not None:
        if original.original_id is not None:
            raise Invalid(
                _("That is a translation itself. Name the article it was translated from."), field="original"
            )
        taken = {original.language, *original.translations.values_list("language", flat=True)}
        if article.language in taken:
            raise Invalid(
                _("There is this article in %(language)s already.")
                % {"language": LANGUAGES[article.language]},
                field="language",
            )
    for leader in (original, manual):
        if leader is not None and not may_edit(by, leader):
            raise NotAllowed(_("Only people of the desk who may read this article can change it."))
    article.original, article.manual = original, manual


def _know_error(article: Article, error_status: str, problem: Ticket | None, by: User | None) -> None:
    if article.kind != ArticleKind.KNOWN_ERROR:
        if error_status:
            raise Invalid(_("Only a known error has a state."), field="error_status")
        if problem is not None:
            raise Invalid(_("Only a known error belongs to a problem."), field="problem")
        return
    status = error_status or ErrorStatus.OPEN
    if status not in ErrorStatus.values:
        raise Invalid(
            _("A known error is one of: %(known)s.") % {"known": ", ".join(ErrorStatus.values)},
            field="error_status",
        )
    if problem is not None and (problem.kind != Kind.PROBLEM or not may_see(by, problem)):
        raise Invalid(_("Name a ticket of kind problem that you can see."), field="problem")
    article.error_status, article.problem = status, problem


def _audience(
    article: Article, audience: str, organisations: Iterable[Organisation], by: User | None
) -> tuple[ArticleAudience, list[Organisation]]:
    """The audience that this person may give it; a chapter or translation has that of whom it belongs to."""
    if leader := article.manual or article.original:
        return ArticleAudience(leader.audience), list(leader.organisations.all())
    if audience not in ArticleAudience.values:
        raise Invalid(
            _("“%(audience)s” is no audience. There are: %(known)s.")
            % {"audience": audience, "known": ", ".join(ArticleAudience.values)},
            field="audience",
        )
    found, named = ArticleAudience(audience), list(organisations)
    if found == ArticleAudience.ORGANISATIONS and not named:
        raise Invalid(_("Name at least one organisation."), field="organisations")
    return found, named if found == ArticleAudience.ORGANISATIONS else []


def _described(article: Article) -> dict[str, Any]:
    return {
        "section": article.section_id,
        "owner": article.owner_id,
        "tags": list(article.tags),
        "review_by": article.review_by,
        "position": article.position,
        "error_status": article.error_status,
        "problem": article.problem_id,
    }
