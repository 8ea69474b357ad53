"""What owners of articles are told: what a reader wrote to them, and what they should look at again.

Carried out by the worker; each may run twice: the key of a notice is what it is about and its reader.
"""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.current import current_desk
from accounts.models import User
from delivery.letters import Letter
from delivery.models import Delivery
from delivery.operations.telling import News, tell
from helpdesk.telling import numbers
from helpdesk.telling.writing import about_desk, compose, inline, lines, link, written
from knowledgebase.models import Article, ArticleStatus, Comment

COMMENTED = "knowledge.comment"
LOOK_AGAIN = "knowledge.look_again"
REVIEWS_PAGE = "/desk/articles/?state=look_again&mine=1"


def tell_of_comment(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """To the owner, unless they wrote it themselves."""
    comment = Comment.objects.select_related("article__owner", "by").get(pk=payload["comment"])
    owner = comment.article.owner
    if owner is None:
        return
    news = News(
        kind="comments",
        key=f"{COMMENTED}:{comment.pk}",
        at=at,
        write=lambda person: _comment(comment, person),
        event_kind=COMMENTED,
        event_id=numbers.of_comment(comment.pk),
        by=comment.by_id,
    )
    tell([owner], news)


def tell_of_review(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """One notice to an owner with all that is due; what was looked at meanwhile is left out."""
    owner = User.objects.get(pk=payload["owner"])
    due = Article.objects.filter(pk__in=payload["articles"], owner=owner, status=ArticleStatus.PUBLISHED)
    articles = list(due.filter(reminded_on__isnull=False).order_by("review_by", "pk"))
    if not articles:
        return
    news = News(
        kind="reviews",
        key=f"{LOOK_AGAIN}:{payload['day']}:{articles[0].pk}",
        at=at,
        write=lambda person: _reviews(articles, person),
        event_kind=LOOK_AGAIN,
        event_id=numbers.of_reviews(date.fromisoformat(payload["day"])),
    )
    tell([owner], news)


def _comment(comment: Comment, person: User) -> Letter:
    by = comment.by.name if comment.by else _("A reader")
    values = {
        **about_desk(current_desk(), person.first_name),
        "by": inline(by),
        "title": inline(comment.article.title),
        "text": written(comment.text),
        "link": link(f"{_base()}/desk/articles/{comment.article_id}/"),
    }
    return compose(
        "article_comment",
        values,
        language=person.language,
        organisation=person.organisation_id,
        sender_name=comment.by.name if comment.by else "",
    )


def _reviews(articles: list[Article], person: User) -> Letter:
    what = ngettext("An article to look at again", "%(n)d articles to look at again", len(articles))
    text = render_to_string("mail/_articles.txt", {"articles": articles, "base": _base()})
    values = {
        **about_desk(current_desk(), person.first_name),
        "what": inline(what % {"n": len(articles)}),
        "list": lines(text.strip("\n")),
        "link": link(f"{_base()}{REVIEWS_PAGE}"),
    }
    return compose("look_again", values, language=person.language, organisation=person.organisation_id)


def _base() -> str:
    return settings.BASE_URL.rstrip("/")
