"""What articles prevent, in sums: by article, by category, and measured against forms without suggestions."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from django.db.models import Max, Min, Q, Sum

from accounts.models import User
from knowledgebase.models import Article, DailyCount, FilingForm, FormCount, FormOutcome
from knowledgebase.queries.intervals import Difference, Share
from tickets.models import Category

COLUMNS = ("nothing", "forms", "shown", "read", "solved", "repeated", "filed", "filed_anyway")
ARTICLE_COLUMNS = ("shown", "read", "solved", "filed_anyway")
MOST_ARTICLES = 50


@dataclass(frozen=True)
class Row:
    """Sums of some forms. `name` is a category's, or an article's title."""

    name: str
    key: int | None
    nothing: int = 0
    forms: int = 0
    shown: int = 0
    read: int = 0
    solved: int = 0
    repeated: int = 0
    filed: int = 0
    filed_anyway: int = 0
    article: Article | None = None

    @property
    def share_solved(self) -> float:
        """Percent of the forms that showed something."""
        return 100 * self.solved / self.shown if self.shown else 0.0


@dataclass(frozen=True)
class Effect:
    """Of forms for which there was an article: how many were filed without suggestions, and how many with them."""

    without: Share
    suggested: Share

    @property
    def difference(self) -> Difference:
        return Difference(self.without, self.suggested)

    @property
    def is_measured(self) -> bool:
        return self.without.whole > 0 and self.suggested.whole > 0

    @property
    def prevented(self) -> float:
        """Of a hundred forms, how many were not filed because of an article."""
        return 100 * self.difference.value

    @property
    def low(self) -> float:
        return 100 * self.difference.interval[0]

    @property
    def high(self) -> float:
        return 100 * self.difference.interval[1]


@dataclass(frozen=True)
class Numbers:
    total: Row
    effect: Effect
    categories: list[Row] = field(default_factory=list)
    articles: list[Row] = field(default_factory=list)
    watched: int = 0
    """Successes that may still be taken back: their week is not over."""


def numbers(user: User, *, since: date, by: str = "shown") -> Numbers:
    """All that has ended since a day, articles as far as this person may read or edit them. Seven queries at most.

    Args:
        by: the number that the articles are ordered by, one of `ARTICLE_COLUMNS`.
    """
    sums = {name: Sum(name) for name in COLUMNS}
    counts = FormCount.objects.filter(day__gte=since).order_by()
    rows: list[dict[str, Any]] = [
        dict(row) for row in counts.values("category", "is_control").annotate(**sums)
    ]
    names = dict(Category.objects.values_list("pk", "full_name"))
    suggested = [row for row in rows if not row["is_control"]]
    categories = [Row(names.get(row["category"], ""), row["category"], **_sums(row)) for row in suggested]
    total: dict[str, Any] = {name: sum(row[name] for row in suggested) for name in COLUMNS}
    return Numbers(
        total=Row("", None, **total),
        effect=_effect(since),
        categories=sorted(categories, key=lambda row: (-row.shown, row.name)),
        articles=_articles(user, since, by if by in ARTICLE_COLUMNS else "shown"),
        watched=FilingForm.objects.filter(outcome=FormOutcome.SOLVED, solved_at__isnull=False).count(),
    )


def _effect(since: date) -> Effect:
    """Forms of both groups from the first day that had one without suggestions to the last: what was filed before a
    share was set, or after it was taken back, may differ for any reason.
    """
    ended = FormCount.objects.filter(day__gte=since, forms__gt=0).order_by()
    days = ended.filter(is_control=True).aggregate(first=Min("day"), last=Max("day"))
    if days["first"] is None:
        return Effect(Share(0, 0), Share(0, 0))
    during = ended.filter(day__range=(days["first"], days["last"]))
    rows = during.values("is_control").annotate(n_filed=Sum("filed"), n_forms=Sum("forms"))
    found = {row["is_control"]: Share(row["n_filed"], row["n_forms"]) for row in rows}
    return Effect(found[True], found.get(False, Share(0, 0)))


def _sums(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in COLUMNS}


def _articles(user: User, since: date, by: str) -> list[Row]:
    readable = Article.objects.filter(
        Q(pk__in=Article.objects.visible_to(user).values("pk"))
        | Q(pk__in=Article.objects.editable_by(user).values("pk"))
    )
    # The stubs do not know sums that are named as the program runs.
    counted: Any = DailyCount.objects.filter(day__gte=since, article__in=readable.values("pk"))
    sums = {f"n_{name}": Sum(name) for name in ARTICLE_COLUMNS}
    rows = list(
        counted.order_by()
        .values("article")
        .annotate(**sums)
        .filter(Q(n_shown__gt=0) | Q(n_solved__gt=0))
        .order_by(f"-n_{by}", "-n_shown", "article")[:MOST_ARTICLES]
    )
    found = Article.objects.in_bulk([row["article"] for row in rows])
    return [
        Row(
            found[row["article"]].title,
            row["article"],
            **cast(dict[str, Any], {name: row[f"n_{name}"] for name in ARTICLE_COLUMNS}),
            article=found[row["article"]],
        )
        for row in rows
        if row["article"] in found
    ]
