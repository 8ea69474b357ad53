from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import User

PASSWORD = "correct-horse-battery"
Visit = Callable[..., Page]


@pytest.fixture
def visit(live_server: Any, new_page: Callable[..., Page]) -> Visit:
    """A browser of their own for each person, logged in through the login page."""

    def log_in(user: User, **options: Any) -> Page:
        page = new_page(base_url=live_server.url, **options)
        page.goto("/accounts/login/")
        page.locator("#id_login").fill(user.email)
        page.locator("#id_password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/accounts/" not in url)
        return page

    return log_in
