"""Whether an article covers a repeat: by what its tickets name, else by its words, with the search of suggestions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from accounts.models import User
from insights.alike import Cluster, share_of_words
from knowledgebase.models import (
    TIER_AUDIENCES,
    Article,
    ArticleAudience,
    ArticleStatus,
    LinkRole,
    TicketArticle,
)
from knowledgebase.queries.suggesting import for_text

COVERS = 0.6
"""How much of what a repeat is known by must stand in an article."""
IN_TITLE = 3
"""Of its most telling words one must stand in the title: a long article has words of everything."""
LOOKED_AT = 8
FEWEST_SOLVED, SHARE_SOLVED = 2, 0.2
"""So many of its tickets, and such a share of them, name an article that covers it whatever its words are."""
FIRST_LINE = 1


@dataclass(frozen=True)
class Cover:
    """The best article for a repeat; 0 where there is none."""

    article: int = 0
    share: float = 0.0
    solved: int = 0


def is_for_first_line(audience: str) -> bool:
    """Whether L1 reads articles with this audience: only those can keep a ticket down there."""
    return TIER_AUDIENCES.get(ArticleAudience(audience), 0) <= FIRST_LINE


def cover_of(cluster: Cluster, subject: str) -> Cover:
    """By all published articles, whoever reads them: one that L1 cannot read comes last, and the page says so."""
    solved = _named_by(cluster.keys)
    best = max(solved.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
    if best[1] >= max(FEWEST_SOLVED, SHARE_SOLVED * len(cluster.keys)):
        return Cover(best[0], 0.0, best[1])
    return _by_words(cluster, subject, solved)


# --- below ---


def _named_by(keys: Sequence[int]) -> Counter[int]:
    """By published article how many of these tickets name it as their solution or known error."""
    rows = TicketArticle.objects.filter(
        ticket__in=keys,
        role__in=(LinkRole.SOLUTION, LinkRole.KNOWN_ERROR),
        article__status=ArticleStatus.PUBLISHED,
    ).order_by()
    return Counter(dict(rows.values_list("article_id").annotate(Count("ticket_id", distinct=True))))


def _by_words(cluster: Cluster, subject: str, solved: Counter[int]) -> Cover:
    hits = for_text(" ".join([*cluster.words, subject]), _reader_of_all(), limit=LOOKED_AT)
    shares = {hit.article.pk: _share(cluster, hit.article) for hit in hits}
    covering = {key: share for key, share in shares.items() if share >= COVERS}
    if not covering:
        return Cover()
    audiences = dict(Article.objects.filter(pk__in=covering).order_by().values_list("pk", "audience"))
    key = max(covering, key=lambda each: (is_for_first_line(audiences[each]), covering[each], -each))
    return Cover(key, covering[key], solved[key])


def _share(cluster: Cluster, article: Article) -> float:
    """`told` is as much of its text as the search reads for snippets."""
    if not share_of_words([(word, 1.0) for word in cluster.words[:IN_TITLE]], article.title):
        return 0.0
    said = f"{article.title} {article.published.summary if article.published else ''} {article.told or ''}"  # type: ignore[attr-defined]
    return round(share_of_words(zip(cluster.words, cluster.weights, strict=True), said), 4)


def _reader_of_all() -> User:
    """Nobody: a stand-in that reads what managers read. What is found is shown to nobody who may not read it."""
    return User(is_manager=True, is_active=True)
