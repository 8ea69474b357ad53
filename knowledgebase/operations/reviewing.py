"""Acts of those who decide what readers see: submit, approve, send back, publish, archive, restore, still right."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from knowledgebase import events
from knowledgebase.indexing import index_article
from knowledgebase.models import WORDS_OF_VERSION, Article, ArticleKind, ArticleStatus, ArticleVersion
from knowledgebase.operations.learning import link_source, require_looked_through
from knowledgebase.operations.scripting import require_usable
from knowledgebase.operations.writing import lock, write
from knowledgebase.permissions import may_publish
from knowledgebase.refusals import (
    NothingToReview,
    NotPublished,
    NotSubmitted,
    OwnReview,
    ReviewRequired,
)
from tickets.operations.guards import line
from tickets.refusals import Invalid, NotAllowed

LOOK_AGAIN = timedelta(days=180)
"""How far "still right" moves the date by which somebody looks again, when no date is given."""
LONGEST_NOTE = 200


@transaction.atomic
def submit(article: Article, *, by: User | None, at: datetime, note: str = "") -> Article:
    """Ask the section's reviewers to look at the draft.

    Raises:
        NothingToReview: there is no draft.
        NotLookedThrough: it was made from a ticket, and nobody has looked for what is personal in it.
        Invalid: it says nothing yet.
    """
    article = lock(article, by)
    draft = _draft(article)
    _require_words(article, draft)
    if article.review_since is not None:
        return article
    draft.submitted_by, draft.submitted_at = by, at
    draft.note = line(note, "note", longest=LONGEST_NOTE) or draft.note
    draft.save(update_fields=["submitted_by", "submitted_at", "note"])
    article.review_since, article.changed_at = at, at
    if article.status == ArticleStatus.DRAFT:
        article.status = ArticleStatus.REVIEW
    article.save(update_fields=["review_since", "status", "changed_at"])
    events.record(article, events.SUBMITTED, by=by, at=at, version=draft.number)
    return article


@transaction.atomic
def approve(article: Article, *, by: User | None, at: datetime) -> Article:
    """Say that the draft is right as it stands; publishing is another act.

    Raises:
        OwnReview: who approves has written in it.
        NotSubmitted: it does not wait for a review.
    """
    article = lock(article, by)
    draft = _draft(article)
    _require_reviewer(by, article)
    if article.review_since is None:
        raise NotSubmitted(article)
    _approve(article, draft, by, at)
    return article


@transaction.atomic
def send_back(article: Article, *, note: str, by: User | None, at: datetime) -> Article:
    """The draft is not right yet; `note` says why, for those who wrote it.

    Raises:
        NotSubmitted: it does not wait for a review.
        Invalid: no reason is given.
    """
    article = lock(article, by)
    draft = _draft(article)
    _require_reviewer(by, article)
    if article.review_since is None:
        raise NotSubmitted(article)
    draft.note = line(note, "note", longest=LONGEST_NOTE, needed=True)
    draft.submitted_by, draft.submitted_at = None, None
    draft.reviewed_by, draft.reviewed_at = None, None
    draft.save(update_fields=["note", "submitted_by", "submitted_at", "reviewed_by", "reviewed_at"])
    article.review_since, article.changed_at = None, at
    if article.status == ArticleStatus.REVIEW:
        article.status = ArticleStatus.DRAFT
    article.save(update_fields=["review_since", "status", "changed_at"])
    events.record(article, events.SENT_BACK, by=by, at=at, version=draft.number)
    return article


@transaction.atomic
def publish(
    article: Article,
    *,
    by: User | None,
    at: datetime,
    note: str = "",
    seen: tuple[int, int] | None = None,
) -> Article:
    """Let readers see the draft. A reviewer who has not written in it approves it by this.

    Args:
        note: what changed, for the list of versions.
        seen: number and revision of the draft that the person had before them.

    Raises:
        NotAllowed: who is no reviewer of the section, lead, manager or administrator.
        ReviewRequired: the section wants a review, and only its authors have seen it.
        NothingToReview: there is no draft, or it is not the one that was seen.
        NotLookedThrough: it was made from a ticket, and nobody has looked for what is personal in it.
        Invalid: it says nothing.
    """
    article = lock(article, by)
    draft = _draft(article)
    _require_reviewer(by, article)
    _require_words(article, draft)
    if seen is not None and seen != (draft.number, draft.revision):
        raise Invalid(
            _("The draft has changed since you opened this page. Look at it again, then publish it."),
            field="seen",
        )
    is_seen = draft.reviewed_at is not None
    if not is_seen and by is not None and by.pk not in draft.author_ids:
        _approve(article, draft, by, at)
    elif not is_seen and article.section.is_review_required:
        raise ReviewRequired(article.section)
    draft.published_by, draft.published_at = by, at
    draft.note = line(note, "note", longest=LONGEST_NOTE) or draft.note
    draft.save(update_fields=["published_by", "published_at", "note"])
    article.published, article.draft, article.review_since = draft, None, None
    article.status, article.title, article.changed_at = ArticleStatus.PUBLISHED, draft.title, at
    article.published_at = article.published_at or at
    article.save(
        update_fields=[
            *("published", "draft", "review_since", "status", "title", "changed_at", "published_at"),
        ]
    )
    index_article(article)
    events.record(article, events.PUBLISHED, by=by, at=at, version=draft.number)
    link_source(article, by=by, at=at)
    return article


@transaction.atomic
def archive(article: Article, *, by: User | None, at: datetime) -> Article:
    """Take it from the readers, its chapters with it; its address says that it is gone. Nothing is deleted.

    Raises:
        NotAllowed: who is no reviewer and has not begun it.
    """
    article = lock(article, by)
    if article.published is not None or not _is_author(by, article):
        _require_reviewer(by, article)
    for each in [article, *_chapters(article)]:
        if each.status != ArticleStatus.ARCHIVED:
            each.status, each.review_since, each.changed_at = ArticleStatus.ARCHIVED, None, at
            each.save(update_fields=["status", "review_since", "changed_at"])
            index_article(each)
            events.record(each, events.ARCHIVED, by=by, at=at)
    return article


@transaction.atomic
def unarchive(article: Article, *, by: User | None, at: datetime) -> Article:
    """Back to the readers as it was, or to being a draft."""
    article = lock(article, by)
    _require_reviewer(by, article)
    if article.status == ArticleStatus.ARCHIVED:
        is_known = article.published is not None
        article.status = ArticleStatus.PUBLISHED if is_known else ArticleStatus.DRAFT
        article.changed_at = at
        article.save(update_fields=["status", "changed_at"])
        index_article(article)
        events.record(article, events.UNARCHIVED, by=by, at=at)
    return article


@transaction.atomic
def restore(article: Article, *, number: int, by: User | None, at: datetime) -> Article:
    """A draft that says again what version `number` said; what stood in the draft is overwritten.

    Nothing happens where readers see these words already and no draft says otherwise.

    Raises:
        ArticleVersion.DoesNotExist: there is no such version.
    """
    article = lock(article, by)
    version = ArticleVersion.objects.get(article=article, number=number)
    said = {name: getattr(version, name) for name in WORDS_OF_VERSION}
    note = _("Version %(n)d again") % {"n": number}
    article = write(article, note=note, by=by, at=at, **said)
    if article.draft is not None:
        events.record(article, events.RESTORED, by=by, at=at, version=number)
    return article


@transaction.atomic
def still_right(article: Article, *, by: User | None, at: datetime, until: date | None = None) -> Article:
    """Somebody has looked at it and it holds; look again by `until`, or in half a year.

    Raises:
        NotPublished: readers do not see it.
        NotAllowed: who neither owns nor may publish it.
        Invalid: the date is past.
    """
    article = lock(article, by)
    if not article.is_published:
        raise NotPublished(article)
    if by is None or article.owner_id != by.pk:
        _require_reviewer(by, article)
    until = until or (at + LOOK_AGAIN).date()
    if until <= at.date():
        raise Invalid(_("Choose a day that is still to come."), field="until")
    article.review_by, article.reminded_on = until, None
    article.save(update_fields=["review_by", "reminded_on"])
    events.record(article, events.STILL_RIGHT, by=by, at=at, until=until.isoformat())
    return article


# --- below ---


def _draft(article: Article) -> ArticleVersion:
    if article.draft is None:
        raise NothingToReview(article)
    return article.draft


def _require_reviewer(by: User | None, article: Article) -> None:
    if not may_publish(by, article.section):
        raise NotAllowed(
            _("Only reviewers of “%(section)s”, leads, managers and administrators can do this.")
            % {"section": article.section.full_name}
        )


def _require_words(article: Article, draft: ArticleVersion) -> None:
    """Something for readers. An SOP has its steps, a known error what is seen of it, a manual its chapters; what was
    made from a ticket is looked through.
    """
    require_looked_through(article)
    if article.kind == ArticleKind.SOP:
        if not draft.script:
            raise Invalid(_("An SOP needs a script before it can be published."), field="script")
        require_usable(draft.script, of=article)
    elif article.kind == ArticleKind.KNOWN_ERROR:
        if not draft.symptom:
            raise Invalid(_("A known error needs its symptom: what people see."), field="symptom")
    elif not draft.body and not (article.kind == ArticleKind.MANUAL and article.manual_id is None):
        raise Invalid(_("There is nothing to read yet."), field="body")


def _approve(article: Article, draft: ArticleVersion, by: User | None, at: datetime) -> None:
    if by is not None and by.pk in draft.author_ids:
        raise OwnReview
    draft.reviewed_by, draft.reviewed_at = by, at
    draft.save(update_fields=["reviewed_by", "reviewed_at"])
    events.record(article, events.APPROVED, by=by, at=at, version=draft.number)


def _is_author(by: User | None, article: Article) -> bool:
    return by is None or (article.draft is not None and by.pk in article.draft.author_ids)


def _chapters(article: Article) -> list[Article]:
    return list(Article.objects.filter(manual=article).order_by("position", "pk"))
