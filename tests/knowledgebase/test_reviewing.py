"""From draft to published and on: who decides, what a section that wants a review refuses, versions, still right."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from accounts.models import User
from knowledgebase.models import Article, ArticleEvent, Section
from knowledgebase.operations import reviewing, writing
from knowledgebase.refusals import NothingToReview, NotPublished, NotSubmitted, OwnReview, ReviewRequired
from tickets.refusals import Invalid, NotAllowed

Later = Callable[..., datetime]
Write = Callable[..., Article]


@pytest.fixture
def guarded(networks: Section, dario: User) -> Section:
    """Dario reviews what is written on networks, and nothing is published without that."""
    networks.is_review_required = True
    networks.save()
    networks.reviewers.add(dario)
    return networks


@pytest.fixture
def drafted(guarded: Section, mira: User, at: datetime) -> Article:
    return writing.create_article(section=guarded, title="VPN drops", body="Restart it.", by=mira, at=at)


def kinds(article: Article) -> list[str]:
    return list(ArticleEvent.objects.filter(article=article).values_list("kind", flat=True))


def test_a_draft_is_submitted_approved_and_published(
    drafted: Article, mira: User, dario: User, ines: User, later: Later
) -> None:
    article = reviewing.submit(drafted, by=mira, at=later(hours=1), note="First words")
    assert (article.status, article.review_since) == ("review", later(hours=1))
    article = reviewing.approve(article, by=dario, at=later(hours=2))
    article = reviewing.publish(article, by=dario, at=later(hours=3))
    version = article.published
    assert version is not None
    assert (article.status, article.draft, article.review_since) == ("published", None, None)
    assert (version.reviewed_by, version.published_by, version.note) == (dario, dario, "First words")
    assert Article.objects.visible_to(ines).get() == article
    assert kinds(article) == ["article.created", "article.submitted", "article.approved", "article.published"]


def test_publishing_without_the_review_that_is_required_is_refused(
    drafted: Article, guarded: Section, mira: User, lars: User, ines: User, later: Later
) -> None:
    writing.write(drafted, body="Restart it twice.", by=lars, at=later(hours=1))  # now Lars is an author too
    with pytest.raises(ReviewRequired, match="Networks"):
        reviewing.publish(drafted, by=lars, at=later(hours=2))
    with pytest.raises(NotAllowed):
        reviewing.publish(drafted, by=mira, at=later(hours=2))
    assert not Article.objects.visible_to(ines).exists()


def test_whoever_has_written_in_it_cannot_approve_it(
    drafted: Article, mira: User, dario: User, lars: User, later: Later
) -> None:
    reviewing.submit(drafted, by=mira, at=later(hours=1))
    writing.write(drafted, body="Restart it slowly.", by=dario, at=later(hours=2))
    with pytest.raises(OwnReview):
        reviewing.approve(drafted, by=dario, at=later(hours=3))
    assert reviewing.publish(drafted, by=lars, at=later(hours=4)).is_published


def test_an_approval_is_of_the_words_that_were_there(
    drafted: Article, mira: User, dario: User, later: Later
) -> None:
    reviewing.submit(drafted, by=mira, at=later(hours=1))
    reviewing.approve(drafted, by=dario, at=later(hours=2))
    article = writing.write(drafted, body="Buy another one.", by=mira, at=later(hours=3))
    assert article.draft is not None
    assert article.draft.reviewed_at is None


def test_a_reviewer_who_has_not_written_approves_by_publishing(
    drafted: Article, dario: User, later: Later
) -> None:
    version = reviewing.publish(drafted, by=dario, at=later(hours=1)).published
    assert version is not None
    assert version.reviewed_by == dario


def test_where_no_review_is_required_a_lead_publishes_their_own(
    networks: Section, lars: User, at: datetime
) -> None:
    article = writing.create_article(section=networks, title="VPN", body="x", by=lars, at=at)
    version = reviewing.publish(article, by=lars, at=at).published
    assert version is not None
    assert (version.reviewed_by, version.published_by) == (None, lars)


def test_what_is_sent_back_says_why_and_is_a_draft_again(
    drafted: Article, mira: User, dario: User, later: Later
) -> None:
    reviewing.submit(drafted, by=mira, at=later(hours=1))
    with pytest.raises(Invalid) as refused:
        reviewing.send_back(drafted, note=" ", by=dario, at=later(hours=2))
    assert refused.value.field == "note"
    article = reviewing.send_back(drafted, note="Which version?", by=dario, at=later(hours=2))
    assert article.draft is not None
    assert (article.status, article.review_since, article.draft.note) == ("draft", None, "Which version?")
    with pytest.raises(NotSubmitted):
        reviewing.send_back(article, note="Again", by=dario, at=later(hours=3))


def test_readers_keep_what_is_published_while_the_next_version_waits(
    drafted: Article, mira: User, dario: User, ines: User, later: Later
) -> None:
    reviewing.publish(drafted, by=dario, at=later(hours=1))
    writing.write(drafted, body="Restart it twice.", by=mira, at=later(hours=2))
    article = reviewing.submit(drafted, by=mira, at=later(hours=3))
    assert (article.status, article.review_since) == ("published", later(hours=3))
    shown = Article.objects.visible_to(ines).get().published
    assert shown is not None
    assert shown.body == "Restart it."


def test_publishing_a_draft_that_changed_since_it_was_seen_is_refused(
    drafted: Article, mira: User, dario: User, later: Later
) -> None:
    writing.write(drafted, body="Something else.", by=mira, at=later(hours=1))
    with pytest.raises(Invalid) as refused:
        reviewing.publish(drafted, seen=(1, 1), by=dario, at=later(hours=2))
    assert refused.value.field == "seen"
    assert reviewing.publish(drafted, seen=(1, 2), by=dario, at=later(hours=2)).is_published


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"body": ""}, "body"),
        ({"kind": "known_error", "body": "x"}, "symptom"),
        ({"kind": "sop", "body": "x"}, "script"),
    ],
)
def test_what_says_nothing_is_not_published(
    networks: Section, lars: User, at: datetime, fields: dict[str, Any], field: str
) -> None:
    article = writing.create_article(section=networks, title="Empty", by=lars, at=at, **fields)
    with pytest.raises(Invalid) as refused:
        reviewing.publish(article, by=lars, at=at)
    assert refused.value.field == field


def test_a_manual_may_hold_chapters_alone(networks: Section, lars: User, at: datetime) -> None:
    manual = writing.create_article(section=networks, title="Manual", kind="manual", by=lars, at=at)
    assert reviewing.publish(manual, by=lars, at=at).is_published


def test_without_a_draft_there_is_nothing_to_submit_or_publish(
    write_article: Write, lars: User, at: datetime
) -> None:
    article = write_article()
    for act in (reviewing.submit, reviewing.publish):
        with pytest.raises(NothingToReview):
            act(article, by=lars, at=at)


def test_an_archived_manual_is_gone_for_readers_with_its_chapters_and_comes_back(
    write_article: Write, lars: User, ines: User, at: datetime
) -> None:
    manual = write_article("Manual", kind="manual")
    chapter = write_article("Chapter", kind="manual", manual=manual)
    reviewing.archive(manual, by=lars, at=at)
    assert not Article.objects.visible_to(ines).exists()
    reviewing.unarchive(manual, by=lars, at=at)
    assert list(Article.objects.visible_to(ines)) == [manual]
    assert kinds(chapter) == ["article.archived"]


def test_authors_archive_their_own_drafts_and_nothing_that_was_published(
    drafted: Article, write_article: Write, mira: User, at: datetime
) -> None:
    assert reviewing.archive(drafted, by=mira, at=at).status == "archived"
    with pytest.raises(NotAllowed):
        reviewing.archive(write_article("Printers"), by=mira, at=at)


def test_an_old_version_comes_back_as_a_draft(
    drafted: Article, mira: User, dario: User, later: Later
) -> None:
    reviewing.publish(drafted, by=dario, at=later(hours=1))
    writing.write(drafted, body="Worse words.", by=mira, at=later(hours=2))
    reviewing.publish(drafted, by=dario, at=later(hours=3))
    article = reviewing.restore(drafted, number=1, by=mira, at=later(hours=4))
    assert article.draft is not None
    assert (article.draft.number, article.draft.body, article.draft.note) == (
        3,
        "Restart it.",
        "Version 1 again",
    )
    assert article.published is not None
    assert article.published.body == "Worse words."


def test_restoring_what_readers_see_begins_no_draft(write_article: Write, lars: User, at: datetime) -> None:
    article = reviewing.restore(write_article(body="Words."), number=1, by=lars, at=at)
    assert (article.draft, kinds(article)) == (None, [])


def test_still_right_moves_the_date_and_forgets_the_reminder(
    write_article: Write, lars: User, mira: User, at: datetime
) -> None:
    article = write_article(review_by=date(2026, 11, 1), reminded_on=date(2026, 11, 1))
    article = reviewing.still_right(article, by=lars, at=at)
    assert (article.review_by, article.reminded_on) == (date(2027, 5, 22), None)
    assert reviewing.still_right(article, until=date(2027, 1, 1), by=lars, at=at).review_by == date(
        2027, 1, 1
    )
    with pytest.raises(Invalid) as refused:
        reviewing.still_right(article, until=date(2026, 11, 23), by=lars, at=at)
    assert refused.value.field == "until"
    with pytest.raises(NotAllowed):
        reviewing.still_right(article, by=mira, at=at)


def test_a_draft_cannot_be_still_right(write_article: Write, lars: User, at: datetime) -> None:
    with pytest.raises(NotPublished):
        reviewing.still_right(write_article(published=False), by=lars, at=at)


def test_search_reads_what_is_published_and_nothing_else(
    drafted: Article, mira: User, dario: User, later: Later
) -> None:
    def found(word: str) -> bool:
        return Article.objects.filter(words=word).exists() or bool(
            Article.objects.extra(where=["words @@ to_tsquery('simple', %s)"], params=[word])
        )

    assert not found("restart")
    reviewing.publish(drafted, by=dario, at=later(hours=1))
    assert found("restart")
    writing.write(drafted, body="Replace it.", by=mira, at=later(hours=2))
    assert (found("restart"), found("replace")) == (True, False)
    reviewing.archive(drafted, by=dario, at=later(hours=3))
    assert not found("restart")
