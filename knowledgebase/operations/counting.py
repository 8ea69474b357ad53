"""How often an article was opened, and what came of it: numbers of a day, nothing about who."""

from datetime import date, datetime

from django.db import connection
from django.db.models import F, Sum

from knowledgebase.models import Article, DailyCount

VIEWS, SHOWN, READ, SOLVED, FILED_ANYWAY = "views", "shown", "read", "solved", "filed_anyway"
COLUMNS = frozenset({VIEWS, SHOWN, READ, SOLVED, FILED_ANYWAY})


def count(keys: list[int], *, column: str, at: datetime) -> None:
    """Add one for each of these articles on the day (UTC) of `at`. One statement, whatever their number."""
    if column not in COLUMNS:
        raise ValueError(f"Articles are not counted by {column}.")
    if not keys:
        return
    day = at.date()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO knowledgebase_dailycount (article_id, day, {column}) "
            f"SELECT key, %s, 1 FROM unnest(%s::bigint[]) AS key ORDER BY key "
            f"ON CONFLICT (article_id, day) DO UPDATE SET {column} = knowledgebase_dailycount.{column} + 1",
            [day, sorted(set(keys))],
        )


def take_back(keys: list[int], *, column: str, day: date) -> None:
    """One less for each of these articles on that day: what was counted has turned out not to be so."""
    if column not in COLUMNS:
        raise ValueError(f"Articles are not counted by {column}.")
    days = DailyCount.objects.filter(article__in=keys, day=day, **{f"{column}__gt": 0})
    days.update(**{column: F(column) - 1})


def fold_views(*, since: date) -> int:
    """Write the sum of its days into each article that was opened since; answers how many."""
    lately = DailyCount.objects.filter(day__gte=since, views__gt=0).values("article_id").distinct()
    sums = (
        DailyCount.objects.filter(article_id__in=lately.values("article_id"))
        .values("article_id")
        .annotate(total=Sum("views"))
    )
    changed = 0
    for row in sums:
        articles = Article.objects.filter(pk=row["article_id"]).exclude(views=row["total"])
        changed += articles.update(views=row["total"])
    return changed
