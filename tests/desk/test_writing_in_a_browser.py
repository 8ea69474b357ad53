"""Writing in a real browser: the toolbar and its undo, clean pastes, offers by typing, the wall, drafts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organisation, Team, User
from tests.conftest import MONDAY, person, seat
from tests.plugins.browser import enter, faults
from tickets import operations
from tickets.models import Category, Draft, Message, Ticket, rebuild_category_tree

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

CLIPBOARD = Path(__file__).parent / "clipboard"
PASTE = """([html, text]) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", text);
  const area = document.activeElement;
  return area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


class Story:
    def __init__(self, url: str, ticket: Ticket, mira: User, dario: User) -> None:
        self.url, self.ticket, self.mira, self.dario = url, ticket, mira, dario

    @property
    def page_of_ticket(self) -> str:
        return f"{self.url}/desk/tickets/{self.ticket.number}/"


@pytest.fixture
def story(live_server: Any) -> Story:
    desk = Team.objects.get(name="Service desk")
    network = Team.objects.create(name="Network", tier_id=2, is_default=True)
    ines = person("Ines Okafor", Organisation.objects.create(name="Northwind Care"))
    mira, dario = seat(person("Mira Kask"), desk), seat(person("Dario Pek"), network)
    category = Category.objects.create(name="VPN")
    rebuild_category_tree()
    ticket = operations.open_ticket(
        requester=ines,
        subject="VPN drops",
        description="Since Friday.",
        category=category,
        by=ines,
        at=MONDAY,
    )
    operations.take(ticket, by=mira, at=MONDAY)
    return Story(live_server.url, ticket, mira, dario)


@pytest.fixture
def at_the_ticket(story: Story, new_page: Callable[..., Page]) -> Callable[..., Page]:
    def visit(user: User, **options: Any) -> Page:
        page = new_page(**options)
        enter(page, story.url, user)
        page.goto(story.page_of_ticket)
        return page

    return visit


def writes(page: Page) -> Any:
    body = page.locator("#id_body")
    body.click()
    expect(body).to_have_attribute("data-equipped", "")
    return body


@pytest.mark.usefixtures("looks")
def test_the_toolbar_and_pastes_are_undone_like_typing(
    story: Story, at_the_ticket: Callable[..., Page]
) -> None:
    page = at_the_ticket(story.mira)
    body = writes(page)
    page.keyboard.type("Restart it")
    page.keyboard.press("Shift+Home")
    page.keyboard.press("Control+b")
    expect(body).to_have_value("**Restart it**")
    page.get_by_role("button", name="Bold").click()
    expect(body).to_have_value("Restart it")
    page.get_by_role("button", name="List", exact=True).click()
    expect(body).to_have_value("- Restart it")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("twice")
    expect(body).to_have_value("- Restart it\n- twice")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert "twice" not in body.input_value()
    for sample in sorted(CLIPBOARD.glob("*.html")):
        body.fill("")
        page.evaluate(PASTE, [sample.read_text(), "plain"])
        made = body.input_value().split("\n")
        assert made == sample.with_suffix(".md").read_text().split("\n")[:-1], sample.name
        page.keyboard.press("Control+z")
        assert body.input_value() == "", sample.name
    body.fill("")
    goes_to_the_browser = page.evaluate(PASTE, ["<p>Only <span>words</span></p>", "Only words"])
    assert goes_to_the_browser
    body.fill("the page")
    page.keyboard.press("Control+a")
    page.evaluate(PASTE, ["", "https://example.com/a"])
    expect(body).to_have_value("[the page](https://example.com/a)")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").get_by_role("link", name="the page")).to_be_visible()
    body.fill("x" * 100_002)
    expect(page.get_by_role("alert")).to_contain_text("Too long by 2 characters")
    assert faults(page) == []


