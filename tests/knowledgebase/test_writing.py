"""Writing an article: drafts, addresses, audience, translations, chapters, what is refused."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from accounts.models import Organisation, User
from knowledgebase.models import Article, ArticleEvent, Permalink, Section
from knowledgebase.operations import describing, reviewing, sections, writing
from knowledgebase.refusals import CircularSection, DraftChanged, FollowsAnother, SectionNotEmpty, SlugTaken
from tests.knowledgebase.conftest import make_section
from tickets.models import Ticket
from tickets.refusals import Invalid, NotAllowed

Later = Callable[..., datetime]
Write = Callable[..., Article]


def kinds(article: Article) -> list[str]:
    return list(ArticleEvent.objects.filter(article=article).values_list("kind", flat=True))


def test_l1_drafts_an_article_which_nobody_reads_yet(
    networks: Section, mira: User, ines: User, at: datetime
) -> None:
    article = writing.create_article(
        section=networks,
        title="  VPN drops ",
        summary="It drops.",
        body="Restart **it**.\n\n## Then\n\nWait.",
        by=mira,
        at=at,
    )
    assert (article.title, article.slug, article.status, article.owner) == (
        "VPN drops",
        "vpn-drops",
        "draft",
        mira,
    )
    draft = article.draft
    assert draft is not None
    assert (draft.number, draft.revision, draft.author_ids, draft.written_by) == (1, 1, [mira.pk], mira)
    assert draft.headings == [[2, "Then", "s-then"]]
    assert not Article.objects.visible_to(ines).exists()
    assert kinds(article) == ["article.created"]


def test_requesters_and_vendors_guests_write_nothing(
    networks: Section, ines: User, vera: User, at: datetime
) -> None:
    for stranger in (ines, vera):
        with pytest.raises(NotAllowed):
            writing.create_article(section=networks, title="x", by=stranger, at=at)


def test_two_articles_of_the_same_title_have_two_addresses(
    networks: Section, mira: User, at: datetime
) -> None:
    slugs = [
        writing.create_article(section=networks, title="Search", by=mira, at=at).slug for _time in range(3)
    ]
    assert slugs == ["search-2", "search-3", "search-4"]  # /help/search/ is a page of its own


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"summary": "x" * 501}, "summary"),
        ({"body": "x" * (5 * 2**20)}, "body"),
        ({"symptom": "It is slow."}, "symptom"),
        ({"error_status": "open"}, "error_status"),
        ({"kind": "poem"}, "kind"),
        ({"kind": "known_error", "error_status": "hopeless"}, "error_status"),
        ({"language": "tlh"}, "language"),
        ({"audience": "friends"}, "audience"),
        ({"audience": "organisations"}, "organisations"),
        ({"slug": "New Address!"}, "slug"),
        ({"slug": "search"}, "slug"),
        ({"slug": "x/../y"}, "slug"),
        ({"tags": [f"t{n}" for n in range(21)]}, "tags"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"script": {"start": "a"}}, "script"),
        ({"kind": "sop", "script": ["a"]}, "script"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    networks: Section, mira: User, at: datetime, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        writing.create_article(**{"section": networks, "title": "VPN", "by": mira, "at": at, **fields})
    assert refused.value.field == field
    assert not Article.objects.exists()


def test_the_refusal_of_a_body_that_is_too_long_says_how_long_it_may_be(
    networks: Section, mira: User, at: datetime
) -> None:
    with pytest.raises(Invalid, match="5242880 characters, at most 100000"):
        writing.create_article(section=networks, title="x", body="x" * (5 * 2**20), by=mira, at=at)


def test_a_published_article_is_changed_in_a_draft_beside_it(
    write_article: Write, lars: User, ines: User, later: Later
) -> None:
    article = write_article(body="Old words.")
    article = writing.write(article, title="New title", body="New words.", by=lars, at=later(hours=1))
    assert article.draft is not None
    assert article.published is not None
    assert (article.draft.number, article.draft.body, article.published.body) == (
        2,
        "New words.",
        "Old words.",
    )
    assert Article.objects.visible_to(ines).get().title == "VPN drops every 20 minutes"
    article = writing.write(article, body="Newer words.", by=lars, at=later(hours=2))
    assert article.draft is not None
    assert (article.draft.number, article.draft.revision, article.draft.title) == (2, 2, "New title")
    assert kinds(article) == ["article.written"]


def test_who_writes_over_somebody_else_is_shown_what_stands_there(
    write_article: Write, lars: User, mira: User, later: Later
) -> None:
    article = write_article(body="Old words.")
    writing.write(article, body="Mira's words.", base=(1, 1), by=mira, at=later(hours=1))
    with pytest.raises(DraftChanged) as refused:
        writing.write(article, body="Lars's words.", base=(1, 1), by=lars, at=later(hours=2))
    assert refused.value.theirs.body == "Mira's words."
    assert str(refused.value).startswith("Mira Kask has written")
    writing.write(article, body="Both.", base=(2, 1), by=lars, at=later(hours=3))


def test_saving_the_same_words_again_changes_nothing(write_article: Write, mira: User, later: Later) -> None:
    article = write_article(published=False, body="Words.")
    article = writing.write(article, body="Words.", by=mira, at=later(hours=1))
    assert article.draft is not None
    assert (article.draft.revision, mira.pk in article.draft.author_ids) == (1, False)


def test_an_old_address_stays_with_its_article(write_article: Write, lars: User, later: Later) -> None:
    article, other = write_article("VPN drops"), write_article("Printer jams")
    article = describing.rename(article, slug="vpn-keeps-dropping", by=lars, at=later(hours=1))
    assert set(Permalink.objects.filter(article=article).values_list("slug", flat=True)) == {
        "vpn-drops",
        "vpn-keeps-dropping",
    }
    with pytest.raises(SlugTaken):
        describing.rename(other, slug="vpn-drops", by=lars, at=later(hours=2))
    assert describing.rename(article, slug="vpn-drops", by=lars, at=later(hours=3)).slug == "vpn-drops"
    assert kinds(article) == ["article.renamed", "article.renamed"]


def test_the_audience_changes_at_once_for_chapters_and_translations_too(
    write_article: Write, northwind: Organisation, lars: User, ines: User, otto: User, later: Later
) -> None:
    manual = write_article("The desk manual", kind="manual")
    chapter = writing.add_chapter(manual, title="First days", by=lars, at=later(hours=1))
    german = writing.translate(manual, language="de", title="Das Handbuch", by=lars, at=later(hours=1))
    describing.set_audience(
        manual, audience="organisations", organisations=[northwind], by=lars, at=later(hours=2)
    )
    for each in (manual, chapter, german):
        each.refresh_from_db()
        assert (each.audience, list(each.organisations.all())) == ("organisations", [northwind])
    assert Article.objects.visible_to(ines).exists()
    assert not Article.objects.visible_to(otto).exists()
    with pytest.raises(FollowsAnother, match="The desk manual"):
        describing.set_audience(chapter, audience="everyone", by=lars, at=later(hours=3))


def test_an_article_is_translated_once_into_a_language_and_never_from_a_translation(
    write_article: Write, lars: User, at: datetime
) -> None:
    article = write_article(body="Restart it.")
    german = writing.translate(article, language="de", title="VPN bricht ab", by=lars, at=at)
    assert german.draft is not None
    assert (german.original, german.language, german.draft.body) == (article, "de", "Restart it.")
    for language in ("de", "en"):
        with pytest.raises(Invalid) as refused:
            writing.translate(article, language=language, title="Noch einmal", by=lars, at=at)
        assert refused.value.field == "language"
    french = writing.translate(german, language="fr", title="Le VPN", by=lars, at=at)
    assert french.original == article


def test_chapters_come_one_behind_the_other_and_belong_to_manuals_alone(
    write_article: Write, lars: User, at: datetime
) -> None:
    manual, how_to = write_article("Manual", kind="manual"), write_article("How to")
    chapters = [writing.add_chapter(manual, title=title, by=lars, at=at) for title in ("One", "Two")]
    assert [chapter.position for chapter in chapters] == [0, 1]
    for wrong in (how_to, chapters[0]):
        with pytest.raises(Invalid) as refused:
            writing.add_chapter(wrong, title="x", by=lars, at=at)
        assert refused.value.field == "manual"


def test_related_articles_name_each_other(write_article: Write, lars: User, at: datetime) -> None:
    one, other = write_article("One"), write_article("Other")
    describing.relate(one, others=[other, one], by=lars, at=at)
    assert (list(one.related.all()), list(other.related.all())) == ([other], [one])
    describing.relate(one, others=[], by=lars, at=at)
    assert not other.related.exists()


def test_a_known_error_names_the_problem_behind_it(
    write_article: Write, networks: Section, open_ticket: Callable[..., Ticket], mira: User, at: datetime
) -> None:
    incident, problem = open_ticket(), open_ticket("VPN of one vendor", kind="problem", by=mira)
    error = writing.create_article(
        section=networks,
        title="VPN 5.1 drops",
        kind="known_error",
        symptom="It drops.",
        problem=problem,
        by=mira,
        at=at,
    )
    assert (error.error_status, error.problem) == ("open", problem)
    with pytest.raises(Invalid) as refused:
        describing.describe(error, section=networks, owner=mira, problem=incident, by=mira, at=at)
    assert refused.value.field == "problem"


def test_what_is_known_of_an_article_is_changed_and_told(
    write_article: Write, networks: Section, mira: User, ines: User, at: datetime
) -> None:
    article = write_article()
    article = describing.describe(
        article,
        section=networks,
        owner=mira,
        tags=["VPN", "vpn", "Home office"],
        review_by=date(2027, 1, 1),
        by=mira,
        at=at,
    )
    assert (article.owner, article.tags, article.review_by) == (
        mira,
        ["vpn", "home office"],
        date(2027, 1, 1),
    )
    event = ArticleEvent.objects.get(article=article)
    assert (event.kind, event.data["fields"]) == ("article.described", ["owner", "tags", "review_by"])
    with pytest.raises(Invalid) as refused:
        describing.describe(article, section=networks, owner=ines, by=mira, at=at)
    assert refused.value.field == "owner"


def test_the_draft_of_a_published_article_can_be_thrown_away(
    write_article: Write, lars: User, later: Later
) -> None:
    article = writing.write(write_article(), body="No.", by=lars, at=later(hours=1))
    article = writing.discard_draft(article, by=lars, at=later(hours=2))
    assert (article.draft, article.versions.count()) == (None, 1)
    with pytest.raises(Exception, match="has no draft"):
        writing.discard_draft(article, by=lars, at=later(hours=3))


def test_l1_does_not_touch_what_is_for_l3(write_article: Write, yuki: User, mira: User, at: datetime) -> None:
    article = write_article(audience="l3", owner=yuki)
    with pytest.raises(NotAllowed):
        writing.write(article, body="x", by=mira, at=at)


# --- Sections ---


def test_a_section_cannot_lie_below_itself(networks: Section, lars: User, at: datetime) -> None:
    vpn = make_section("VPN", networks)
    clients = make_section("Clients", vpn)
    for parent in (networks, vpn, clients):
        with pytest.raises(CircularSection) as refused:
            sections.change_section(networks, name="Networks", parent=parent, by=lars, at=at)
        assert refused.value.field == "parent"
    networks.refresh_from_db()
    assert networks.parent is None


def test_a_section_that_moves_takes_its_path_along(networks: Section, lars: User, at: datetime) -> None:
    vpn = make_section("VPN", networks)
    remote = sections.create_section(name="Working from home", by=lars, at=at)
    sections.change_section(vpn, name="VPN access", slug="vpn", parent=remote, by=lars, at=at)
    vpn.refresh_from_db()
    assert (vpn.full_name, vpn.path, vpn.ancestry) == (
        "Working from home › VPN access",
        "working-from-home/vpn",
        [remote.pk, vpn.pk],
    )


def test_sections_are_arranged_by_leads_and_hold_reviewers_of_the_desk(
    networks: Section, mira: User, lars: User, dario: User, ines: User, at: datetime
) -> None:
    with pytest.raises(NotAllowed):
        sections.create_section(name="Printers", by=mira, at=at)
    with pytest.raises(Invalid) as refused:
        sections.change_section(networks, name="Networks", reviewers=[ines], by=lars, at=at)
    assert refused.value.field == "reviewers"
    found = sections.change_section(
        networks, name="Networks", reviewers=[dario], is_review_required=True, by=lars, at=at
    )
    assert (list(found.reviewers.all()), found.is_review_required) == ([dario], True)


def test_two_sections_of_one_name_stand_beside_each_other_only_elsewhere(
    networks: Section, lars: User, at: datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        sections.create_section(name="Networks", by=lars, at=at)
    assert refused.value.field == "slug"
    sections.create_section(name="Networks", parent=networks, by=lars, at=at)


def test_only_an_empty_section_is_deleted(
    write_article: Write, networks: Section, lars: User, at: datetime
) -> None:
    empty = make_section("Empty")
    article = write_article()
    with pytest.raises(SectionNotEmpty):
        sections.delete_section(networks, by=lars, at=at)
    sections.delete_section(empty, by=lars, at=at)
    assert list(Section.objects.all()) == [networks]
    reviewing.archive(article, by=lars, at=at)
    with pytest.raises(SectionNotEmpty):
        sections.delete_section(networks, by=lars, at=at)
