"""The pages of those who write articles: list, editor with preview, review, versions, properties, sections."""

import zlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Organisation, User
from knowledgebase.models import Article, ArticleFile, Section
from knowledgebase.operations import linking, reviewing, voting, writing
from tests.knowledgebase.conftest import make_section
from tests.portal.conftest import png
from tickets.models import Category, Ticket

Write = Callable[..., Article]
SignedIn = Callable[[User], Client]
BUDGET = 12


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def titles(response: Any) -> list[str]:
    return [article.title for article in response.context["page"].rows]


# --- The list ---


def test_the_list_shows_what_this_person_may_work_on(
    signed_in: SignedIn, write_article: Write, mira: User, yuki: User, ines: User
) -> None:
    write_article("For L1")
    write_article("For L3", audience="l3", owner=yuki)
    assert titles(signed_in(mira).get("/desk/articles/")) == ["For L1"]
    assert sorted(titles(signed_in(yuki).get("/desk/articles/"))) == ["For L1", "For L3"]
    assert signed_in(ines).get("/desk/articles/").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Draft", "Printer jams", "VPN drops", "Waiting"]),
        ("q=vpn", ["VPN drops"]),
        ("q=home", ["VPN drops"]),
        ("kind=faq", ["Printer jams"]),
        ("audience=l1", ["Draft"]),
        ("language=de", ["Waiting"]),
        ("state=archived", ["Old"]),
        ("state=draft", ["Draft"]),
        ("state=review", ["Waiting"]),
        ("state=look_again", ["VPN drops"]),
        ("state=comments", ["Printer jams"]),
        ("state=changed", []),
        ("mine=1", ["Draft"]),
        (
            "section=nonsense&state=nonsense&order=nonsense&after=nonsense",
            ["Draft", "Printer jams", "VPN drops", "Waiting"],
        ),
    ],
)
def test_filters_stand_in_the_address(
    signed_in: SignedIn,
    write_article: Write,
    mira: User,
    lars: User,
    ines: User,
    at: datetime,
    query: str,
    found: list[str],
) -> None:
    write_article("VPN drops", tags=["home"], review_by=date(2026, 12, 1))
    printer = write_article("Printer jams", kind="faq", audience="everyone")
    voting.comment(printer, text="Which one?", by=ines, at=at)
    write_article("Draft", published=False, audience="l1", owner=mira)
    waiting = write_article("Waiting", published=False, body="x", language="de")
    reviewing.submit(waiting, by=lars, at=at)
    write_article("Old", status="archived")
    reviewing.archive(Article.objects.get(slug="old"), by=None, at=at)
    assert sorted(titles(signed_in(mira).get(f"/desk/articles/?{query}"))) == found


def test_the_list_is_turned_over_by_key_in_either_order(
    signed_in: SignedIn, write_article: Write, mira: User
) -> None:
    for number in range(53):
        write_article(f"Article {number:02}")
    browser = signed_in(mira)
    for order in ("", "title"):
        first = browser.get(f"/desk/articles/?order={order}")
        second = browser.get(f"/desk/articles/?order={order}&after={first.context['page'].older}")
        assert (len(titles(first)), len(titles(second))) == (50, 3)
        assert not set(titles(first)) & set(titles(second))
        back = browser.get(f"/desk/articles/?order={order}&before={second.context['page'].newer}")
        assert titles(back) == titles(first)


# --- Writing ---


