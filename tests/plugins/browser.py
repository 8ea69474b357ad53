"""A real browser for tests marked `e2e`: `browser` and, for one visitor with a clean profile, `page`.

It is the system's Chromium or Chrome; where there is none the tests are skipped and say how to install one.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from helpdesk.local.places import BASE_DIR

if TYPE_CHECKING:  # scripts/screenshots.py starts its browser here too, without Django
    from accounts.models import User

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = "no Chromium or Chrome found; install one: apt-get install -y chromium"
NO_ASSETS = "no style sheets and scripts, or no axe-core to check pages with; build them: make assets"

AXE = BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
ASSETS = (BASE_DIR / "static" / "dist" / "desk.js", BASE_DIR / "static" / "dist" / "portal.js", AXE)
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1360), ("dark", 390))
"""Both looks and both sizes, in two steps: what one of them breaks shows in either."""
looked_in = itertools.cycle([LOOKS])
"""The looks of each call of `faults`; see the fixture `looks`."""
PATIENCE = 30_000
"""Milliseconds: a machine that is busy with other things is no reason to fail."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def executable() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def launch(playwright: Playwright) -> Browser:
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(
        executable_path=executable(), args=[*as_root, "--disable-dev-shm-usage"]
    )


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reasons = {NO_BROWSER: executable() is None, NO_ASSETS: not all(asset.exists() for asset in ASSETS)}
    missing = [reason for reason, is_so in reasons.items() if is_so]
    for item in items:
        if item.get_closest_marker("e2e") is None:
            continue
        # One process drives all browser tests: two browsers at once are slower than one after the other.
        item.add_marker(pytest.mark.xdist_group("e2e"))
        for reason in missing:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`new_page()` is a visitor of its own; options as for Playwright's `new_context`.

    A test fails when a page of its visitors had an error in its console: broken scripts, refused by the policy.
    """
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def visit(**options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(troubles, message))
        return page

    with Underway() as underway:
        yield visit
        for context in contexts:
            context.close()
        underway.wait()
    assert troubles == []


HARMLESS = ("Failed to load resource", "WebSocket connection to", "htmx:afterRequest", "htmx:sendError")
"""Answers like 404 and 409, a live process that is away, and requests that a reload cut off are logged as errors as
well; tests look at those on the page."""


class Underway:
    """Requests being answered: one of a closed page must not meet the tables that are emptied for the next test."""

    def __init__(self) -> None:
        self.count = 0
        self.changed = threading.Condition()

    def __enter__(self) -> Underway:
        request_started.connect(self._begun)
        request_finished.connect(self._ended)
        return self

    def __exit__(self, *_: object) -> None:
        request_started.disconnect(self._begun)
        request_finished.disconnect(self._ended)

    def wait(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.count <= 0, timeout=10)

    def _begun(self, **_: object) -> None:
        with self.changed:
            self.count += 1

    def _ended(self, **_: object) -> None:
        with self.changed:
            self.count -= 1
            self.changed.notify_all()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@pytest.fixture(
    params=[
        pytest.param([(look,) for look in LOOKS], id="one look"),
        pytest.param([LOOKS], id="each look", marks=pytest.mark.long),
    ]
)
def looks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a story that is told in `make test`: there `faults` looks in one look and size after the other.

    `make test-long` tells it again and looks in each, as it does at every page (tests/e2e/test_every_page.py).
    """
    monkeypatch.setattr(sys.modules[__name__], "looked_in", itertools.cycle(request.param))


def enter(page: Page, url: str, user: User) -> None:
    """Log this visitor in without the login page."""
    client = Client()
    client.force_login(user, backend="accounts.backend.AuthenticationBackend")
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


SHOWN = "performance.timeOrigin + ' ' + (document.documentElement.dataset.turn ?? '')"
"""Another once another page stands there, or what an act has changed of it (static/src/js/visit.js)."""


@contextmanager
def page_follows(page: Page) -> Iterator[None]:
    """What is done inside leads to a page: wait until it stands there, be it loaded or swapped in."""
    before = page.evaluate(SHOWN)
    yield
    page.wait_for_function(f"before => {SHOWN} !== before", arg=before)


def wait_until(page: Page, promised: str) -> None:
    """Until what a function of the page promises is true; `wait_for_function` takes a promise itself for true."""
    until = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(promised):
        assert time.monotonic() < until, f"not so within {PATIENCE} ms: {promised}"
        page.wait_for_timeout(300)


def goto_until(page: Page, url: str, words: str) -> None:
    """Go there again until it holds these words: a worker brings them."""
    until = time.monotonic() + PATIENCE / 1000
    page.goto(url)
    while words not in page.content():
        assert time.monotonic() < until, f"{url} does not say “{words}” within {PATIENCE} ms"
        page.wait_for_timeout(300)
        page.goto(url)


FIND_WITH_AXE = """async (options) => {
  const found = await axe.run(document, options);
  return found.violations.map((each) => `${each.id}: ${each.nodes[0].html.slice(0, 200)}`);
}"""
"""All that is right with the page would be told as well, and is most of it."""


def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is now, a line for each rule: its name and the first place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    wrong: list[str] = page.evaluate(FIND_WITH_AXE, {"runOnly": RULES, "resultTypes": ["violations"]})
    return wrong


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands and what is wider than the screen, in both looks and sizes.

    A test with the fixture `looks` asks for less.
    """
    found: list[str] = []
    before = page.viewport_size
    for scheme, width in next(looked_in):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 860})
        wrong = axe_violations(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append("wider than the screen")
        found += [f"{scheme} {width}: {each}" for each in wrong]
    page.emulate_media(color_scheme="null", reduced_motion="null")
    if before:
        page.set_viewport_size(before)
    return found


def _note(troubles: list[str], message: ConsoleMessage) -> None:
    if message.type == "error" and not any(harmless in message.text for harmless in HARMLESS):
        troubles.append(f"{message.location.get('url', '')}: {message.text}")
