"""The page of the API in a browser: drawn under the strict policy, with nothing from elsewhere, and tried there."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from accounts.models import Desk, User
from tests.e2e.conftest import Visit
from tests.plugins.browser import faults

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_the_page_works_without_the_internet(new_page: Callable[..., Page], live_server: object) -> None:
    page = new_page(base_url=live_server.url)  # type: ignore[attr-defined]
    elsewhere: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((live_server.url, "data:", "blob:")):  # type: ignore[attr-defined]
            elsewhere.append(request.url)

    page.on("request", note)
    page.goto("/api/v1/docs/")
    page.locator("#operations-tag-tickets").click()
    page.get_by_text("List tickets", exact=True).click()
    expect(page.get_by_text("ranks at most 1,000 hits").first).to_be_visible()
    assert elsewhere == []


def test_it_is_tried_with_the_session_of_whoever_looks(visit: Visit, mira: User) -> None:
    page = visit(mira)
    page.goto("/api/v1/docs/#/me/me")
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table").get_by_text("Mira Kask").first).to_be_visible()


def test_a_token_is_made_on_a_phone(visit: Visit, mira: User) -> None:
    page = visit(mira, viewport={"width": 390, "height": 800}, color_scheme="dark")
    page.goto("/profile/tokens/")
    page.get_by_label("What it is for").fill("Zabbix")
    page.get_by_label("tickets:read", exact=True).check()
    assert faults(page) == []
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_label("Token", exact=True)).to_have_value(re.compile(r"td_\d+_.{43}"))
    assert faults(page) == []
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Revoke").first.click()
    assert faults(page) == []


def test_a_program_gets_an_account(visit: Visit, ada: User) -> None:
    Desk.objects.update(is_set_up=True)
    page = visit(ada)
    page.goto("/settings/services/")
    page.get_by_label("Name").fill("Zabbix")
    assert faults(page) == []
    page.get_by_role("button", name="Add a program").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zabbix")
    assert faults(page) == []