def test_an_article_is_begun_written_and_looked_at(
    signed_in: SignedIn, networks: Section, mira: User
) -> None:
    browser = signed_in(mira)
    form = {"kind": "how_to", "title": "VPN drops", "section": networks.pk, "language": "en"}
    answer = browser.post("/desk/articles/new/", form)
    article = Article.objects.get()
    assert answer["Location"] == f"/desk/articles/{article.pk}/edit/"
    words = {
        "base": "1.1",
        "title": "VPN drops",
        "summary": "It drops.",
        "body": "Restart **it**.",
        "note": "",
    }
    assert (
        browser.post(f"/desk/articles/{article.pk}/edit/", words)["Location"]
        == f"/desk/articles/{article.pk}/"
    )
    page = text(browser.get(f"/desk/articles/{article.pk}/"))
    assert "<p>Restart <strong>it</strong>.</p>" in page
    assert "Mira Kask began it" in page
    assert 'value="1.2"' in text(browser.get(f"/desk/articles/{article.pk}/edit/"))


def test_the_preview_shows_what_is_typed_and_keeps_nothing(
    signed_in: SignedIn, write_article: Write, mira: User
) -> None:
    article = write_article(body="Old.")
    said = {"base": "1.1", "title": "VPN", "body": "> [!TIP]\n> <script>x</script>"}
    page = text(signed_in(mira).post(f"/desk/articles/{article.pk}/preview/", said))
    assert '<div class="notice tip" role="note">' in page
    assert "&lt;script&gt;" in page
    assert "<html" not in page
    article.refresh_from_db()
    assert article.draft is None


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"title": ""}, "This field is required"),
        ({"body": "x" * 100_001}, "at most 100000 characters"),
        ({"summary": "s" * 501}, "at most 500 characters"),
    ],
)
def test_words_that_cannot_be_saved_come_back(
    signed_in: SignedIn, write_article: Write, mira: User, said: dict[str, str], wrong: str
) -> None:
    article = write_article()
    form = {"base": "1.1", "title": "A title", "body": "My words", **said}
    for address in (f"/desk/articles/{article.pk}/edit/", f"/desk/articles/{article.pk}/preview/"):
        response = signed_in(mira).post(address, form)
        assert response.status_code == 422
        assert wrong in text(response)
    assert "My words" in text(
        signed_in(mira).post(f"/desk/articles/{article.pk}/edit/", {**form, "body": "My words", "title": ""})
    )


def test_a_body_of_five_megabytes_is_answered_with_what_to_do(
    signed_in: SignedIn, write_article: Write, mira: User
) -> None:
    article = write_article()
    response = signed_in(mira).post(
        f"/desk/articles/{article.pk}/edit/", {"base": "1.1", "title": "x", "body": "x" * (5 * 2**20 + 1)}
    )
    assert (response.status_code, "too large" in text(response)) == (413, True)
    article.refresh_from_db()
    assert article.draft is None


def test_who_would_overwrite_somebody_sees_both_and_decides(
    signed_in: SignedIn, write_article: Write, mira: User, lars: User, later: Any
) -> None:
    article = write_article(body="One line.\n\nAnother line.")
    writing.write(article, body="One line by Lars.\n\nAnother line.", by=lars, at=later(minutes=1))
    address = f"/desk/articles/{article.pk}/edit/"
    said = {"base": "1.1", "title": article.title, "body": "One line by Mira.\n\nAnother line."}
    browser = signed_in(mira)
    response = browser.post(address, said)
    page = text(response)
    assert response.status_code == 422
    assert "Lars Holm has written in this article" in page
    assert "One line by <del>Lars</del>." in page
    assert "One line by <ins>Mira</ins>." in page
    assert 'value="2.1"' in page
    assert browser.post(address, {**said, "base": "2.1"}).status_code == 302
    article.refresh_from_db()
    assert article.draft is not None
    assert article.draft.body == "One line by Mira.\n\nAnother line."


def test_a_known_error_has_fields_of_its_own_and_other_kinds_have_not(
    signed_in: SignedIn, write_article: Write, mira: User
) -> None:
    error, how_to = write_article("Error", kind="known_error", symptom="x"), write_article("How to")
    browser = signed_in(mira)
    assert 'name="symptom"' in text(browser.get(f"/desk/articles/{error.pk}/edit/"))
    assert 'name="symptom"' not in text(browser.get(f"/desk/articles/{how_to.pk}/edit/"))
    said = {"base": "1.1", "title": "Error", "symptom": "It drops.", "workaround": "Use 5.0."}
    browser.post(f"/desk/articles/{error.pk}/edit/", said)
    error.refresh_from_db()
    assert error.draft is not None
    assert (error.draft.symptom, error.draft.workaround) == ("It drops.", "Use 5.0.")


