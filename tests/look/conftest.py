import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium or Chrome of this machine, or the one that Playwright brought."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, which Django would take for an asynchronous view.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        try:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error:
            pytest.skip("no browser: .venv/bin/playwright install chromium")
        yield browser
        browser.close()


@pytest.fixture
def styleguide(live_server: Any, settings: Any) -> str:
    if not (ROOT / "static/dist/desk.js").exists():
        pytest.skip("no assets: make assets")
    settings.DEBUG = True
    return f"{live_server.url}/styleguide/"


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1360, "height": 860})
    yield context
    context.close()
