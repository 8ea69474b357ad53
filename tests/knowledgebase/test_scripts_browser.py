"""Scripts in a real browser: half way by one, to the end by another; the editor; and what axe says of both."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organisation, Role, Team, User
from knowledgebase.models import Article, Run, RunOutcome
from tests.conftest import MONDAY, person, seat
from tests.knowledgebase.sops import WIFI, sop
from tests.plugins.browser import enter, faults
from tickets import operations
from tickets.models import Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(transactional_db: None) -> tuple[Ticket, Article, User, User]:
    """A ticket of Ines with Mira, a script by Lars, and Sara who comes later."""
    desk = Team.objects.get(name="Service desk")
    Team.objects.create(name="Network", tier_id=2, is_default=True)
    ines = person("Ines Okafor", Organisation.objects.create(name="Northwind Care"))
    mira, sara = seat(person("Mira Kask"), desk), seat(person("Sara Amin"), desk)
    lars = seat(person("Lars Holm"), desk, Role.LEAD)
    article = sop(WIFI, by=lars, at=MONDAY)
    ticket = operations.open_ticket(
        requester=ines, subject="No Wi-Fi", description="Since Friday.", by=ines, at=MONDAY
    )
    operations.take(ticket, by=mira, at=MONDAY)
    return ticket, article, mira, sara


def test_half_way_by_one_to_the_end_by_a_colleague_and_handed_over_prefilled(
    live_server: Any, new_page: Callable[..., Page], house: tuple[Ticket, Article, User, User]
) -> None:
    ticket, _article, mira, sara = house
    address = f"{live_server.url}/desk/tickets/{ticket.number}/"
    page = new_page()
    enter(page, live_server.url, mira)
    page.goto(address)
    panel = page.locator("#scripts")
    panel.get_by_role("button", name="Start").click()
    expect(panel).to_contain_text("Which device?")
    expect(panel.locator("h3")).to_be_focused()  # so it is read out, and the part is settled
    page.keyboard.press("1")
    expect(panel).to_contain_text("Is Wi-Fi on?")

    other = new_page()
    enter(other, live_server.url, sara)
    other.goto(address)
    panel = other.locator("#scripts")
    expect(panel).to_contain_text("Is Wi-Fi on?")
    other.wait_for_load_state("networkidle")
    other.keyboard.press("1")
    field = panel.get_by_label("The address it got")
    expect(field).to_be_focused()
    field.fill("none")
    field.press("Enter")
    expect(panel.locator(".form-errors")).to_be_focused()
    expect(panel).to_contain_text("This does not look right.")
    field.fill("169.254.3.1")
    field.press("Enter")
    expect(panel.locator("h3")).to_be_focused()
    panel.get_by_role("link", name="Hand over").press("Enter")
    dialog = other.locator("dialog[open]")
    expect(dialog.get_by_label("Summary for the team that gets it")).to_have_value("Wi-Fi does not come up.")
    expect(dialog.get_by_label("What was tried")).to_have_value("- Is Wi-Fi on?: Yes")
    dialog.get_by_role("button", name="Hand over").click()
    expect(other.locator(".toasts")).to_contain_text("is handed to Network.")
    expect(other.locator(".talk")).to_contain_text("The address it got: 169.254.3.1")
    assert Run.objects.get().outcome == RunOutcome.HANDED_OVER


@pytest.mark.long
def test_run_and_editor_have_no_faults_in_any_look(
    live_server: Any, new_page: Callable[..., Page], house: tuple[Ticket, Article, User, User]
) -> None:
    ticket, article, mira, _sara = house
    page = new_page()
    enter(page, live_server.url, mira)
    page.goto(f"{live_server.url}/desk/tickets/{ticket.number}/scripts/")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".run-step")).to_contain_text("Which device?")
    pages = {"run": page.url, "ticket": f"{live_server.url}/desk/tickets/{ticket.number}/"}
    for name in ("", "edit/", "text/", "try/", "suggestions/", "steps/device/", "steps/new/?kind=branch"):
        pages[name or "numbers"] = f"{live_server.url}/desk/sops/{article.pk}/{name}"
    found: dict[str, list[str]] = {}
    for name, address in pages.items():
        page.goto(address)
        if name == "ticket":
            expect(page.locator("#scripts")).to_contain_text("Which device?")
        if wrong := faults(page):
            found[name] = wrong
    assert found == {}
