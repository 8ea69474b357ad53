"""The page of the API in a browser: drawn under the strict policy, with nothing from elsewhere, and tried there."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from accounts.models import User
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_the_page_works_without_the_internet(new_page: Callable[..., Page], live_server: object) -> None:
    page = new_page(base_url=live_server.url)  # type: ignore[attr-defined]
    elsewhere: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((live_server.url, "data:", "blob:")):  # type: ignore[attr-defined]
            elsewhere.append(request.url)

    page.on("request", note)
    page.goto("/api/v1/docs/#/tickets/list_tickets")
    expect(page.get_by_text("List tickets", exact=True)).to_be_visible()
    expect(page.get_by_text("ranks at most 1,000 hits").first).to_be_visible()
    assert elsewhere == []


def test_it_is_tried_with_the_session_of_whoever_looks(visit: Visit, mira: User) -> None:
    page = visit(mira)
    page.goto("/api/v1/docs/#/me/me")
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table").get_by_text("Mira Kask").first).to_be_visible()
