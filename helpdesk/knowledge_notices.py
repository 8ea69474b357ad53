"""Mails to the owners of articles: what a reader wrote to them, and what they should look at again.

Carried out by the worker; each may run twice: the key of a mail is what it is about and its reader.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Desk, User
from delivery.models import Delivery
from delivery.operations import send_mail_row
from knowledgebase.models import Article, ArticleStatus, Comment


def tell_of_comment(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """To the owner, unless they wrote it themselves."""
    comment = Comment.objects.select_related("article__owner", "by").get(pk=payload["comment"])
    owner = comment.article.owner
    if owner is None or not owner.is_active or owner.pk == comment.by_id:
        return

    def subject() -> str:
        return _("A comment on “%(title)s”") % {"title": comment.article.title}

    _send(
        owner,
        "article_comment",
        subject,
        {"comment": comment, "article": comment.article},
        page=f"/desk/articles/{comment.article_id}/",
        key=f"knowledge.comment:{comment.pk}:{owner.pk}",
        at=at,
    )


def tell_of_review(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """One mail to an owner with all that is due; what was looked at meanwhile is left out."""
    owner = User.objects.get(pk=payload["owner"])
    due = Article.objects.filter(pk__in=payload["articles"], owner=owner, status=ArticleStatus.PUBLISHED)
    articles = list(due.filter(reminded_on__isnull=False).order_by("review_by", "pk"))
    if not articles or not owner.is_active:
        return

    def subject() -> str:
        text = ngettext("An article to look at again", "%(n)d articles to look at again", len(articles))
        return text % {"n": len(articles)}

    _send(
        owner,
        "look_again",
        subject,
        {"articles": articles},
        page="/desk/articles/?state=look_again&mine=1",
        key=f"knowledge.look_again:{payload['day']}:{articles[0].pk}:{owner.pk}",
        at=at,
    )


def _send(
    person: User,
    template: str,
    subject: Callable[[], str],
    context: Mapping[str, Any],
    *,
    page: str,
    key: str,
    at: datetime,
) -> None:
    base = settings.BASE_URL.rstrip("/")
    with translation.override(person.language), timezone.override(person.zone):
        said = {**context, "person": person, "desk": Desk.load(), "base": base, "url": f"{base}{page}"}
        text = render_to_string(f"mail/{template}.txt", said)
        title = subject()
    send_mail_row(to=person.email, subject=title, text=text, person=person, dedupe_key=key, at=at)
