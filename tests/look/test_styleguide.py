"""Every component in a real browser: accessible in both themes, and usable by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.plugins.browser import axe_violations

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("layout", "theme", "width"),
    [
        ("desk", "light", 1360),
        ("portal", "dark", 390),
        pytest.param("desk", "dark", 390, marks=pytest.mark.long),
        pytest.param("portal", "light", 1360, marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing(
    new_page: Callable[..., Page], styleguide: str, layout: str, theme: str, width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 860})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": styleguide}])
    page.goto(f"{styleguide}?layout={layout}")
    expect(page.locator("html.js")).to_be_attached()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def page(new_page: Callable[..., Page], styleguide: str) -> Page:
    page = new_page(viewport={"width": 1360, "height": 860})
    page.goto(styleguide)
    expect(page.locator("html.js")).to_be_attached()
    page.evaluate("document.activeElement.blur()")
    return page


def test_rows_are_walked_and_ticked_by_keys_which_are_letters_while_somebody_types(page: Page) -> None:
    for key in "jjx":
        page.keyboard.press(key)
    expect(page.locator("[data-row][aria-current]")).to_have_attribute("data-href", "?row=2")
    expect(page.locator("[data-bulk-bar]")).to_be_visible()
    expect(page.locator("[data-bulk-count]")).to_have_text("1")

    page.keyboard.press("i")
    page.keyboard.type("j k c ?")
    expect(page.locator("#id_body")).to_have_value("j k c ?")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_draft_comes_back_as_the_note_it_was_and_once_discarded_is_gone(page: Page) -> None:
    page.keyboard.press("i")
    page.keyboard.type("only for us")
    expect(page.locator("[data-draft-status]")).to_contain_text("draft saved")
    page.reload()
    expect(page.locator("#id_body")).to_have_value("only for us")
    expect(page.locator("#id_kind")).to_have_value("note")
    expect(page.locator("#tab-note")).to_have_attribute("aria-selected", "true")

    page.locator("#composer .draft-note button").click()
    expect(page.locator("#id_body")).to_have_value("")
    page.reload()
    expect(page.locator("#id_body")).to_have_value("")


def test_a_pasted_screenshot_is_uploaded_and_stands_in_the_text(page: Page) -> None:
    answer = {"id": "7", "name": "shot.png", "size": 2, "url": "/files/7/"}
    page.route(
        lambda _: True,
        lambda route: (
            route.fulfill(status=201, json=answer)
            if route.request.resource_type == "xhr" and route.request.method == "POST"
            else route.continue_()
        ),
    )
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array([1, 2])], "shot.png", { type: "image/png" }));
          const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          document.getElementById("id_body").dispatchEvent(paste);
        }"""
    )
    expect(page.locator("#id_body")).to_have_value("![shot.png](/files/7/)\n")
    expect(page.locator("#composer input[name=attachments]")).to_have_value("7")


def test_a_form_is_sent_once(page: Page) -> None:
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.route("**/styleguide/?", lambda route: route.fulfill(status=204))
    page.evaluate(
        "() => { const f = document.querySelector('#composer'); f.requestSubmit(); f.requestSubmit(); }"
    )
    page.wait_for_timeout(300)
    assert len(posts) == 1


def test_the_theme_is_kept_and_drawn_by_the_server(page: Page) -> None:
    page.goto(page.url + "?layout=portal")
    page.locator("[data-theme-set=dark]").first.click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "theme"] == ["dark"]
