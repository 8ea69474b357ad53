"""Mails to owners: what should be looked at again, and what a reader wrote."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from accounts.models import User
from delivery.models import Mail
from delivery.operations import claim, deliver
from knowledgebase.models import Article
from knowledgebase.operations import counting, reviewing, voting
from knowledgebase.operations.reminding import remind_owners

Write = Callable[..., Article]


def carry_out(at: datetime) -> None:
    """What the worker does."""
    for delivery in claim(limit=100, worker="test", at=at):
        assert deliver(delivery, at=at)


def mails() -> list[tuple[str, str]]:
    return list(Mail.objects.order_by("pk").values_list("to", "subject"))


def test_an_owner_is_reminded_once_of_all_that_is_due_and_again_after_a_month(
    write_article: Write, lars: User, mira: User, later: Any
) -> None:
    write_article("Due", review_by=date(2026, 11, 25))
    write_article("Overdue", review_by=date(2026, 10, 1))
    write_article("Later", review_by=date(2027, 3, 1))
    write_article("Mira's", owner=mira, review_by=date(2026, 11, 30))
    write_article("A draft", published=False, review_by=date(2026, 10, 1))
    assert remind_owners(at=later()) == 2
    assert remind_owners(at=later(hours=1)) == 0
    carry_out(later(hours=1))
    assert mails() == [
        (lars.email, "2 articles to look at again"),
        (mira.email, "An article to look at again"),
    ]
    body = Mail.objects.get(to=lars.email).text
    assert body.index("Overdue") < body.index("Due\n")
    assert "/desk/articles/?state=look_again&mine=1" in body
    assert remind_owners(at=later(days=29)) == 0
    assert remind_owners(at=later(days=30)) == 2


def test_what_was_looked_at_before_the_mail_left_is_not_in_it(
    write_article: Write, lars: User, later: Any
) -> None:
    article = write_article("Due", review_by=date(2026, 11, 25))
    remind_owners(at=later())
    reviewing.still_right(article, by=lars, at=later(minutes=1))
    carry_out(later(minutes=2))
    assert mails() == []
    assert remind_owners(at=later(days=31)) == 0


def test_somebody_who_has_left_is_not_reminded(write_article: Write, lars: User, at: datetime) -> None:
    write_article("Due", review_by=date(2026, 11, 25))
    User.objects.filter(pk=lars.pk).update(is_active=False)
    assert remind_owners(at=at) == 0


def test_the_owner_gets_a_comment_by_mail_and_nobody_their_own(
    write_article: Write, ines: User, lars: User, later: Any
) -> None:
    article = write_article("VPN drops")
    voting.comment(article, text="Step 3 is gone.", by=ines, at=later())
    voting.comment(article, text="I know.", by=lars, at=later())
    carry_out(later(minutes=1))
    assert mails() == [(lars.email, "A comment on “VPN drops”")]
    assert "Ines Okafor writes about your article “VPN drops”:\n\nStep 3 is gone." in Mail.objects.get().text


def test_views_are_folded_from_their_days(write_article: Write, later: Any) -> None:
    article = write_article("VPN drops", views=0)
    for days in (0, 0, 3):
        counting.count([article.pk], column="views", at=later(days=days))
    assert counting.fold_views(since=later(days=2).date()) == 1
    article.refresh_from_db()
    assert article.views == 3