def test_pictures_are_pasted_and_files_added_and_taken_away(
    signed_in: SignedIn, write_article: Write, mira: User
) -> None:
    article = write_article()
    browser = signed_in(mira)
    address = f"/desk/articles/{article.pk}/files/"
    answers = [
        browser.post(address, {"file": SimpleUploadedFile("my screen.png", png(), "image/png")}).json(),
        browser.post(
            address, {"file": SimpleUploadedFile("my screen.png", png() + b" ", "image/png")}
        ).json(),
    ]
    assert [(answer["name"], answer["url"]) for answer in answers] == [
        ("my screen.png", "<file:my screen.png>"),
        ("my screen-2.png", "<file:my screen-2.png>"),
    ]
    row = ArticleFile.objects.get(name="my screen.png")
    assert (row.width, row.height, row.uploaded_by) == (1, 1, mira)
    assert browser.post(f"{address}drop/", {"file": row.pk}).status_code == 302
    assert list(ArticleFile.objects.values_list("name", flat=True)) == ["my screen-2.png"]
    for nonsense in ("", "x", str(row.pk)):
        assert browser.post(f"{address}drop/", {"file": nonsense}).status_code == 404


def bomb() -> bytes:
    """A picture of a few bytes that says it is 50,000 pixels wide and high."""
    start, header = png()[:12], b"IHDR" + (50_000).to_bytes(4, "big") * 2 + png()[24:29]
    return start + header + zlib.crc32(header).to_bytes(4, "big") + png()[33:]


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("bomb.png", bomb(), "too many pixels"),
        ("text.png", b"This is no picture.", "no picture that can be shown"),
        ("half.png", png()[:20], "no picture that can be shown"),
        ("empty.txt", b"", "empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_picture_or_a_bomb_is_refused(
    signed_in: SignedIn, write_article: Write, mira: User, name: str, content: bytes, wrong: str
) -> None:
    article = write_article()
    file = SimpleUploadedFile(name, content, "image/png")
    response = signed_in(mira).post(f"/desk/articles/{article.pk}/files/", {"file": file})
    assert (response.status_code, wrong in response.json()["error"]) == (400, True)
    assert not ArticleFile.objects.exists()


def test_a_file_that_is_too_large_is_refused(
    signed_in: SignedIn, write_article: Write, mira: User, settings: Any
) -> None:
    settings.ATTACHMENT_MAX_BYTES = 10
    article = write_article()
    response = signed_in(mira).post(
        f"/desk/articles/{article.pk}/files/", {"file": SimpleUploadedFile("a.txt", b"x" * 11, "text/plain")}
    )
    assert (response.status_code, "too large" in response.json()["error"]) == (413, True)


# --- Review and versions ---


def test_from_draft_to_published_by_the_buttons(
    signed_in: SignedIn, write_article: Write, networks: Section, mira: User, dario: User, ines: User
) -> None:
    Section.objects.update(is_review_required=True)
    networks.reviewers.add(dario)
    article = write_article("VPN", published=False, body="Restart it.", owner=mira)
    author, reviewer = signed_in(mira), f"/desk/articles/{article.pk}"
    assert "Publish" not in text(author.get(f"{reviewer}/"))
    author.post(f"{reviewer}/submit/")
    browser = signed_in(dario)
    assert "1 draft waits for your review" in text(browser.get("/desk/articles/"))
    assert browser.post(f"{reviewer}/send-back/", {"back-note": ""}).status_code == 422
    browser.post(f"{reviewer}/send-back/", {"back-note": "Which client?"})
    assert "Which client?" in text(browser.get(f"{reviewer}/"))
    browser.post(f"{reviewer}/submit/")
    browser.post(f"{reviewer}/approve/")
    browser.post(f"{reviewer}/publish/", {"seen": "1.1"})
    article.refresh_from_db()
    assert article.is_published
    assert signed_in(ines).get("/help/vpn/").status_code == 200