@pytest.mark.usefixtures("looks")
def test_colleagues_tickets_and_articles_are_offered_by_keys_alone(
    story: Story, at_the_ticket: Callable[..., Page]
) -> None:
    other = operations.open_ticket(
        requester=story.ticket.requester, subject="Dock is slow", description="x", by=story.mira, at=MONDAY
    )
    page = at_the_ticket(story.mira, color_scheme="dark")
    page.keyboard.press("i")
    body = writes(page)
    page.keyboard.type("Ask @dar")
    offers = page.get_by_role("listbox", name="Offers")
    expect(offers.get_by_role("option", selected=True)).to_contain_text("Dario Pek")
    assert body.get_attribute("aria-activedescendant") == "id_body-offers-0"
    assert faults(page) == []
    page.keyboard.press("Enter")
    expect(body).to_have_value("Ask @Dario Pek ")
    page.keyboard.type("about #dock")
    expect(offers.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(body).to_have_value(
        f"Ask @Dario Pek about [{other.number}]({_base(body)}/desk/tickets/{other.number}/) "
    )
    page.keyboard.type("@dar")
    expect(offers).to_be_visible()
    page.keyboard.press("Escape")
    expect(offers).to_be_hidden()
    page.keyboard.press("Control+Enter")
    chip = page.locator(".msg.note .mention")
    expect(chip.first).to_have_text("@Dario Pek")
    theirs = at_the_ticket(story.dario)
    expect(theirs.locator(".mention.is-mine").first).to_be_visible()


def _base(body: Any) -> str:
    return str(body.input_value()).partition("](")[2].partition("/desk/")[0]


@pytest.mark.usefixtures("looks")
def test_a_reply_with_words_of_a_note_is_asked_about_and_a_quote_and_a_link_are_taken(
    story: Story, at_the_ticket: Callable[..., Page]
) -> None:
    note = "Between us the customer has never paid, so the contract ends on Friday."
    operations.note(story.ticket, text=note, by=story.dario, at=MONDAY)
    page = at_the_ticket(story.mira, viewport={"width": 390, "height": 844})
    page.get_by_role("tab", name="Reply").click()
    body = writes(page)
    body.fill(note)
    page.keyboard.press("Control+Enter")
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("words of an internal note of Dario Pek")
    expect(question).to_be_focused()
    assert faults(page) == []
    question.get_by_role("button", name="Edit").click()
    expect(question).to_have_count(0)
    expect(body).to_be_focused()
    expect(body).to_have_value(note)
    body.fill("We look into it.")
    page.locator(".msg").first.locator("summary").click()
    page.locator(".msg").first.get_by_role("button", name="Quote").click()
    page.wait_for_function("() => document.getElementById('id_body').value.includes('> ')")
    assert "Ines Okafor wrote on" in body.input_value()
    assert body.input_value().endswith("> Since Friday.\n\n")
    assert not Message.objects.filter(audience="public", from_desk=True).exists()


@pytest.mark.usefixtures("looks")
def test_two_edits_are_put_together_and_a_ticket_is_printed(
    story: Story, at_the_ticket: Callable[..., Page]
) -> None:
    page = at_the_ticket(story.mira)
    page.goto(f"{story.page_of_ticket}change/")
    page.get_by_label("Subject").fill("VPN drops on the train")
    operations.change(story.ticket, subject="VPN drops at home", location="Leeds", by=story.mira, at=MONDAY)
    page.locator("main form .btn.primary").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("has changed since you opened it")
    expect(page.get_by_role("radio", name="VPN drops on the train")).to_be_checked()
    assert faults(page) == []
    page.get_by_role("button", name="Send both together").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("VPN drops on the train")
    story.ticket.refresh_from_db()
    assert (story.ticket.subject, story.ticket.location) == ("VPN drops on the train", "Leeds")
    page.goto(f"{story.page_of_ticket}print/?with=inside")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    assert faults(page) == []


@pytest.mark.long
def test_a_draft_is_found_on_another_machine_and_survives_the_end_of_the_session(
    story: Story, at_the_ticket: Callable[..., Page]
) -> None:
    page = at_the_ticket(story.mira)
    page.keyboard.press("i")
    writes(page)
    page.keyboard.type("Half a thought")
    page.locator("[name=minutes]").fill("7")
    with page.expect_response("**/drafts/"):
        page.locator("[name=minutes]").blur()
    assert Draft.objects.get().fields["body"] == ["Half a thought"]
    elsewhere = at_the_ticket(story.mira)
    expect(elsewhere.locator("#id_body")).to_have_value("Half a thought")
    expect(elsewhere.get_by_role("tab", name="Internal note")).to_have_attribute("aria-selected", "true")
    expect(elsewhere.locator("[name=minutes]")).to_have_value("7")
    expect(elsewhere.locator(".draft-note")).to_contain_text("kept by the server")
    others = at_the_ticket(story.dario)
    expect(others.locator("#id_body")).to_have_value("")
    elsewhere.context.clear_cookies(name="tierdesk_session")
    elsewhere.locator("#id_body").click()
    elsewhere.keyboard.press("Control+End")
    elsewhere.keyboard.type(", and its end")
    elsewhere.keyboard.press("Control+Enter")
    elsewhere.wait_for_url("**/accounts/login/**")
    enter(elsewhere, story.url, story.mira)
    elsewhere.goto(story.page_of_ticket)
    expect(elsewhere.locator("#id_body")).to_have_value("Half a thought, and its end")
    elsewhere.locator("#id_body").click()
    elsewhere.keyboard.press("Control+Enter")
    expect(elsewhere.locator(".msg.note")).to_contain_text("Half a thought, and its end")
    assert not Draft.objects.exists()
