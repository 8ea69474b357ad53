"""Tier 0 in a browser: an article ends a request before it is filed; or is read, filed anyway, and L1 sees which."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Team, User
from knowledgebase.indexing import index_article
from knowledgebase.models import Article, DailyCount, FormCount, LinkRole, SearchTerm, TicketArticle
from tests.e2e.conftest import Visit
from tests.knowledgebase.conftest import networks, write_article
from tests.plugins.browser import faults
from tickets.models import Draft, Ticket

__all__ = ["networks", "write_article"]
pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def articles(write_article: Callable[..., Article], service_desk: Team) -> list[Article]:
    """Two that have to do with the VPN."""
    found = [
        write_article(
            "VPN drops every 20 minutes",
            summary="Renew the client's profile.",
            body="Open the client.\n\n## Then\n\nChoose *Renew profile*.",
        ),
        write_article("The VPN from abroad", summary="Why the VPN drops in hotels.", body="Use port 443."),
    ]
    for article in found:
        index_article(article)
    return found


def suggestions(page: Page) -> Any:
    return page.locator("#suggested a")


def test_a_requester_searches_with_a_typo_finds_is_done_and_it_is_counted(
    visit: Visit, articles: list[Article], ines: User, max_: User
) -> None:
    portal = visit(ines)
    portal.goto("/")
    portal.get_by_role("searchbox").fill("vpn dorps")
    portal.get_by_role("searchbox").press("Enter")
    portal.goto(portal.locator("main a[href^='/requests/new/?subject']").first.get_attribute("href") or "")

    # What was searched for stands in the form, and what may answer it beside it.
    expect(portal.locator("#id_subject")).to_have_value("vpn dorps")
    expect(suggestions(portal)).to_have_count(2)
    portal.locator("#id_description").fill("Every twenty minutes or so.")
    expect(portal.locator("[data-draft-status]")).to_contain_text("draft saved")
    assert faults(portal) == []

    # By keyboard: open, read, done.
    suggestions(portal).filter(has_text="every 20 minutes").focus()
    portal.keyboard.press("Enter")
    dialog = portal.get_by_role("dialog")
    expect(dialog).to_contain_text("Choose Renew profile.")
    assert faults(portal) == []
    dialog.get_by_role("button", name="This solved it").click()
    portal.wait_for_url("**/requests/new/solved/**")
    expect(portal.get_by_role("heading", level=1)).to_have_text("Good that it works")
    assert faults(portal) == []

    # Nothing was filed, and the form is as new.
    portal.goto("/requests/new/")
    expect(portal.locator("#id_subject")).to_have_value("")
    assert not Draft.objects.exists()
    assert not Ticket.objects.exists()

    row = DailyCount.objects.get(article=articles[0])
    assert (row.shown, row.read, row.solved, row.filed_anyway) == (1, 1, 1, 0)
    assert FormCount.objects.values_list("forms", "solved", "filed").get() == (1, 1, 0)
    assert not SearchTerm.objects.filter(is_filed=True).exists()
    manager = visit(max_)
    manager.goto("/desk/articles/prevented/")
    expect(manager.get_by_role("row", name="VPN drops every 20 minutes")).to_contain_text("1")
    expect(manager.locator("main")).to_contain_text(
        "1 success of the last seven days may still be taken back."
    )
    assert faults(manager) == []


def test_another_files_in_spite_of_two_articles_and_l1_sees_which(
    visit: Visit, articles: list[Article], ines: User, mira: User
) -> None:
    portal = visit(ines)
    portal.goto("/requests/new/")
    portal.locator("#id_subject").fill("The VPN drops in the hotel")
    expect(suggestions(portal)).to_have_count(2)
    for article in articles:
        suggestions(portal).filter(has_text=article.title).click()
        dialog = portal.get_by_role("dialog")
        expect(dialog.locator(".prose")).to_be_visible()
        dialog.get_by_role("button", name="Go on writing").click()
    portal.locator(".form-actions").get_by_role("button", name="Send").click()
    portal.wait_for_url("**/requests/TD-*/")

    ticket = Ticket.objects.get()
    links = TicketArticle.objects.filter(ticket=ticket, role=LinkRole.READ).order_by("article_id")
    assert [link.article for link in links] == articles

    l1 = visit(mira)
    l1.goto(f"/desk/tickets/{ticket.number}/")
    panel = l1.locator("#articles")
    expect(panel.get_by_text("Ines has read it")).to_have_count(2)
    expect(l1.locator(".talk")).to_contain_text("and filed it anyway")
    assert faults(l1) == []

    # One key puts the best article into the reply, and the composer says that it was read already.
    l1.keyboard.press(".")
    expect(l1.locator("#id_body")).to_have_value(re.compile(r"^\[.*VPN.*\]\(http.*/help/.*/\)$"))
    expect(l1.locator("[data-article-warnings]")).to_contain_text("before filing this.")
    assert faults(l1) == []
    l1.locator("#id_body").fill("")
    expect(l1.locator("[data-article-warnings]")).to_be_empty()
    l1.locator("#id_body").blur()
    l1.keyboard.press(",")
    expect(l1.locator("#id_body")).not_to_have_value("")


def test_on_a_phone_nothing_moves_when_suggestions_come(
    visit: Visit, articles: list[Article], ines: User
) -> None:
    portal = visit(ines, viewport={"width": 390, "height": 780})
    portal.goto("/requests/new/")
    description = portal.locator("#id_description")
    before = description.bounding_box()
    portal.locator("#id_subject").fill("My vpn drops")
    expect(suggestions(portal)).to_have_count(2)

    assert description.bounding_box() == before
    assert portal.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(portal) == []
