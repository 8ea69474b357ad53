"""Who reads which article: `visible_to` is the only road for readers, `editable_by` for those who write."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import Organisation, User
from knowledgebase.models import Article, ArticleEvent, ArticleVersion

Write = Callable[..., Article]

AUDIENCES = ("everyone", "signed_in", "organisations", "l1", "l2", "l3")


@pytest.fixture
def one_of_each(write_article: Write, northwind: Organisation) -> None:
    for audience in AUDIENCES:
        named = [northwind] if audience == "organisations" else []
        write_article(f"For {audience}", audience=audience, organisations=named)


def audiences(rows: "QuerySet[Article]") -> list[str]:
    found = set(rows.values_list("audience", flat=True))
    return [audience for audience in AUDIENCES if audience in found]


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize(
    ("who", "reads"),
    [
        ("ines", ["everyone", "signed_in", "organisations"]),
        ("otto", ["everyone", "signed_in"]),
        ("vera", ["everyone", "signed_in"]),
        ("mira", ["everyone", "signed_in", "organisations", "l1"]),
        ("dario", ["everyone", "signed_in", "organisations", "l1", "l2"]),
        ("yuki", list(AUDIENCES)),
        ("max_", list(AUDIENCES)),
        ("ada", list(AUDIENCES)),
    ],
)
def test_each_reads_what_is_meant_for_them(
    request: pytest.FixtureRequest, who: str, reads: list[str]
) -> None:
    assert audiences(Article.objects.visible_to(request.getfixturevalue(who))) == reads


@pytest.mark.usefixtures("one_of_each")
def test_who_is_not_signed_in_reads_what_is_for_everyone() -> None:
    assert audiences(Article.objects.visible_to(AnonymousUser())) == ["everyone"]


def test_a_draft_is_read_by_nobody_and_edited_by_the_desk(
    write_article: Write, ines: User, mira: User, ada: User
) -> None:
    draft = write_article(published=False)
    for reader in (AnonymousUser(), ines, mira, ada):
        assert not Article.objects.visible_to(reader).exists()
    assert [Article.objects.editable_by(user).count() for user in (ines, mira, ada)] == [0, 1, 1]
    assert not Article.objects.editable_by(AnonymousUser()).filter(pk=draft.pk).exists()


def test_a_draft_for_higher_tiers_is_edited_there_by_its_authors_and_by_reviewers(
    write_article: Write, mira: User, sara: User, lars: User, yuki: User
) -> None:
    draft = write_article(published=False, audience="l3", owner=yuki)
    edited_by = {
        user.name: user in _editors(draft, mira, sara, lars, yuki) for user in (mira, sara, lars, yuki)
    }
    assert edited_by == {"Mira Kask": False, "Sara Amin": False, "Lars Holm": True, "Yuki Mori": True}
    draft.section.reviewers.add(sara)
    assert _editors(draft, mira, sara) == [sara]


def test_a_vendors_guest_edits_nothing(write_article: Write, vera: User) -> None:
    write_article(audience="everyone")
    assert not Article.objects.editable_by(vera).exists()


def test_a_published_version_keeps_its_words(write_article: Write) -> None:
    version = write_article(body="Restart it.").published
    assert version is not None
    with pytest.raises(IntegrityError, match="keeps its words"), transaction.atomic():
        ArticleVersion.objects.filter(pk=version.pk).update(body="Buy a new one.")
    ArticleVersion.objects.filter(pk=version.pk).update(note="First words")
    version.refresh_from_db()
    assert (version.body, version.note) == ("Restart it.", "First words")


def test_what_happened_to_an_article_is_never_rewritten(write_article: Write, lars: User) -> None:
    article = write_article()
    event = ArticleEvent.objects.create(
        article=article, kind="article.published", at=article.created_at, by=lars
    )
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ArticleEvent.objects.filter(pk=event.pk).update(kind="article.archived")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ArticleEvent.objects.filter(pk=event.pk).delete()


def _editors(article: Article, *people: User) -> list[User]:
    return [user for user in people if Article.objects.editable_by(user).filter(pk=article.pk).exists()]
