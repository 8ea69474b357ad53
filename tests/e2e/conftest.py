from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import User
from tests.plugins.browser import enter

PASSWORD = "correct-horse-battery"
Visit = Callable[..., Page]


@pytest.fixture
def visit(live_server: Any, new_page: Callable[..., Page]) -> Visit:
    """A browser of their own for each person, logged in already."""

    def comes_in(user: User, **options: Any) -> Page:
        page = new_page(base_url=live_server.url, **options)
        enter(page, live_server.url, user)
        return page

    return comes_in


def log_in(page: Page, user: User) -> None:
    """Through the login page, to which this page has been led."""
    page.wait_for_url("**/accounts/login/**")
    page.locator("#id_login").fill(user.email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
