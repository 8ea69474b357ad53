"""Articles for those who decide what is written next: what is missing, what has gone stale, and what they prevent."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from insights.cuts import Period
from knowledgebase.models import Article, ArticleStatus, DailyCount
from knowledgebase.queries.deflection import Numbers, numbers
from knowledgebase.queries.gaps import Gap, ended_in_ticket, found_nothing
from tickets.models import Ticket

MOST = 20
FEWEST_VOTES = 5
UNREAD_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Decay:
    """An article that somebody should look at, with every reason why."""

    article: Article
    overdue: timedelta | None
    """Since when it should have been looked at again."""
    is_unhelpful: bool
    is_unread: bool
    is_ended: bool
    """A known error whose problem is done with."""


@dataclass(frozen=True)
class Told:
    nothing: list[Gap]
    filed: list[Gap]
    decay: list[Decay]
    effect: Numbers


def told(reader: User, period: Period, *, today: date) -> Told:
    """Gaps, decay and effect, as far as this person may edit the articles; a dozen queries at most."""
    return Told(
        found_nothing(most=MOST),
        ended_in_ticket(most=MOST),
        decay(reader, today=today),
        numbers(reader, since=period.first, by="solved"),
    )


def decay(reader: User, *, today: date) -> list[Decay]:
    """What is published and should be looked at: the longest overdue first, then what helps least."""
    rows = stale(reader, today=today)
    late = F("review_by").asc(nulls_last=True)
    return [
        _decay(row, today)
        for row in rows.select_related("owner", "section").order_by(late, "-not_helpful", "pk")[:MOST]
    ]


def stale(reader: User, *, today: date) -> "QuerySet[Article]":
    seen: Any = DailyCount.objects.filter(article=OuterRef("pk"), day__gte=today - UNREAD_FOR).order_by()
    views = seen.values("article").annotate(n=Sum("views") + Sum("read")).values("n")
    done = Ticket.objects.filter(pk=OuterRef("problem")).order_by()
    rows = Article.objects.editable_by(reader).filter(status=ArticleStatus.PUBLISHED)
    return rows.annotate(
        seen_lately=Coalesce(Subquery(views), 0), problem_is_open=Subquery(done.values("in_queue")[:1])
    ).filter(
        Q(review_by__lt=today)
        | Q(not_helpful__gt=F("helpful"), not_helpful__gte=FEWEST_VOTES)
        | Q(seen_lately=0, published_at__date__lt=today - UNREAD_FOR)
        | Q(problem_is_open=False)
    )


def _decay(article: Any, today: date) -> Decay:
    is_late = article.review_by is not None and article.review_by < today
    return Decay(
        article,
        overdue=today - article.review_by if is_late else None,
        is_unhelpful=article.not_helpful > article.helpful and article.not_helpful >= FEWEST_VOTES,
        is_unread=article.seen_lately == 0 and article.published_at.date() < today - UNREAD_FOR,
        is_ended=article.problem_is_open is False,
    )
