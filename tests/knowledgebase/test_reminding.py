"""Reminders: of what should be looked at again, and of what was announced; and what a reader wrote to the owner."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from accounts.models import User
from delivery.models import Mail, Notice
from delivery.operations import claim, deliver, mark_read
from knowledgebase.models import Announcement, Article
from knowledgebase.operations import announcing, counting, reviewing, voting
from knowledgebase.operations.reminding import remind_due_readers, remind_owners, remind_readers
from knowledgebase.refusals import NobodyToRemind, RemindedToday
from knowledgebase.sentences import history
from tickets.refusals import NotAllowed

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


# --- who has not read what was announced ---


@pytest.fixture
def announced(write_article: Write, lars: User, mira: User, dario: User, at: datetime) -> Announcement:
    """By Lars to L1 and L2, where Mira and Dario are asked."""
    article = write_article("VPN drops", audience="l1")
    return announcing.announce(article, tiers=[1, 2], by=lars, at=at)


def reminded() -> list[str]:
    return [to for to, subject in mails() if subject == "Still to be read: VPN drops"]


def test_who_has_not_read_it_is_reminded_after_a_week_then_weekly_three_times_in_all(
    announced: Announcement, mira: User, dario: User, later: Any
) -> None:
    carry_out(later())
    announcing.confirm(announced, by=mira, at=later(days=1))
    days = [day for day in range(1, 60) if remind_due_readers(at=later(days=day))]
    assert days == [7, 14, 21]
    carry_out(later(days=60))
    assert reminded() == [dario.email] * 3
    assert f"/desk/announcements/{announced.pk}/" in Mail.objects.filter(to=dario.email)[0].text


def test_a_reminder_brings_the_notice_back_on_top(announced: Announcement, dario: User, later: Any) -> None:
    carry_out(later())
    mark_read(by=dario, at=later(hours=1))
    remind_due_readers(at=later(days=7))
    carry_out(later(days=7))
    notice = Notice.objects.get(person=dario)
    assert (notice.read_at, notice.created_at) == (None, later(days=7))


def test_who_reads_it_before_the_mail_leaves_is_not_reminded(
    announced: Announcement, mira: User, dario: User, later: Any
) -> None:
    carry_out(later())
    remind_due_readers(at=later(days=7))
    announcing.confirm(announced, by=mira, at=later(days=7))
    carry_out(later(days=7))
    assert reminded() == [dario.email]


def test_nobody_is_reminded_of_what_all_have_read_or_is_archived_or_overtaken(
    announced: Announcement, lars: User, mira: User, dario: User, later: Any
) -> None:
    announcing.announce(announced.article, tiers=[1], by=lars, at=later(days=1))
    assert remind_due_readers(at=later(days=7)) == 0  # of the first one, which asks nobody any more
    second = Announcement.objects.get(is_current=True)
    announcing.confirm(second, by=mira, at=later(days=2))
    assert remind_due_readers(at=later(days=8)) == 0
    announcing.announce(announced.article, tiers=[1], by=lars, at=later(days=9))
    reviewing.archive(announced.article, by=lars, at=later(days=10))
    assert remind_due_readers(at=later(days=17)) == 0


def test_a_lead_reminds_them_at_once_but_not_twice_a_day(
    announced: Announcement, lars: User, mira: User, dario: User, later: Any
) -> None:
    with pytest.raises(NotAllowed):
        remind_readers(announced, by=mira, at=later(hours=1))
    remind_readers(announced, by=lars, at=later(hours=1))
    with pytest.raises(RemindedToday):
        remind_readers(announced, by=lars, at=later(hours=24))
    told = history(announced.article.events.select_related("by").order_by("pk"))
    assert told[-1].sentence == "Lars Holm reminded those who had not read version 1"
    for person in (mira, dario):
        announcing.confirm(announced, by=person, at=later(days=1))
    with pytest.raises(NobodyToRemind):
        remind_readers(announced, by=lars, at=later(days=3))