def test_a_refusal_is_said_on_the_page(
    signed_in: SignedIn, write_article: Write, mira: User, lars: User
) -> None:
    article = write_article(published=False, body="x")
    page = signed_in(mira).post(f"/desk/articles/{article.pk}/publish/", follow=True)
    assert "Only reviewers of “Networks”" in text(page)
    Section.objects.update(is_review_required=True)
    page = signed_in(lars).post(f"/desk/articles/{article.pk}/publish/", follow=True)
    assert "nothing is published without a review" in text(page)
    page = signed_in(lars).post(f"/desk/articles/{article.pk}/publish/", {"seen": "9.9"}, follow=True)
    assert "The draft has changed since you opened this page" in text(page)


def test_versions_are_compared_by_word_and_restored(
    signed_in: SignedIn, write_article: Write, mira: User, lars: User, later: Any
) -> None:
    article = write_article(body="Same.\nRestart the client.\nSame again.")
    writing.write(
        article, body="Same.\nRestart the laptop.\nSame again.", summary="New.", by=mira, at=later(hours=1)
    )
    reviewing.publish(article, by=lars, at=later(hours=2), note="The laptop, not the client")
    browser = signed_in(mira)
    page = text(browser.get(f"/desk/articles/{article.pk}/versions/"))
    assert "From version 1 to version 2" in page
    assert "Restart the <del>client</del>." in page
    assert "Restart the <ins>laptop</ins>." in page
    assert "<ins>New.</ins>" in page
    assert "approved by Lars Holm" in page
    assert "From version 2 to version 1" in text(
        browser.get(f"/desk/articles/{article.pk}/versions/?version=1&against=2")
    )
    assert browser.get(f"/desk/articles/{article.pk}/versions/?version=99&against=x").status_code == 200
    browser.post(f"/desk/articles/{article.pk}/restore/", {"version": "1"})
    article.refresh_from_db()
    assert article.draft is not None
    assert article.draft.body == "Same.\nRestart the client.\nSame again."
    assert browser.post(f"/desk/articles/{article.pk}/restore/", {"version": "99"}).status_code == 404


def test_still_right_in_one_click_and_discarding_and_archiving(
    signed_in: SignedIn, write_article: Write, lars: User, at: datetime
) -> None:
    article = write_article(review_by=date(2026, 11, 1))
    browser, address = signed_in(lars), f"/desk/articles/{article.pk}"
    browser.post(f"{address}/still-right/")
    article.refresh_from_db()
    assert article.review_by == date(2027, 5, 22)
    browser.post(f"{address}/still-right/", {"until": "2027-02-30"})
    writing.write(article, body="x", by=lars, at=at)
    browser.post(f"{address}/discard/")
    browser.post(f"{address}/archive/")
    article.refresh_from_db()
    assert (article.draft, article.status) == (None, "archived")
    browser.post(f"{address}/unarchive/")
    article.refresh_from_db()
    assert article.is_published


def test_chapters_and_translations_begin_on_their_own_page(
    signed_in: SignedIn, write_article: Write, lars: User
) -> None:
    manual = write_article("Manual", kind="manual")
    browser, address = signed_in(lars), f"/desk/articles/{manual.pk}"
    assert browser.post(f"{address}/chapter/", {"chapter-title": ""}).status_code == 422
    answer = browser.post(f"{address}/chapter/", {"chapter-title": "One"})
    chapter = Article.objects.get(manual=manual)
    assert answer["Location"] == f"/desk/articles/{chapter.pk}/edit/"
    answer = browser.post(f"{address}/translate/", {"language-language": "en", "language-title": "Handbuch"})
    assert (answer.status_code, "in English already" in text(answer)) == (422, True)
    browser.post(f"{address}/translate/", {"language-language": "de", "language-title": "Handbuch"})
    assert Article.objects.get(original=manual).language == "de"


