"""A real browser for tests marked `e2e`: `browser` and, for one visitor with a clean profile, `page`.

It is the system's Chromium or Chrome; where there is none the tests are skipped and say how to install one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium or Chrome found; install one: apt-get install -y chromium"


def executable() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = executable() is None
    for item in items:
        if item.get_closest_marker("e2e") is None:
            continue
        # One process drives all browser tests: two browsers at once are slower than one after the other.
        item.add_marker(pytest.mark.xdist_group("e2e"))
        if missing:
            item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), args=[*as_root, "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`new_page()` is a visitor of its own; options as for Playwright's `new_context`.

    A test fails when a page of its visitors had an error in its console: broken scripts, refused by the policy.
    """
    troubles: list[str] = []
    contexts = []

    def visit(**options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(troubles, message))
        return page

    yield visit
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def _note(troubles: list[str], message: ConsoleMessage) -> None:
    # Answers like 404 and 409 are logged as errors as well; tests look at those on the page.
    if message.type == "error" and "Failed to load resource" not in message.text:
        troubles.append(f"{message.location.get('url', '')}: {message.text}")
