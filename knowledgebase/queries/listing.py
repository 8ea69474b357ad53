"""The editors' list of articles: filters that stand in the address, pages by key."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from accounts.models import User
from accounts.paging import BY_NAME, Order, Page, page_in
from knowledgebase.models import Article, ArticleQuerySet, ArticleStatus, Comment, Section
from tickets.words import tokens

PAGE = 50
SOON = timedelta(days=14)
STATES = ("draft", "review", "published", "archived", "changed", "look_again", "comments")

BY_TITLE: Order[str] = Order("title", descending=False, write=BY_NAME.write, read=BY_NAME.read)


def _write_time(value: datetime, pk: int) -> str:
    return urlsafe_b64encode(json.dumps([value.isoformat(), pk]).encode()).decode().rstrip("=")


def _read_time(key: str) -> tuple[datetime, int] | None:
    try:
        text, pk = json.loads(urlsafe_b64decode(key + "=" * (-len(key) % 4)))
        value = datetime.fromisoformat(text)
    except (ValueError, TypeError, RecursionError):
        return None
    usable = value.tzinfo is not None and isinstance(pk, int) and 0 < pk < 2**63
    return (value, pk) if usable else None


BY_CHANGE: Order[datetime] = Order("changed_at", descending=True, write=_write_time, read=_read_time)
ORDERS: dict[str, Order[Any]] = {"changed": BY_CHANGE, "title": BY_TITLE}


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to; empty values narrow nothing."""

    words: str = ""
    state: str = ""
    kind: str = ""
    audience: str = ""
    language: str = ""
    section: Section | None = None
    mine: bool = False
    order: str = "changed"


def articles(wanted: Wanted, user: User, *, on: date) -> ArticleQuerySet:
    """The articles that this person may work on, narrowed. `on` is today, for what has to be looked at again."""
    rows = Article.objects.editable_by(user)
    for word in tokens(wanted.words)[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(slug__icontains=word) | Q(tags__contains=[word]))
    exact = {"kind": wanted.kind, "audience": wanted.audience, "language": wanted.language}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.section is not None:
        rows = rows.filter(section__in=Section.objects.under([wanted.section.pk]))
    if wanted.mine:
        rows = rows.filter(Q(owner=user) | Q(draft__author_ids__contains=[user.pk]))
    return rows.filter(_state(wanted.state, on))


def _state(state: str, on: date) -> Q:
    """Not the column alone: what waits for a review may be published, what is to be looked at is."""
    states = {
        "review": Q(review_since__isnull=False),
        "draft": Q(status=ArticleStatus.DRAFT),
        "published": Q(status=ArticleStatus.PUBLISHED),
        "archived": Q(status=ArticleStatus.ARCHIVED),
        "changed": Q(status=ArticleStatus.PUBLISHED, draft__isnull=False),
        "look_again": Q(status=ArticleStatus.PUBLISHED, review_by__lte=on + SOON),
        "comments": Q(pk__in=Comment.objects.filter(done_at=None).values("article")),
    }
    return states.get(state, ~Q(status=ArticleStatus.ARCHIVED))


def page_of(wanted: Wanted, user: User, *, on: date, after: str = "", before: str = "") -> Page[Article]:
    return page_in(
        ORDERS.get(wanted.order, BY_CHANGE),
        articles(wanted, user, on=on).select_related("section", "owner", "published", "draft"),
        after=after,
        before=before,
        size=PAGE,
    )


def waiting(user: User, *, on: date) -> dict[str, int]:
    """How many wait for this person: to be reviewed, to be looked at again. One query each."""
    rows = Article.objects.editable_by(user)
    reviews = rows.filter(review_since__isnull=False)
    if not (user.is_manager or user.is_administrator or user.is_lead):
        reviews = reviews.filter(section__reviewers=user)
    return {
        "review": reviews.count(),
        "look_again": rows.filter(_state("look_again", on), owner=user).count(),
    }