# --- Properties ---


def test_properties_are_kept_each_by_its_form(
    signed_in: SignedIn,
    write_article: Write,
    networks: Section,
    northwind: Organisation,
    mira: User,
    lars: User,
) -> None:
    article, other = write_article("VPN"), write_article("Wi-Fi")
    browser, address = signed_in(lars), f"/desk/articles/{article.pk}/settings/"
    said = {
        "describe-section": networks.pk,
        "describe-owner": mira.pk,
        "describe-tags": "VPN, home",
        "describe-review_by": "2027-01-31",
    }
    assert browser.post(address, {"form": "describe", **said}).status_code == 302
    browser.post(
        address,
        {"form": "audience", "audience-audience": "organisations", "audience-organisations": [northwind.pk]},
    )
    browser.post(address, {"form": "address", "address-slug": "vpn-drops"})
    browser.post(address, {"form": "related", "related-others": "/help/wi-fi/\nvpn"})
    article.refresh_from_db()
    assert (article.owner, article.tags, article.review_by) == (mira, ["vpn", "home"], date(2027, 1, 31))
    assert (article.audience, list(article.organisations.all()), article.slug) == (
        "organisations",
        [northwind],
        "vpn-drops",
    )
    assert list(article.related.all()) == [other]


@pytest.mark.parametrize(
    ("form", "said", "wrong"),
    [
        ("audience", {"audience-audience": "organisations"}, "Name at least one organisation"),
        ("address", {"address-slug": "search"}, "is the address of another article"),
        ("address", {"address-slug": "No Address"}, "small letters, digits and hyphens"),
        ("related", {"related-others": "gone"}, "There is no article “gone”"),
        ("describe", {"describe-review_by": "never", "describe-tags": "kept as typed"}, "kept as typed"),
    ],
)
def test_a_property_that_cannot_be_is_refused_at_its_field(
    signed_in: SignedIn, write_article: Write, lars: User, form: str, said: dict[str, str], wrong: str
) -> None:
    article = write_article("VPN")
    response = signed_in(lars).post(f"/desk/articles/{article.pk}/settings/", {"form": form, **said})
    assert (response.status_code, wrong in text(response)) == (422, True)


def test_the_problem_of_a_known_error_is_one_that_the_editor_sees(
    signed_in: SignedIn,
    write_article: Write,
    networks: Section,
    open_ticket: Callable[..., Ticket],
    mira: User,
    lars: User,
) -> None:
    error = write_article("Error", kind="known_error", symptom="x", error_status="open")
    problem, incident = open_ticket(kind="problem", by=mira), open_ticket()
    address = f"/desk/articles/{error.pk}/settings/"
    said = {
        "form": "describe",
        "describe-section": networks.pk,
        "describe-owner": lars.pk,
        "describe-error_status": "fixed",
    }
    browser = signed_in(lars)
    for number in (incident.number, "TD-99999999", "soon"):
        assert browser.post(address, {**said, "describe-problem": number}).status_code == 422
    assert browser.post(address, {**said, "describe-problem": problem.number}).status_code == 302
    error.refresh_from_db()
    assert (error.problem, error.error_status) == (problem, "fixed")


# --- What came of it ---


