"""Search of articles in a browser: found while it is typed, narrowed, by keyboard; what editors keep of it."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from knowledgebase.indexing import index_article
from knowledgebase.models import Article, DailyCount, SearchTerm, Synonym, Vote
from knowledgebase.operations.searches import log_search
from tests.e2e.conftest import Visit
from tests.knowledgebase.conftest import networks, write_article
from tests.plugins.browser import faults

__all__ = ["networks", "write_article"]
pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def articles(write_article: Callable[..., Article]) -> None:
    for title, fields in (
        ("Add a printer", {"audience": "everyone", "summary": "From the list of printers.", "kind": "faq"}),
        ("Clean the printer", {"audience": "everyone", "body": "Open it."}),
        ("Drucker hinzufügen", {"language": "de", "slug": "drucker", "audience": "everyone"}),
        ("Printer of the board", {"audience": "l3"}),
    ):
        index_article(write_article(title, **fields))


@pytest.mark.usefixtures("articles")
def test_found_while_it_is_typed_though_it_is_misspelt(
    new_page: Callable[..., Page], live_server: object
) -> None:
    page = new_page(base_url=live_server.url, viewport={"width": 390, "height": 800})  # type: ignore[attr-defined]
    page.goto("/help/search/")
    page.get_by_role("searchbox").press_sequentially("prinetr")
    found = page.locator("#found [data-row]")
    expect(found).to_have_count(2)
    expect(found.first.locator("b mark")).to_have_text("printer")
    page.get_by_role("link", name="printer", exact=True).click()
    page.wait_for_url(re.compile(r"q=printer"))
    assert faults(page) == []

    page.get_by_label("Kind").select_option(label="FAQ (1)")
    expect(page.locator("#found [data-row]")).to_have_count(1)
    page.locator("#found [data-row] a").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a printer")

    # Done: they say that it helped, and it is counted, of nobody.
    page.get_by_role("button", name="Yes").press("Enter")
    expect(page.locator("#feedback-parts")).to_contain_text("you said that it helped")
    assert DailyCount.objects.get(article__title="Add a printer").views == 1
    vote = Vote.objects.get()
    assert vote.is_helpful
    assert vote.user is None
    assert SearchTerm.objects.filter(text="prinetr", found=2).exists()


@pytest.mark.usefixtures("articles")
def test_the_desk_walks_its_hits_by_keyboard_and_names_a_synonym(
    visit: Visit, lars: User, at: datetime
) -> None:
    for _time in range(3):
        log_search("mfp", found=0, language="en", at=at)
    desk = visit(lars)
    desk.goto("/desk/articles/search/?q=printer")
    desk.locator("h1").click()
    desk.keyboard.press("j")
    expect(desk.locator("#found [data-row][aria-current='true']")).to_have_count(1)
    assert faults(desk) == []

    desk.goto("/desk/articles/gaps/")
    assert faults(desk) == []
    desk.get_by_role("link", name=re.compile("Name a synonym ?: mfp")).click()
    expect(desk.get_by_label("Words that mean the same")).to_have_value("mfp")
    desk.get_by_label("Words that mean the same").fill("mfp, printer")
    desk.get_by_role("button", name="Add", exact=True).click()
    expect(desk.get_by_role("listitem").filter(has_text="mfp, printer")).to_be_visible()
    assert faults(desk) == []
    desk.goto(f"/desk/articles/synonyms/{Synonym.objects.get().pk}/")
    assert faults(desk) == []
    desk.goto("/desk/articles/search/?q=mfp")
    expect(desk.locator("#found [data-row]").first).to_contain_text("printer")
