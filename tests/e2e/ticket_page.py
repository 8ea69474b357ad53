"""What people press on a ticket's page."""

from playwright.sync_api import Page, expect

from tests.plugins.browser import page_follows


def act(page: Page, name: str) -> None:
    """Open an act's dialog from the ticket page."""
    page.locator("main").get_by_role("link", name=name).first.click()
    expect(page.get_by_role("dialog").locator("form")).to_be_visible()


def send(page: Page, name: str) -> None:
    """Press the button of the dialog and wait for the page that follows."""
    with page_follows(page):
        page.get_by_role("dialog").get_by_role("button", name=name).click()


def hand_over(page: Page, team: str, summary: str) -> None:
    act(page, "Hand over")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("To", exact=True).select_option(label=team)
    dialog.get_by_label("Reason").select_option(label="needs more expertise")
    dialog.get_by_label("Summary").fill(summary)
    send(page, "Hand over")


def give_back(page: Page, reason: str, text: str) -> None:
    act(page, "Return")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").select_option(label=reason)
    dialog.locator("textarea").fill(text)
    send(page, "Return")


def press(page: Page, name: str) -> None:
    with page_follows(page):
        page.locator("main").get_by_role("button", name=name).first.click()


def resolve(page: Page, text: str, category: int) -> None:
    act(page, "Resolve")
    dialog = page.get_by_role("dialog")
    dialog.locator("textarea").first.fill(text)
    dialog.locator("select[name=code]").select_option("fixed")
    dialog.locator("select[name=category]").evaluate(
        "(select, value) => (select.tomselect ? select.tomselect.setValue(value) : (select.value = value))",
        str(category),
    )
    send(page, "Resolve")
