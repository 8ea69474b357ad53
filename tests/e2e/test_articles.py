"""An article's way in a browser: written with a preview and a pasted picture, published, read, found wanting."""

import re
from base64 import b64encode
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from knowledgebase.models import Article, ArticleFile, Comment, Vote
from knowledgebase.operations.writing import create_article
from tests.knowledgebase.conftest import make_section
from tests.plugins.browser import faults
from tests.portal.conftest import png

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

PASTE = """(picture) => {
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const clipboard = new DataTransfer();
  clipboard.items.add(new File([bytes], "screenshot.png", { type: "image/png" }));
  const area = document.getElementById("id_body");
  area.focus();
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true, cancelable: true }));
}"""


def test_an_article_is_written_published_and_found_wanting(
    visit: Callable[..., Page], lars: User, ines: User
) -> None:
    make_section("Networks")
    desk = visit(lars)
    desk.goto("/desk/articles/")
    desk.get_by_role("link", name="New article").first.click()
    desk.fill("#id_title", "VPN drops")
    desk.locator("#id_section").evaluate("(select) => select.tomselect.setValue(select.options[1].value)")
    desk.get_by_role("button", name="Write it").click()

    desk.fill("#id_body", "## Restart it\n\n> [!TIP]\n> Wait for a minute.\n\n")
    expect(desk.locator("#preview .notice.tip")).to_contain_text("Wait for a minute.")
    desk.evaluate(PASTE, b64encode(png()).decode())
    expect(desk.locator("#id_body")).to_have_value(re.compile(r"!\[screenshot.png\]\(file:screenshot.png\)"))
    expect(desk.locator("#preview img[alt='screenshot.png']")).to_be_visible()
    assert faults(desk) == []
    desk.get_by_role("button", name="Save the draft").click()
    desk.get_by_role("button", name="Publish").click()
    expect(desk.locator("body")).to_contain_text("Readers see it from now on")
    assert faults(desk) == []

    desk.get_by_role("link", name="Versions").click()
    assert faults(desk) == []
    desk.goto("/desk/articles/?order=title")
    assert faults(desk) == []

    reader = visit(ines)
    reader.goto("/help/sections/networks/")
    reader.get_by_role("link", name="VPN drops").click()
    expect(reader.locator("article img")).to_be_visible()
    reader.locator("summary", has_text="No").click()
    reader.select_option("#id_reason", "unclear")
    reader.fill("#id_text", "Which button?")
    reader.get_by_role("button", name="Tell us").click()
    expect(reader.locator("#feedback-parts")).to_contain_text("you said that it did not help")
    reader.locator("summary", has_text="Tell the owner").click()
    reader.fill("#comment-text", "The picture is old.")
    reader.get_by_role("button", name="Send", exact=True).click()
    expect(reader.locator("#feedback-parts")).to_contain_text("gets it by mail")
    assert faults(reader) == []

    article = Article.objects.get()
    assert (article.is_published, article.not_helpful) == (True, 1)
    assert ArticleFile.objects.get().width == 1
    assert Vote.objects.get().text == "Which button?"
    assert Comment.objects.get().text == "The picture is old."


def test_an_article_is_written_and_published_by_keyboard_alone(
    visit: Callable[..., Page], lars: User
) -> None:
    section = make_section("Networks")
    article = create_article(section=section, title="VPN drops", body="Old.", by=lars, at=timezone.now())
    desk = visit(lars)
    desk.goto(f"/desk/articles/{article.pk}/edit/")
    desk.locator("#id_title").focus()
    reach(desk, "#id_body")
    desk.keyboard.press("Control+A")
    desk.keyboard.type("Restart it.")
    expect(desk.locator("#preview")).to_contain_text("Restart it.")
    reach(desk, "button:text-is('Save the draft')")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("region", name="What next")).to_be_visible()
    reach(desk, "button:has-text('Publish')")
    desk.keyboard.press("Enter")
    expect(desk.locator("body")).to_contain_text("Readers see it from now on")
    assert Article.objects.select_related("published").get().published.body == "Restart it."  # type: ignore[union-attr]


def reach(page: Page, selector: str, within: int = 80) -> None:
    """Press Tab until the focus is there."""
    wanted = page.locator(selector).first
    for _press in range(within):
        page.keyboard.press("Tab")
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"{selector} is not reached by keyboard")
