"""The workspace in a real browser: keys, dialogs, a conflict, and what axe says."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organisation, Team
from escalation.operations import Wanted, create_checklist
from tests.conftest import MONDAY, person, seat
from tests.plugins.browser import enter, faults
from tickets import operations
from tickets.models import Category, CustomField, Ticket, rebuild_category_tree

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mira_works(live_server: Any, new_page: Callable[..., Page]) -> tuple[Page, Ticket]:
    """Mira, logged in, at a ticket of Ines."""
    desk = Team.objects.get(name="Service desk")
    Team.objects.create(name="Network", tier_id=2, is_default=True, takes="VPN and Wi-Fi")
    ines = person("Ines Okafor", Organisation.objects.create(name="Northwind Care"))
    mira = seat(person("Mira Kask"), desk)
    category = Category.objects.create(name="VPN")
    rebuild_category_tree()
    ticket = operations.open_ticket(
        requester=ines,
        subject="VPN drops",
        description="Since Friday.",
        category=category,
        by=ines,
        at=MONDAY,
    )
    operations.take(ticket, by=mira, at=MONDAY)
    page = new_page()
    enter(page, live_server.url, mira)
    page.goto(f"{live_server.url}/desk/tickets/{ticket.number}/")
    return page, ticket


def test_a_note_and_a_hand_over_by_keys_alone(mira_works: tuple[Page, Ticket]) -> None:
    page, ticket = mira_works
    page.keyboard.press("i")
    page.keyboard.type("Looks like the rekey bug.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".msg.note")).to_contain_text("Looks like the rekey bug.")
    expect(page.locator("#id_body")).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.get_by_label("To", exact=True).select_option(label="Network")
    expect(page.locator("dialog[open]")).to_contain_text("VPN and Wi-Fi")
    page.get_by_label("Reason").select_option("needs_expertise")
    page.get_by_label("Summary for the team that gets it").fill("Line and profile are fine.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toasts")).to_contain_text(f"{ticket.number} is handed to Network.")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(".talk")).to_contain_text("Line and profile are fine.")


def test_up_with_nothing_missing_takes_three_keys(
    mira_works: tuple[Page, Ticket], transactional_db: None
) -> None:
    page, ticket = mira_works
    page.keyboard.press("h")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("VPN and Wi-Fi")
    expect(dialog.get_by_label("Summary for the team that gets it")).to_have_value(
        "Ines Okafor wrote:\n> Since Friday."
    )
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toasts")).to_contain_text(f"{ticket.number} is handed to Network.")


def test_the_checklist_follows_the_chosen_team_without_a_reload(
    mira_works: tuple[Page, Ticket], transactional_db: None
) -> None:
    page, ticket = mira_works
    experts = Team.objects.create(name="Platform", tier_id=3, is_default=True)
    create_checklist(tier=experts.tier, items=[Wanted("The log is attached", True)], by=None, at=MONDAY)
    page.keyboard.press("h")
    dialog = page.locator("dialog[open]")
    expect(dialog).not_to_contain_text("The log is attached")
    page.get_by_label("What was tried").fill("Another client.")
    page.get_by_label("To", exact=True).select_option(label="Platform")
    expect(dialog).to_contain_text("L3 asks first")
    expect(page.get_by_label("What was tried")).to_have_value("Another client.")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_contain_text("L3 asks first: “The log is attached”.")
    expect(page.get_by_label("What was tried")).to_have_value("Another client.")
    page.get_by_label("The log is attached").check()
    page.get_by_role("button", name="Hand over").last.click()
    expect(page.locator(".toasts")).to_contain_text(f"{ticket.number} is handed to Platform.")


def test_a_conflict_keeps_what_was_written(mira_works: tuple[Page, Ticket], transactional_db: None) -> None:
    page, ticket = mira_works
    sara = seat(person("Sara Lind"), Team.objects.get(name="Service desk"))
    page.keyboard.press("r")
    page.keyboard.type("Please call us back.")
    operations.note(ticket, text="I am on the phone with her.", by=sara, at=MONDAY)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("has changed since you opened it")
    expect(page.get_by_label("What you wrote; it is not lost")).to_have_value("Please call us back.")
    page.get_by_role("button", name="Send anyway").click()
    expect(page.locator(".talk")).to_contain_text("Please call us back.")


def test_a_call_that_was_begun_survives_a_reload(
    live_server: Any, mira_works: tuple[Page, Ticket], transactional_db: None
) -> None:
    page, first = mira_works
    field = CustomField.objects.create(key="client", label="Client version", required="filing")
    assert first.category
    field.categories.add(first.category)
    page.goto(f"{live_server.url}/desk/new/")
    # Until the picker has loaded, a plain select bears the same role and name.
    typed = page.locator("input")
    page.get_by_role("combobox", name="Who", exact=True).and_(typed).fill("okafor")
    page.get_by_role("option", name="Ines Okafor").click()
    page.get_by_role("combobox", name="Category").and_(typed).fill("VPN")
    page.get_by_role("option", name="VPN").click()
    page.get_by_label("What is wrong, in one line").fill("VPN again")
    page.get_by_label("Client version").fill("5.1")
    expect(page.locator("[data-draft-status]")).to_contain_text("draft saved")

    page.reload()
    expect(page.locator(".draft-note")).to_be_visible()
    expect(page.locator("#person")).to_contain_text("Ines Okafor")
    expect(page.get_by_label("Client version")).to_have_value("5.1")
    page.get_by_role("button", name="Open the ticket").click()
    page.wait_for_url("**/desk/tickets/TD-*/")

    ticket = Ticket.objects.latest("pk")
    assert (ticket.requester, ticket.subject) == (first.requester, "VPN again")
    assert ticket.field_values.get().value == "5.1"


def test_a_picker_chooses_what_was_typed_and_leaves_the_next_field_alone(
    live_server: Any, mira_works: tuple[Page, Ticket], transactional_db: None
) -> None:
    page, _ = mira_works
    page.clock.install()
    page.goto(f"{live_server.url}/desk/new/")
    page.get_by_role("combobox", name="Category").and_(page.locator("input")).focus()
    # Faster than a list could be drawn anew after a pause.
    page.evaluate(TYPED_AT_ONCE, "VPN")
    expect(page.locator("#id_category option:checked")).to_have_text("VPN")
    page.get_by_label("What is wrong, in one line").focus()
    page.clock.run_for(2000)
    expect(page.get_by_label("What is wrong, in one line")).to_be_focused()


TYPED_AT_ONCE = """(words) => {
  const field = document.activeElement;
  field.value = words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 13, bubbles: true }));
}"""


def test_a_picker_offers_what_the_last_words_found_and_nothing_before_it_was_found(
    live_server: Any, mira_works: tuple[Page, Ticket], transactional_db: None
) -> None:
    page, _ = mira_works
    page.goto(f"{live_server.url}/desk/new/")
    who = page.get_by_role("combobox", name="Who", exact=True).and_(page.locator("input"))
    offers = page.locator("#id_requester-ts-dropdown [role=option]")
    who.fill("okafor")
    expect(offers).to_contain_text(["Ines Okafor"])
    page.route("**/people/find?*", lambda _: None)  # its answer never comes
    with page.expect_request("**/people/find?*"):
        who.fill("mira")
    expect(offers).to_have_count(0)
    who.press("Enter")
    expect(page.locator("#id_requester")).to_have_value("")
    page.unroute("**/people/find?*")
    who.fill("mira k")
    expect(offers).to_contain_text(["Mira Kask"])


@pytest.fixture
def begun(live_server: Any, mira_works: tuple[Page, Ticket], transactional_db: None) -> Page:
    """A call that was begun, with a field that the server brings for its category; its draft is kept."""
    page, ticket = mira_works
    field = CustomField.objects.create(key="client", label="Client version", required="filing")
    assert ticket.category
    field.categories.add(ticket.category)
    page.goto(f"{live_server.url}/desk/new/")
    page.get_by_role("combobox", name="Category").and_(page.locator("input")).fill("VPN")
    page.get_by_role("option", name="VPN").click()
    page.get_by_label("Client version").fill("5.1")
    page.wait_for_function(f"() => ({KEPT})?.includes('5.1')")
    return page


KEPT = """Object.entries(localStorage).find(([key]) => key.startsWith("tierdesk:draft:"))?.[1]"""
"""The draft as the browser holds it."""


def test_a_draft_outlives_a_second_reload_before_all_of_it_is_back(begun: Page) -> None:
    begun.route("**/desk/new/fields/", lambda _: None)  # its answer never comes
    begun.reload()
    expect(begun.locator(".draft-note")).to_be_visible()
    # Saved again while the field that the server brings is not there yet.
    begun.get_by_label("What is wrong, in one line").fill("VPN again")
    begun.wait_for_function(f"() => ({KEPT})?.includes('VPN again')")
    assert "5.1" in begun.evaluate(KEPT)
    begun.unroute("**/desk/new/fields/")
    begun.reload()
    expect(begun.get_by_label("Client version")).to_have_value("5.1")
    expect(begun.get_by_label("What is wrong, in one line")).to_have_value("VPN again")


def test_fields_whose_answer_is_lost_are_asked_for_again(begun: Page) -> None:
    begun.add_init_script("console.error = () => {}")  # where htmx tells of it
    begun.route("**/desk/new/fields/", lambda route: route.abort(), times=1)
    begun.reload()
    expect(begun.get_by_label("Client version")).to_have_value("5.1")


def test_what_is_corrected_in_a_restored_draft_stays_corrected(begun: Page) -> None:
    begun.reload()
    expect(begun.get_by_label("Client version")).to_have_value("5.1")
    begun.get_by_label("Client version").fill("6.0")
    with begun.expect_response("**/desk/new/fields/"):
        begun.get_by_label("Kind", exact=True).select_option("request")
    begun.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-settling, .htmx-swapping')")
    expect(begun.get_by_label("Client version")).to_have_value("6.0")


def test_discarded_is_what_the_server_sent_and_not_what_the_browser_filled_in(begun: Page) -> None:
    begun.reload()
    expect(begun.get_by_label("Client version")).to_have_value("5.1")
    begun.get_by_role("button", name="Discard it").click()
    expect(begun.locator("#id_category")).to_have_value("")
    begun.wait_for_function(f"() => !({KEPT})")


@pytest.mark.usefixtures("looks")
def test_axe_finds_nothing(live_server: Any, mira_works: tuple[Page, Ticket]) -> None:
    page, ticket = mira_works
    for address in (f"tickets/{ticket.number}/", "queues/tier-1/", "new/", "search/?q=vpn"):
        page.goto(f"{live_server.url}/desk/{address}")
        expect(page.locator("html.js")).to_be_attached()
        assert faults(page) == [], address
