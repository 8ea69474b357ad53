"""Scripts as their keepers see them: all that one may edit, with what became of them."""

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.paging import Order, Page, page_in
from knowledgebase.models import Article, ArticleKind, Run, StepSuggestion


def _read(key: str) -> tuple[int, int] | None:
    usable = key.isascii() and key.isdecimal() and len(key) < 19
    return (int(key), int(key)) if usable else None


NEWEST = Order[int]("id", descending=True, write=lambda _value, pk: str(pk), read=_read)


def editable_sops(user: User) -> QuerySet[Article]:
    rows = Article.objects.editable_by(user).filter(kind=ArticleKind.SOP)
    return rows.select_related("published", "draft", "section", "owner")


def page_of_sops(user: User, *, after: str = "", before: str = "") -> Page[Article]:
    """Newest first, each with its number of runs and of open suggestions."""
    runs = Run.objects.filter(article=OuterRef("pk")).order_by().values("article").annotate(n=Count("pk"))
    told = StepSuggestion.objects.filter(article=OuterRef("pk"), state=StepSuggestion.State.OPEN).order_by()
    rows = editable_sops(user).annotate(
        run_count=Coalesce(Subquery(runs.values("n")), 0),
        open_suggestions=Coalesce(Subquery(told.values("article").annotate(n=Count("pk")).values("n")), 0),
    )
    return page_in(NEWEST, rows, after=after, before=before)


def page_of_suggestions(article: Article, *, after: str = "", before: str = "") -> Page[StepSuggestion]:
    rows = StepSuggestion.objects.filter(article=article).select_related("by", "ended_by", "version")
    return page_in(NEWEST, rows, after=after, before=before)
