"""The pages of search, of what is looked for in vain, and of synonyms."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import AccountEvent, User
from knowledgebase.indexing import index_article
from knowledgebase.models import Article, SearchTerm, Section, Synonym
from knowledgebase.operations.searches import log_search, prune_searches, without_persons
from knowledgebase.operations.synonyms import create_synonyms, starter
from knowledgebase.queries import gaps
from tickets.refusals import Invalid, NotAllowed

Write = Callable[..., Article]


@pytest.fixture
def printer(write_article: Write) -> Article:
    article = write_article("Add a printer", audience="everyone", body="Choose the printer in the list.")
    index_article(article)
    return article


@pytest.fixture
def secret(write_article: Write) -> Article:
    article = write_article("Zanzibar printer", audience="l3")
    index_article(article)
    return article


def door(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backend.AuthenticationBackend")
    return client


# --- Search ---


@pytest.mark.usefixtures("printer", "secret")
def test_whoever_is_not_signed_in_finds_what_is_for_everyone(client: Client) -> None:
    html = client.get("/help/search/", {"q": "printer"}).content.decode()
    assert "Add a <mark>printer</mark>" in html
    assert "Zanzibar" not in html
    assert "1 article" in html


@pytest.mark.usefixtures("printer")
def test_while_it_is_typed_the_list_alone_is_sent(client: Client) -> None:
    html = client.get("/help/search/", {"q": "print"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    assert "/help/add-a-printer/" in html


@pytest.mark.usefixtures("printer", "secret")
def test_a_typing_error_is_answered_with_what_was_meant(client: Client) -> None:
    html = client.get("/help/search/", {"q": "prinetr <b>", "kind": "how_to"}).content.decode()
    assert re.search(
        r'Did you mean <a href="\?[^"]*q=printer\+%3Cb%3E[^"]*"><b>printer &lt;b&gt;</b></a>', html
    )
    assert "Did you mean" not in client.get("/help/search/", {"q": "zanzibr"}).content.decode()


@pytest.mark.usefixtures("printer")
@pytest.mark.parametrize(
    ("typed", "told"), [("x" * 10_000, "at most 1000 characters"), ("?!...", "no letters or digits")]
)
def test_what_cannot_be_searched_for_is_told_on_the_page(client: Client, typed: str, told: str) -> None:
    page = client.get("/help/search/", {"q": typed})
    assert page.status_code == 200
    assert told in page.content.decode()
    assert not SearchTerm.objects.exists()


@pytest.mark.usefixtures("printer")
def test_nonsense_in_the_address_is_left_out(client: Client) -> None:
    nonsense = {"q": "printer", "kind": "x", "section": "'", "only": "xx", "after": "-1", "form": "x\x00"}
    assert "Add a <mark>printer</mark>" in client.get("/help/search/", nonsense).content.decode()


@pytest.mark.usefixtures("printer", "secret")
def test_the_desk_searches_in_its_own_page(mira: User, yuki: User) -> None:
    html = door(mira).get("/desk/articles/search/", {"q": "printer"}).content.decode()
    assert "Add a <mark>printer</mark>" in html
    assert "Zanzibar" not in html
    assert "Zanzibar" in door(yuki).get("/desk/articles/search/", {"q": "printer"}).content.decode()


@pytest.mark.usefixtures("printer")
def test_the_first_page_of_the_portal_finds_articles(ines: User) -> None:
    page = door(ines).get("/", {"q": "prnter"})
    html = page.content.decode()
    assert "Add a <mark>printer</mark>" in html
    assert "Found for: printer" in html
    (term,) = SearchTerm.objects.all()
    assert (term.text, term.found, term.form) == ("prnter", 1, page.context["form_id"])


# --- What is kept of searches ---


def test_of_a_search_nothing_is_kept_that_tells_of_a_person(client: Client, printer: Article) -> None:
    client.get("/help/search/", {"q": "Printer of Ines.Okafor@northwind.example 0171 555-12 room 4b"})
    (term,) = SearchTerm.objects.all()
    assert (term.text, term.found, term.is_filed) == ("printer of - room b", 1, False)
    assert {field.name for field in SearchTerm._meta.get_fields()} == {
        *("id", "text", "language", "day", "found", "form", "is_filed")
    }


def test_of_a_long_search_whole_words_are_kept() -> None:
    kept = without_persons("printer " * 40)
    assert len(kept) <= 100
    assert kept.endswith("printer")
    assert without_persons("4711 a@b.example ?!") == ""


def test_while_somebody_types_on_in_a_form_it_is_one_search(db: None, at: datetime) -> None:
    form = uuid.uuid4()
    for text in ("pri", "printer", "printer jam", "printer"):
        log_search(text, found=3, language="en", form=form, at=at)
    log_search("toner", found=0, language="en", form=form, at=at)
    log_search("toner", found=0, language="en", at=at)
    assert list(SearchTerm.objects.order_by("pk").values_list("text", flat=True)) == [
        *("printer", "toner", "toner")
    ]


def test_searches_are_forgotten_after_90_days_and_forms_after_one(db: None, at: datetime) -> None:
    for days in (91, 90, 2, 0):
        log_search("toner", found=0, language="en", form=uuid.uuid4(), at=at - timedelta(days=days))
    assert prune_searches(at=at) == 1
    rows = SearchTerm.objects.order_by("day")
    assert [(row.day, row.form is None) for row in rows] == [
        ((at - timedelta(days=90)).date(), True),
        ((at - timedelta(days=2)).date(), True),
        (at.date(), False),
    ]


def test_gaps_are_told_from_the_third_search_of_a_kind_on(db: None, at: datetime, mira: User) -> None:
    for text, times, found in (("toner", 3, 0), ("fax", 2, 0), ("scanner", 4, 5)):
        for _time in range(times):
            log_search(text, found=found, language="en", at=at)
    SearchTerm.objects.filter(text="scanner", pk__gt=SearchTerm.objects.earliest("pk").pk + 7).update(
        is_filed=True
    )
    assert [(gap.text, gap.times, gap.nothing) for gap in gaps.found_nothing()] == [("toner", 3, 3)]
    assert [(gap.text, gap.times, gap.filed) for gap in gaps.ended_in_ticket()] == [("scanner", 4, 1)]
    html = door(mira).get("/desk/articles/gaps/").content.decode()
    assert "toner" in html
    assert "/desk/articles/new/?title=scanner" in html
    assert "fax" not in html


# --- Synonyms ---


def test_a_reviewer_keeps_synonyms_and_others_read_them(
    networks: Section, mira: User, sara: User, printer: Article
) -> None:
    assert door(mira).post("/desk/articles/synonyms/", {"words": "printer, mfp"}).status_code == 422
    networks.reviewers.add(sara)
    client = door(sara)
    assert (
        client.post("/desk/articles/synonyms/", {"words": "Printer, MFP\nmulti-function"}).status_code == 302
    )
    (group,) = Synonym.objects.all()
    assert group.words == ["mfp", "multi function multifunction", "printer"]
    assert "Add a <mark>printer</mark>" in client.get("/help/search/", {"q": "mfp"}).content.decode()
    assert (
        client.post(f"/desk/articles/synonyms/{group.pk}/", {"words": "printer, copier"}).status_code == 302
    )
    assert "copier, printer" in door(mira).get("/desk/articles/synonyms/").content.decode()
    assert client.post(f"/desk/articles/synonyms/{group.pk}/delete/").status_code == 302
    kinds = AccountEvent.objects.filter(kind__startswith="synonyms.").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == [
        *("synonyms.created", "synonyms.changed", "synonyms.deleted")
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["printer"],
        ["printer", "Printer!"],
        ["a", "one two three four five"],
        ["a", "x" * 41 + " " + "y" * 30],
    ],
)
def test_what_is_no_group_is_refused_at_the_field(lars: User, at: datetime, words: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        create_synonyms(words=words, by=lars, at=at)
    assert refused.value.field == "words"


def test_the_same_group_is_not_kept_twice(lars: User, mira: User, at: datetime) -> None:
    create_synonyms(words=["wlan", "wifi"], by=lars, at=at)
    with pytest.raises(Invalid):
        create_synonyms(words=["Wifi", "WLAN"], by=lars, at=at)
    with pytest.raises(NotAllowed):
        create_synonyms(words=["a1", "b1"], by=mira, at=at)


def test_the_usual_groups_are_taken_over_once(lars: User) -> None:
    client = door(lars)
    assert (
        f"Take over {len(starter())} usual groups" in client.get("/desk/articles/synonyms/").content.decode()
    )
    client.post("/desk/articles/synonyms/starter/")
    client.post("/desk/articles/synonyms/starter/")
    assert Synonym.objects.count() == len(starter())
    assert "Take over" not in client.get("/desk/articles/synonyms/").content.decode()


def test_the_history_of_settings_names_the_words(lars: User, ada: User, at: datetime) -> None:
    create_synonyms(words=["wlan", "wifi"], by=lars, at=at)
    html = door(ada).get("/settings/history/").content.decode()
    assert re.search(r"added the synonyms\s+(<[^>]+>)?wifi, wlan", html)


@pytest.mark.usefixtures("printer")
def test_pages_of_search_ask_few_queries(ines: User, mira: User, django_assert_max_num_queries: Any) -> None:
    for client, url in ((door(ines), "/help/search/"), (door(mira), "/desk/articles/search/")):
        client.get(url)
        with django_assert_max_num_queries(14):
            client.get(url, {"q": "printer list"})
        with django_assert_max_num_queries(17):
            client.get(url, {"q": "prnter jam"})
