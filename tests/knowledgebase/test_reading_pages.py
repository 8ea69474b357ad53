"""The knowledge pages of the portal: who finds what, old addresses, languages, chapters, files, votes and comments."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Organisation, User
from delivery.models import Delivery
from knowledgebase.models import Article, DailyCount, Section, Vote
from knowledgebase.operations import describing, reviewing, writing
from knowledgebase.operations.files import attach_file
from tests.knowledgebase.conftest import make_section
from tests.knowledgebase.sops import WIFI, sop
from tests.portal.conftest import png

Write = Callable[..., Article]
SignedIn = Callable[[User], Client]
BUDGET = 12
"""Queries of a page, with those for the session and who is signed in."""


def streamed(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_home_shows_sections_with_what_this_reader_finds_in_them(
    signed_in: SignedIn, write_article: Write, networks: Section, ines: User, mira: User
) -> None:
    vpn = make_section("VPN", networks)
    make_section("Empty")
    write_article("One", section=vpn)
    write_article("Two", section=vpn, audience="l1")
    write_article("Three")
    page = text(signed_in(ines).get("/help/"))
    assert "<b>Networks</b><small>2 articles</small>" in page
    assert "Empty" not in page
    assert "<b>Networks</b><small>3 articles</small>" in text(signed_in(mira).get("/help/"))
    assert "<b>VPN</b><span>1 article</span>" in text(signed_in(ines).get("/help/sections/networks/"))


def test_who_is_not_signed_in_reads_what_is_for_everyone_and_is_asked_to_log_in_for_the_rest(
    client: Client, write_article: Write
) -> None:
    write_article("Open", audience="everyone")
    write_article("Shut")
    assert "<b>Networks</b><small>1 article</small>" in text(client.get("/help/"))
    assert client.get("/help/open/").status_code == 200
    for slug in ("shut", "not-there-at-all"):
        response = client.get(f"/help/{slug}/")
        assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next=/help/{slug}/")


def test_what_is_not_meant_for_somebody_cannot_be_told_from_what_is_not_there(
    signed_in: SignedIn, write_article: Write, northwind: Organisation, otto: User, ines: User
) -> None:
    secret = make_section("Northwind")
    write_article("For Northwind", audience="organisations", organisations=[northwind], section=secret)
    browser = signed_in(otto)
    for address in (
        "/help/for-northwind/",
        "/help/not-there/",
        "/help/sections/northwind/",
        "/help/sections/no%00/",
    ):
        assert browser.get(address).status_code == 404
    for act in ("vote", "comment"):
        assert (
            browser.post(f"/help/for-northwind/{act}/", {"is_helpful": "yes", "text": "x"}).status_code == 404
        )
    assert signed_in(ines).get("/help/for-northwind/").status_code == 200


def test_an_article_shows_its_words_contents_and_callouts(
    signed_in: SignedIn, write_article: Write, ines: User
) -> None:
    write_article(
        "VPN",
        summary="Two settings.",
        body="# One\n\n> [!TIP]\n> Wait.\n\n# Two\n\n# Three\n\n<script>x</script>",
    )
    page = text(signed_in(ines).get("/help/vpn/"))
    assert '<h1 lang="en">VPN</h1>' in page
    assert '<li data-level="2"><a href="#s-three">Three</a></li>' in page
    assert '<div class="notice tip" role="note">' in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page


def test_a_known_error_shows_its_parts(signed_in: SignedIn, write_article: Write, ines: User) -> None:
    write_article(
        "Client 5.1", kind="known_error", error_status="workaround", symptom="It *drops*.", fix="Use 5.2."
    )
    page = text(signed_in(ines).get("/help/client-51/"))
    assert '<h2 id="part-symptom">Symptom</h2> <p>It <em>drops</em>.</p>' in page
    assert "there is a workaround" in page
    assert 'id="part-cause"' not in page


def test_the_steps_of_a_script_are_read_with_where_each_answer_leads(
    signed_in: SignedIn, lars: User, mira: User, at: datetime
) -> None:
    sop(WIFI, by=lars, at=at)
    page = text(signed_in(mira).get("/help/wi-fi/"))
    steps = page[page.index('<h2 id="steps">Steps</h2>') :]
    assert '<li id="step-device"><p><small class="dim">Choice</small></p> <p>Which device?</p>' in steps
    assert 'A laptop › <a href="#step-switch">2</a> · A phone › <a href="#step-hand">7</a>' in steps
    assert "<b>The address it got</b>" in steps
    assert '› <a href="#step-fixed">4</a>' in steps


def test_an_old_address_leads_to_the_new_one_for_ever(
    signed_in: SignedIn, write_article: Write, lars: User, ines: User, at: datetime
) -> None:
    article = write_article("VPN")
    describing.rename(article, slug="vpn-drops", by=lars, at=at)
    response = signed_in(ines).get("/help/vpn/?from=mail")
    assert (response.status_code, response["Location"]) == (301, "/help/vpn-drops/?from=mail")


def test_links_to_articles_follow_their_new_address_and_hide_what_the_reader_may_not_read(
    signed_in: SignedIn, write_article: Write, lars: User, ines: User, at: datetime
) -> None:
    write_article("Start", body="See [one](article:one#slow) and [two](article:two).")
    describing.rename(write_article("One"), slug="first", by=lars, at=at)
    write_article("Two", audience="l1")
    page = text(signed_in(ines).get("/help/start/"))
    assert '<a href="/help/first/#s-slow" rel="nofollow noopener noreferrer">one</a> and two.' in page


def test_a_reader_finds_the_translation_in_their_language_else_the_original(
    signed_in: SignedIn, write_article: Write, lars: User, ines: User, at: datetime
) -> None:
    article = write_article("VPN drops", body="x")
    german = writing.translate(article, language="de", title="VPN bricht ab", by=lars, at=at)
    write_article("Printers")
    User.objects.filter(pk=ines.pk).update(language="de")
    browser = signed_in(ines)
    assert "VPN drops" in text(browser.get("/help/sections/networks/"))
    reviewing.publish(german, by=lars, at=at)
    page = text(browser.get("/help/sections/networks/"))
    assert "VPN bricht ab" in page
    assert "VPN drops" not in page
    assert "Printers" in page
    assert '<a href="/help/vpn-bricht-ab/" hreflang="de" lang="de">Deutsch</a>' in text(
        browser.get("/help/vpn-drops/")
    )
    assert browser.get("/help/vpn-drops/?language=de")["Location"] == "/help/vpn-bricht-ab/"
    assert browser.get("/help/vpn-drops/?language=fr").status_code == 200


def test_chapters_lead_on_and_back(signed_in: SignedIn, write_article: Write, ines: User) -> None:
    manual = write_article("Manual", kind="manual")
    for number, name in enumerate(("First", "Second", "Third")):
        write_article(
            name,
            kind="manual",
            manual=manual,
            position=number,
            audience="l1" if name == "Second" else "signed_in",
        )
    browser = signed_in(ines)
    assert '<a class="btn" rel="next" href="/help/first/">First →</a>' in text(browser.get("/help/manual/"))
    page = text(browser.get("/help/first/"))
    assert '<a class="btn" rel="prev" href="/help/manual/">← Manual</a>' in page
    assert '<a class="btn" rel="next" href="/help/third/">Third →</a>' in page
    assert "Second" not in page
    assert "First" not in text(browser.get("/help/sections/networks/"))


def test_related_articles_are_shown_to_who_may_read_them(
    signed_in: SignedIn, write_article: Write, lars: User, ines: User, at: datetime
) -> None:
    article = write_article("VPN")
    describing.relate(
        article, others=[write_article("Wi-Fi"), write_article("Secret", audience="l2")], by=None, at=at
    )
    page = text(signed_in(ines).get("/help/vpn/"))
    assert '<a class="list-row" href="/help/wi-fi/">Wi-Fi</a>' in page
    assert "Secret" not in page


def test_a_file_goes_to_who_may_read_its_article_now(
    signed_in: SignedIn,
    client: Client,
    write_article: Write,
    lars: User,
    ines: User,
    yuki: User,
    at: datetime,
) -> None:
    article = write_article("VPN", body="![shot](file:shot.png) [guide](file:guide.txt)")
    picture = attach_file(article, file=SimpleUploadedFile("shot.png", png(), "image/png"), by=lars, at=at)
    guide = attach_file(
        article, file=SimpleUploadedFile("guide.txt", b"Read me.", "text/plain"), by=lars, at=at
    )
    assert client.get(picture.address)["Location"].startswith("/accounts/login/")
    browser = signed_in(ines)
    page = text(browser.get("/help/vpn/"))
    assert f'<img src="{picture.address}" alt="shot" loading="lazy" width="1" height="1">' in page
    assert f'<a href="{guide.address}" download>guide.txt</a>' in page
    response = browser.get(picture.address)
    assert (response["Content-Type"], streamed(response)) == ("image/png", png())
    response = browser.get(guide.address)
    assert (response["Content-Disposition"], streamed(response)) == (
        'attachment; filename="guide.txt"',
        b"Read me.",
    )
    describing.set_audience(article, audience="l3", by=None, at=at)
    assert browser.get(picture.address).status_code == 404
    assert streamed(signed_in(yuki).get(picture.address)) == png()


def test_each_opening_counts_as_a_view_of_that_day(
    signed_in: SignedIn, write_article: Write, ines: User
) -> None:
    article = write_article("VPN")
    browser = signed_in(ines)
    browser.get("/help/vpn/")
    browser.get("/help/vpn/")
    browser.head("/help/vpn/")
    assert list(DailyCount.objects.values_list("article", "views")) == [(article.pk, 2)]


def test_a_vote_with_its_reason_and_a_comment(signed_in: SignedIn, write_article: Write, ines: User) -> None:
    write_article("VPN")
    browser = signed_in(ines)
    assert browser.post("/help/vpn/vote/", {"is_helpful": "yes"})["Location"] == "/help/vpn/#feedback"
    assert "you said that it helped" in text(browser.get("/help/vpn/"))
    answer = browser.post(
        "/help/vpn/vote/",
        {"is_helpful": "no", "reason": "unclear", "text": "Which button?"},
        headers={"HX-Request": "true"},
    )
    assert (answer.status_code, "it did not help" in text(answer), "<html" in text(answer)) == (
        200,
        True,
        False,
    )
    assert list(Vote.objects.values_list("is_helpful", "reason", "text")) == [
        (False, "unclear", "Which button?")
    ]
    answer = browser.post("/help/vpn/comment/", {"text": "Step 3 is gone."}, headers={"HX-Request": "true"})
    assert "The owner of the article gets it by mail" in text(answer)
    assert Delivery.objects.filter(kind="knowledge.comment").count() == 1


@pytest.mark.parametrize(
    ("act", "said", "kept"),
    [
        ("comment", {"text": ""}, "This field is required"),
        ("comment", {"text": "x" * 2001}, "xxx"),
        ("vote", {"is_helpful": "perhaps"}, "Select a valid choice"),
        ("vote", {"is_helpful": "no", "reason": "ugly", "text": "My words"}, "My words"),
        ("vote", {"is_helpful": "no", "text": "y" * 501}, "yyy"),
    ],
)
def test_a_form_that_cannot_be_taken_comes_back_with_what_was_typed(
    signed_in: SignedIn, write_article: Write, ines: User, act: str, said: dict[str, str], kept: str
) -> None:
    write_article("VPN")
    browser = signed_in(ines)
    for headers in ({}, {"HX-Request": "true"}):
        response = browser.post(f"/help/vpn/{act}/", said, headers=headers)
        assert response.status_code == 422
        assert kept in text(response)


def test_a_visitor_votes_once_a_session_and_nobody_can_tell_who_it_was(
    client: Client, write_article: Write
) -> None:
    write_article("Open", audience="everyone")
    for _time in range(2):
        assert client.post("/help/open/vote/", {"is_helpful": "yes"}).status_code == 302
    vote = Vote.objects.get()
    assert (vote.user, len(vote.visitor)) == (None, 64)
    assert str(client.session.session_key) not in vote.visitor
    assert client.post("/help/open/comment/", {"text": "Hello"})["Location"].startswith("/accounts/login/")
    assert Client().post("/help/open/vote/", {"is_helpful": "yes"}).status_code == 302
    assert Vote.objects.count() == 2


@pytest.mark.usefixtures("crowded")
def test_a_page_stays_within_its_queries_however_much_there_is(
    signed_in: SignedIn, ines: User, django_assert_max_num_queries: Any, kept_names: None
) -> None:
    browser = signed_in(ines)
    for address in ("/help/", "/help/sections/networks/", "/help/manual/", "/help/chapter-3/"):
        browser.get(address)
        with django_assert_max_num_queries(BUDGET):
            assert browser.get(address).status_code == 200


@pytest.fixture
def crowded(write_article: Write, networks: Section, lars: User, at: datetime) -> None:
    """A manual with chapters, translations, files and related articles, and a section of more than one page."""
    body = " ".join(f"[x](article:article-{number})" for number in range(20))
    manual = write_article("Manual", kind="manual", body=body, views=3)
    for number in range(10):
        write_article(f"Chapter {number}", kind="manual", manual=manual, position=number, body=body)
        make_section(f"Section {number}", networks)
    others = [write_article(f"Article {number}", views=number) for number in range(55)]
    describing.relate(manual, others=others[:10], by=lars, at=at)
    for number in range(3):
        attach_file(manual, file=SimpleUploadedFile(f"{number}.txt", b"x", "text/plain"), by=lars, at=at)


@pytest.mark.usefixtures("crowded")
def test_a_long_section_is_turned_over_by_key(signed_in: SignedIn, ines: User) -> None:
    browser = signed_in(ines)
    first = browser.get("/help/sections/networks/")
    keys = first.context["page"]
    second = browser.get(f"/help/sections/networks/?after={keys.older}").context["page"]
    assert (len(keys.rows), keys.newer, len(second.rows), second.older) == (50, None, 6, None)
    assert not {row.pk for row in keys.rows} & {row.pk for row in second.rows}
    assert browser.get("/help/sections/networks/?after=nonsense").status_code == 200