def test_the_overview_tells_what_readers_made_of_it_and_only_tickets_that_one_may_see(
    signed_in: SignedIn,
    write_article: Write,
    ticket: Ticket,
    mira: User,
    ines: User,
    lars: User,
    at: datetime,
) -> None:
    article = write_article("VPN")
    linking.link_solution(ticket, article=article, by=mira, at=at)
    voting.vote(article, is_helpful=False, reason="outdated", text="It is 6.0 now.", by=ines, at=at)
    comment = voting.comment(article, text="Step 3 is gone.", by=ines, at=at)
    browser, address = signed_in(lars), f"/desk/articles/{article.pk}/"
    page = text(browser.get(address))
    for words in ("0 yes, 1 no", "it is out of date", "It is 6.0 now.", "Step 3 is gone.", ticket.number):
        assert words in page
    browser.post(f"{address}comments/{comment.pk}/done/")
    assert '<span class="tag ok">done</span>' in text(browser.get(address))
    Ticket.objects.filter(pk=ticket.pk).update(is_restricted=True)
    assert ticket.number not in text(browser.get(address))
    assert browser.post(f"{address}comments/999999/done/").status_code == 404


# --- Sections ---


def test_a_lead_arranges_sections(
    signed_in: SignedIn, networks: Section, lars: User, dario: User, vpn: Category
) -> None:
    browser = signed_in(lars)
    said = {
        "name": "VPN",
        "parent": networks.pk,
        "reviewers": [dario.pk],
        "ticket_categories": [vpn.pk],
        "is_review_required": "on",
    }
    assert browser.post("/settings/sections/new/", said).status_code == 302
    section = Section.objects.get(path="networks/vpn")
    assert (
        list(section.reviewers.all()),
        list(section.ticket_categories.all()),
        section.is_review_required,
    ) == ([dario], [vpn], True)
    page = text(browser.get("/settings/sections/"))
    assert "networks/vpn · reviewed by Dario Pek" in page
    assert "review required" in page
    response = browser.post(f"/settings/sections/{networks.pk}/", {"name": "Networks", "parent": section.pk})
    assert (response.status_code, "lies below “Networks” already" in text(response)) == (422, True)
    assert "still holds articles or sections" in text(
        browser.post(f"/settings/sections/{networks.pk}/delete/", follow=True)
    )
    assert browser.post(f"/settings/sections/{section.pk}/delete/")["Location"] == "/settings/sections/"


# --- Budgets ---


PAGES = ("", "{0}/", "{0}/edit/", "{0}/versions/", "{0}/settings/")


@pytest.mark.usefixtures("kept_names")
def test_a_page_stays_within_its_queries_however_much_there_is(
    signed_in: SignedIn, crowd: Article, lars: User, django_assert_max_num_queries: Any
) -> None:
    browser = signed_in(lars)
    for page in PAGES:
        address = f"/desk/articles/{page.format(crowd.pk)}"
        browser.get(address)
        with django_assert_max_num_queries(BUDGET):
            assert browser.get(address).status_code == 200
    with django_assert_max_num_queries(BUDGET):
        assert browser.get("/settings/sections/").status_code == 200


@pytest.fixture
def crowd(
    write_article: Write, networks: Section, ticket: Ticket, lars: User, mira: User, ines: User, at: datetime
) -> Article:
    """A manual with versions, chapters, comments, votes and a ticket, among thirty others."""
    for number in range(30):
        make_section(f"Section {number}", networks).reviewers.add(mira)
        write_article(f"Article {number}")
    manual = write_article("Manual", kind="manual", body="[x](article:article-1)")
    for number in range(5):
        writing.write(manual, body=f"Words {number} [x](article:article-{number})", by=mira, at=at)
        reviewing.publish(manual, by=lars, at=at)
        write_article(f"Chapter {number}", kind="manual", manual=manual, position=number)
        voting.comment(manual, text="Hm.", by=ines, at=at)
    voting.vote(manual, is_helpful=False, reason="unclear", by=ines, at=at)
    linking.link_solution(ticket, article=manual, by=mira, at=at)
    return writing.write(manual, body="In work: [x](article:article-7)", by=mira, at=at)
