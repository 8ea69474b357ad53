"""The requester's pages in a real browser: accessible, usable, and losing nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.plugins.browser import enter, faults
from tests.portal.conftest import png
from tickets import operations
from tickets.models import Attachment, Category, Draft, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e]


@pytest.fixture
def site(live_server: Any) -> str:
    return str(live_server.url)


@pytest.fixture
def page(new_page: Callable[..., Page], site: str, ines: User, service_desk: Any) -> Page:
    """Ines's browser."""
    page = new_page(viewport={"width": 1360, "height": 860})
    enter(page, site, ines)
    return page


def visit(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("html.js")).to_be_attached()


@pytest.fixture
def asked(open_ticket: Callable[..., Ticket], mira: User, ines: User, tomasz: User, at: Any) -> Ticket:
    """Mira waits for Ines, and Tomasz watches."""
    asked = open_ticket("asked")
    operations.watch(asked, user=tomasz, by=ines, at=at)
    return operations.wait_for_requester(
        operations.take(asked, by=mira, at=at), question="Which client?", by=mira, at=at
    )


@pytest.mark.usefixtures("looks")
def test_axe_finds_nothing(page: Page, site: str, asked: Ticket, onboarding: Category) -> None:
    addresses = ("/", "/requests/", f"/requests/new/?category={onboarding.pk}")
    for address in (*addresses, f"/requests/{asked.number}/?colleague=tom"):
        visit(page, f"{site}{address}")
        assert faults(page) == [], address


@pytest.mark.long
def test_axe_finds_nothing_where_something_was_looked_for_or_solved(
    page: Page,
    site: str,
    asked: Ticket,
    open_ticket: Callable[..., Ticket],
    onboarding: Category,
    mira: User,
    ines: User,
    at: Any,
) -> None:
    solved, done = open_ticket("solved"), open_ticket("done")
    for ticket in (solved, done):
        taken = operations.take(ticket, by=mira, at=at)
        operations.resolve(taken, code="fixed", summary="Ok", by=mira, at=at, category=onboarding)
    operations.confirm(done, by=ines, at=at)
    found = (f"/requests/{ticket.number}/?colleague=tom" for ticket in (solved, done))
    for address in ("/?q=asked", "/requests/?q=nothing", *found):
        visit(page, f"{site}{address}")
        assert faults(page) == [], address


def test_a_request_is_written_kept_over_a_reload_and_filed(
    page: Page, site: str, onboarding: Category, ines: User
) -> None:
    visit(page, f"{site}/requests/new/?subject=New+colleague")
    page.get_by_label("New starter").check()
    page.get_by_label("First working day").fill("2026-12-01")
    page.get_by_label("Tell us more").fill("She starts on Tuesday.")
    page.set_input_files("#files", {"name": "contract.png", "mimeType": "image/png", "buffer": png()})
    expect(page.locator(".file input[name=attachments]")).to_be_attached()
    expect(page.locator("[data-draft-status]")).to_contain_text("draft saved")

    page.reload()
    expect(page.get_by_label("In a few words")).to_have_value("New colleague")
    expect(page.get_by_label("First working day")).to_have_value("2026-12-01")
    expect(page.locator(".file")).to_contain_text("contract.png")
    page.get_by_role("button", name="Send").last.dblclick()
    page.wait_for_url("**/requests/TD-*/")

    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.category, ticket.requester) == ("New colleague", onboarding, ines)
    assert [row.value for row in ticket.field_values.all()] == ["2026-12-01"]
    assert Attachment.objects.get().ticket == ticket

    visit(page, f"{site}/requests/new/")
    expect(page.get_by_label("In a few words")).to_have_value("")
    assert Draft.objects.count() == 0


def test_a_draft_is_found_on_another_machine(
    page: Page, new_page: Callable[..., Page], site: str, ines: User
) -> None:
    visit(page, f"{site}/requests/new/")
    with page.expect_response("**/drafts/"):
        page.get_by_label("In a few words").fill("VPN drops")

    other = new_page()
    enter(other, site, ines)
    visit(other, f"{site}/requests/new/")
    expect(other.get_by_label("In a few words")).to_have_value("VPN drops")
    other.get_by_role("button", name="Discard it").click()
    expect(other.get_by_label("In a few words")).to_have_value("")


def test_a_long_reply_survives_the_end_of_the_session(page: Page, site: str, ticket: Ticket) -> None:
    visit(page, f"{site}/requests/{ticket.number}/")
    page.get_by_label("Your message").fill("What I have tried so far: everything.")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.locator("#reply").get_by_role("button", name="Send").click()

    page.wait_for_url("**/accounts/login/**")
    expect(page.locator("#toasts")).to_contain_text("was not sent")
    page.fill("[name=login]", "ines@northwind.example")
    page.fill("[name=password]", "correct-horse-battery")
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"**/requests/{ticket.number}/")
    expect(page.get_by_label("Your message")).to_have_value("What I have tried so far: everything.")
    expect(page.locator(".draft-note")).to_contain_text("This was not sent")


def test_filing_works_without_javascript(
    new_page: Callable[..., Page], site: str, ines: User, tomasz: User, onboarding: Category
) -> None:
    page = new_page(java_script_enabled=False)
    enter(page, site, ines)
    page.goto(f"{site}/requests/new/")
    page.get_by_label("In a few words").fill("New colleague")
    page.locator("summary", has_text="For a colleague").click()
    page.get_by_label("Name of a colleague").fill("wilk")
    page.get_by_role("button", name="Find").click()
    page.get_by_label("Tomasz Wilk").check()
    page.get_by_label("New starter").check()
    page.set_input_files("#files", {"name": "contract.png", "mimeType": "image/png", "buffer": png()})
    page.get_by_role("button", name="Send").last.click()
    # Only now it is known which fields the category needs: the page asks, and has kept the rest.
    page.get_by_label("First working day").fill("2026-12-01")
    page.get_by_role("button", name="Send").last.click()
    page.wait_for_url("**/requests/TD-*/")

    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.requester, ticket.category) == ("New colleague", tomasz, onboarding)
    assert [file.name for file in ticket.attachments.all()] == ["contract.png"]
