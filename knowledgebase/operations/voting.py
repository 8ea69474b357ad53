"""What readers say of an article: that it helped or not, and a word to its owner."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.operations import enqueue
from knowledgebase import events
from knowledgebase.models import Article, ArticleVersion, Comment, Reader, Vote, VoteReason
from knowledgebase.operations.writing import lock
from knowledgebase.permissions import readable_now
from knowledgebase.refusals import NotPublished
from tickets.operations.guards import line, words
from tickets.refusals import Invalid

COMMENT_KIND = "knowledge.comment"
"""The delivery that tells the owner of a comment."""
LONGEST_COMMENT, LONGEST_REASON = 2000, 500


@transaction.atomic
def vote(
    article: Article,
    *,
    is_helpful: bool,
    by: Reader,
    at: datetime,
    visitor: str = "",
    reason: str = "",
    text: str = "",
) -> Vote:
    """That it helped, or not and why. Who votes again changes their vote.

    Args:
        visitor: for somebody without a login, what stands for their session.

    Raises:
        NotPublished: this person cannot read it now.
        Invalid: a reason that there is not.
    """
    version = _read(article, by)
    if reason and reason not in VoteReason.values:
        raise Invalid(_("Choose one of the reasons, or none."), field="reason")
    person = by if isinstance(by, User) else None
    voter: dict[str, Any] = {"user": person, "visitor": "" if person else _required(visitor)}
    before = Vote.objects.select_for_update().filter(article=article, **voter).first()
    said = {
        "is_helpful": is_helpful,
        "version": version,
        "reason": "" if is_helpful else reason,
        "text": "" if is_helpful else line(text, "text", longest=LONGEST_REASON),
        "at": at,
    }
    found, _new = Vote.objects.update_or_create(article=article, **voter, defaults=said)
    _count(article, before.is_helpful if before else None, is_helpful)
    return found


@transaction.atomic
def comment(article: Article, *, text: str, by: User, at: datetime) -> Comment:
    """A word to the owner, who is told by mail.

    Raises:
        NotPublished: this person cannot read it now.
        Invalid: it is empty or too long.
    """
    version = _read(article, by)
    row = Comment.objects.create(
        article=article,
        version=version,
        by=by,
        at=at,
        text=words(text, "text", longest=LONGEST_COMMENT),
    )
    enqueue(COMMENT_KIND, {"comment": row.pk}, at=at)
    return row


@transaction.atomic
def settle_comment(comment: Comment, *, by: User | None, at: datetime) -> Comment:
    """Somebody has done what there was to do about it."""
    article = lock(comment.article, by)
    comment = Comment.objects.select_for_update().get(pk=comment.pk)
    if comment.done_at is None:
        comment.done_by, comment.done_at = by, at
        comment.save(update_fields=["done_by", "done_at"])
        events.record(article, events.COMMENT_DONE, by=by, at=at, comment=comment.pk)
    return comment


# --- below ---


def _read(article: Article, by: Reader) -> ArticleVersion:
    """The version that this person reads now."""
    fresh = Article.objects.select_related("published").get(pk=article.pk)
    if fresh.published is None or not readable_now(fresh, by):
        raise NotPublished(article)
    return fresh.published


def _required(visitor: str) -> str:
    if not visitor:
        raise ValueError("Without a login something has to stand for the session.")
    return visitor


def _count(article: Article, before: bool | None, after: bool) -> None:
    """Keep the article's two numbers."""
    if before == after:
        return
    names = {True: "helpful", False: "not_helpful"}
    changes = {names[after]: F(names[after]) + 1}
    if before is not None:
        changes[names[before]] = F(names[before]) - 1
    Article.objects.filter(pk=article.pk).update(**changes)
