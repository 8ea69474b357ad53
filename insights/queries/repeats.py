"""Repeats as one reader sees them: counted are the tickets that they may open, within their scope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum

from accounts.models import User
from insights.alike import FEWEST
from insights.cuts import Scope
from insights.models import Repeat, RepeatRun, RepeatTicket
from insights.queries.coverage import is_for_first_line
from knowledgebase.models import Article, ArticleStatus, Source
from tickets.models import Ticket


class Stands(StrEnum):
    """What is to be done about a repeat."""

    TO_WRITE = "to_write"
    OPEN_UP = "open_up"
    """An article covers it that L1 cannot read."""
    DRAFTED = "drafted"
    COVERED = "covered"
    ASIDE = "aside"


@dataclass(frozen=True)
class ShownRepeat:
    """`article` and `draft` are None where this reader may not open them."""

    repeat: Repeat
    title: str
    """The subject of the ticket nearest to its middle that the reader may open."""
    tickets: int
    seconds: int
    logged: int
    """Tickets whose time people wrote down; of the others it is the time in work."""
    stands: Stands
    middle: int
    article: Article | None = None
    draft: Article | None = None

    @property
    def worked(self) -> int:
        """Tickets whose time is the time in work."""
        return self.tickets - self.logged

    @property
    def words(self) -> list[str]:
        return self.repeat.words


def latest_done() -> RepeatRun | None:
    return RepeatRun.objects.filter(state=RepeatRun.State.DONE).order_by("-pk").first()


def under_way() -> RepeatRun | None:
    """The newest, where it is not done: still waiting, under way, or failed."""
    newest = RepeatRun.objects.order_by("-pk").first()
    return newest if newest is not None and newest.state != RepeatRun.State.DONE else None


def repeats_of(run: RepeatRun, reader: User, scope: Scope, *, only: int = 0) -> list[ShownRepeat]:
    """What costs most first, in a constant number of queries. One of fewer than three tickets is none.

    Args:
        only: this one alone.
    """
    counted = {row["repeat"]: row for row in _counted(run, reader, scope, only)}
    repeats = Repeat.objects.filter(pk__in=counted).select_related("article", "aside__by")
    titles = _titles((key, row["middle"]) for key, row in counted.items())
    drafts = _drafts(counted)
    readable = _readable([row.article_id for row in repeats if row.article_id], reader)
    editable = _editable([article.pk for _is_out, article in drafts.values()], reader)
    shown = []
    for repeat in repeats:
        row, (is_out, draft) = counted[repeat.pk], drafts.get(repeat.pk, (False, None))
        ticket, title = titles[repeat.pk]
        shown.append(
            ShownRepeat(
                repeat=repeat,
                title=title,
                tickets=row["tickets"],
                seconds=row["seconds"] or 0,
                logged=row["logged"],
                stands=_stands(repeat, draft, is_out=is_out),
                middle=ticket,
                article=repeat.article if repeat.article_id in readable else None,
                draft=draft if draft is not None and draft.pk in editable else None,
            )
        )
    return sorted(shown, key=lambda each: (-each.seconds, -each.tickets, each.repeat.place))


def rows_of(repeat: Repeat, reader: User, scope: Scope) -> QuerySet[RepeatTicket]:
    """Its tickets that this reader may open, the likest to its middle first."""
    return _within(reader, scope).filter(repeat=repeat).select_related("ticket", "team").order_by("place")


# --- below ---


def _within(reader: User, scope: Scope) -> QuerySet[RepeatTicket]:
    """Never restricted ones, also where they were restricted since. A team's are those that it worked on up there, and
    those that it has resolved."""
    open_to_them = Ticket.objects.visible_to(reader).filter(is_restricted=False)
    rows = RepeatTicket.objects.filter(ticket__in=open_to_them)
    if scope.teams is not None:
        rows = rows.filter(Q(team__in=scope.teams) | Q(ticket__fact__team__in=scope.teams))
    return rows.none() if scope.organisation else rows


def _counted(run: RepeatRun, reader: User, scope: Scope, only: int) -> Iterable[Any]:
    """By repeat: tickets, seconds, logged, and the place of the one nearest to the middle."""
    rows = _within(reader, scope).filter(repeat__run=run)
    if only:
        rows = rows.filter(repeat=only)
    return (
        rows.order_by()
        .values("repeat")
        .annotate(
            tickets=Count("pk"),
            seconds=Sum("seconds"),
            logged=Count("pk", filter=Q(is_logged=True)),
            middle=Min("place"),
        )
        .filter(tickets__gte=FEWEST)
    )


def _titles(middles: Iterable[tuple[int, int]]) -> dict[int, tuple[int, str]]:
    wanted = dict(middles)
    rows = RepeatTicket.objects.filter(repeat__in=wanted, place__in=set(wanted.values())).order_by()
    found = rows.values_list("repeat_id", "place", "ticket_id", "ticket__subject")
    return {
        repeat: (ticket, subject or f"TD-{ticket}")
        for repeat, place, ticket, subject in found
        if wanted[repeat] == place
    }


def _drafts(repeats: Iterable[int]) -> dict[int, tuple[bool, Article]]:
    """By repeat the newest article that was begun from one of its tickets, and whether it is out already."""
    rows = RepeatTicket.objects.filter(repeat__in=list(repeats), ticket__articles_from_it__isnull=False)
    by_ticket = list(rows.order_by().values_list("ticket_id", "repeat_id"))
    sources = Source.objects.filter(ticket__in={ticket for ticket, _repeat in by_ticket})
    articles = {
        source.ticket_id: source.article for source in sources.select_related("article").order_by("pk")
    }
    found: dict[int, tuple[bool, Article]] = {}
    for ticket, repeat in by_ticket:
        article = articles[ticket]
        if article.status != ArticleStatus.ARCHIVED and (
            repeat not in found or article.pk > found[repeat][1].pk
        ):
            found[repeat] = (article.is_published, article)
    return found


def _readable(keys: Sequence[int], reader: User) -> set[int]:
    rows = Article.objects.visible_to(reader).filter(pk__in=keys).order_by()
    return set(rows.values_list("pk", flat=True)) if keys else set()


def _editable(keys: Sequence[int], reader: User) -> set[int]:
    rows = Article.objects.editable_by(reader).filter(pk__in=keys).order_by()
    return set(rows.values_list("pk", flat=True)) if keys else set()


def _stands(repeat: Repeat, draft: Article | None, *, is_out: bool) -> Stands:
    if repeat.aside_id is not None:
        return Stands.ASIDE
    article = draft if draft is not None and is_out else repeat.article
    if article is not None and article.is_published:
        return Stands.COVERED if is_for_first_line(article.audience) else Stands.OPEN_UP
    return Stands.TO_WRITE if draft is None else Stands.DRAFTED
