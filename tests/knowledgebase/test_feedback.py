"""What readers say, and what articles have to do with tickets."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from delivery.models import Delivery
from knowledgebase.models import Article, ArticleEvent, Comment, DailyCount, TicketArticle, Vote
from knowledgebase.operations import counting, describing, linking, voting
from knowledgebase.permissions import readable_now
from knowledgebase.refusals import NotPublished
from tickets.models import Event, Ticket
from tickets.refusals import Invalid, NotAllowed
from tickets.sentences import sentence

Later = Callable[..., datetime]
Write = Callable[..., Article]


def numbers(article: Article) -> tuple[int, int]:
    article.refresh_from_db()
    return article.helpful, article.not_helpful


def test_a_person_votes_once_and_may_change_it(
    write_article: Write, ines: User, otto: User, at: datetime
) -> None:
    article = write_article()
    voting.vote(article, is_helpful=True, by=ines, at=at)
    voting.vote(article, is_helpful=True, by=ines, at=at)
    voting.vote(article, is_helpful=True, by=otto, at=at)
    assert numbers(article) == (2, 0)
    voting.vote(article, is_helpful=False, reason="outdated", text="It is 6.0 now.", by=ines, at=at)
    assert numbers(article) == (1, 1)
    assert list(Vote.objects.filter(user=ines).values_list("reason", "text")) == [
        ("outdated", "It is 6.0 now.")
    ]


def test_visitors_vote_once_a_session(write_article: Write, at: datetime) -> None:
    article = write_article(audience="everyone")
    for visitor in ("a", "a", "b"):
        voting.vote(article, is_helpful=True, visitor=visitor, by=AnonymousUser(), at=at)
    assert numbers(article) == (2, 0)


def test_nobody_votes_on_what_they_cannot_read(write_article: Write, ines: User, at: datetime) -> None:
    article = write_article(audience="l1")
    with pytest.raises(NotPublished):
        voting.vote(article, is_helpful=True, by=ines, at=at)
    with pytest.raises(NotPublished):
        voting.vote(article, is_helpful=True, visitor="a", by=AnonymousUser(), at=at)
    with pytest.raises(NotPublished):
        voting.comment(article, text="Let me in", by=ines, at=at)


def test_a_reason_is_one_of_the_list(write_article: Write, ines: User, at: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        voting.vote(write_article(), is_helpful=False, reason="ugly", by=ines, at=at)
    assert refused.value.field == "reason"


def test_a_comment_goes_to_the_owner_and_stays_open_until_it_is_settled(
    write_article: Write, ines: User, lars: User, later: Later
) -> None:
    comment = voting.comment(write_article(), text="Step 3 is gone.", by=ines, at=later(hours=1))
    assert Delivery.objects.get(kind="knowledge.comment").payload == {"comment": comment.pk}
    voting.settle_comment(comment, by=lars, at=later(hours=2))
    voting.settle_comment(comment, by=lars, at=later(hours=3))
    row = Comment.objects.get()
    assert (row.done_by, row.done_at) == (lars, later(hours=2))
    assert ArticleEvent.objects.filter(kind="article.comment_done").count() == 1


@pytest.mark.parametrize("text", ["", "  ", "x" * 2001])
def test_a_comment_has_words_and_not_too_many(
    write_article: Write, ines: User, at: datetime, text: str
) -> None:
    with pytest.raises(Invalid) as refused:
        voting.comment(write_article(), text=text, by=ines, at=at)
    assert refused.value.field == "text"


def test_a_day_counts_in_one_row_an_article(write_article: Write, later: Later) -> None:
    one, other = write_article("One"), write_article("Other")
    counting.count([one.pk, other.pk], column="shown", at=later(hours=1))
    counting.count([one.pk], column="shown", at=later(hours=2))
    counting.count([one.pk], column="views", at=later(days=1))
    rows = DailyCount.objects.filter(article=one).order_by("day").values_list("shown", "views")
    assert list(rows) == [(2, 0), (0, 1)]
    assert counting.fold_views(since=later().date()) == 1
    assert counting.fold_views(since=later().date()) == 0
    one.refresh_from_db()
    assert one.views == 1


# --- Tickets ---


def test_an_article_is_linked_once_a_role_and_the_history_tells_it_quietly(
    write_article: Write, ticket: Ticket, mira: User, later: Later
) -> None:
    article, version = write_article("VPN drops"), ticket.version
    for _time in range(2):
        linking.link_article(ticket, article=article, role="inserted", by=mira, at=later(hours=1))
    link = TicketArticle.objects.get()
    assert (link.version, link.by) == (article.published, mira)
    event = Event.objects.get(kind="knowledge.article_linked")
    assert (event.by, event.is_quiet, event.data) == (mira, True, {"article": article.pk, "role": "inserted"})
    ticket.refresh_from_db()
    assert ticket.version == version
    assert sentence(event, mira) == "Mira Kask sent “VPN drops”"


def test_one_article_is_the_solution_and_counts_for_it(
    write_article: Write, ticket: Ticket, mira: User, at: datetime
) -> None:
    one, other = write_article("One"), write_article("Other")
    linking.link_solution(ticket, article=one, by=mira, at=at)
    linking.link_solution(ticket, article=other, by=mira, at=at)
    assert TicketArticle.objects.get().article == other
    assert list(Article.objects.order_by("title").values_list("solved", flat=True)) == [0, 1]


def test_only_a_known_error_is_one_and_only_the_desk_links(
    write_article: Write, ticket: Ticket, mira: User, ines: User, at: datetime
) -> None:
    article = write_article()
    with pytest.raises(Invalid) as refused:
        linking.link_article(ticket, article=article, role="known_error", by=mira, at=at)
    assert refused.value.field == "article"
    with pytest.raises(Invalid) as refused:
        linking.link_article(ticket, article=article, role="poem", by=mira, at=at)
    assert refused.value.field == "role"
    with pytest.raises(NotAllowed):
        linking.link_article(ticket, article=article, role="inserted", by=ines, at=at)
    with pytest.raises(NotPublished):
        linking.link_article(
            ticket, article=write_article("For L3", audience="l3"), role="inserted", by=mira, at=at
        )


def test_an_article_that_becomes_restricted_is_not_named_any_more_to_who_may_not_read_it(
    write_article: Write, ticket: Ticket, mira: User, yuki: User, at: datetime
) -> None:
    article = write_article("How we let people in")
    linking.link_article(ticket, article=article, role="suggested", by=mira, at=at)
    describing.set_audience(article, audience="l3", by=yuki, at=at)
    event = Event.objects.get(kind="knowledge.article_linked")
    assert sentence(event, mira) == "Mira Kask put an article beside it"
    assert sentence(event, yuki) == "Mira Kask put “How we let people in” beside it"
    article.refresh_from_db()
    assert [readable_now(article, user) for user in (mira, yuki)] == [False, True]
    seen = TicketArticle.objects.filter(ticket=ticket, article__in=Article.objects.visible_to(mira))
    assert not seen.exists()
