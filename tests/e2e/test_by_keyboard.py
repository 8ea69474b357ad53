"""A technician's hour without the mouse: take next, reply with a ready-made text, note, hand over, accept, resolve. And
what the page tells a screen reader on the way; the palette; where one stands in a list; acts on many tickets.
"""

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Team, Tier, User
from tests.e2e.conftest import Visit
from tests.plugins.browser import faults, page_follows
from tickets import operations
from tickets.models import CannedReply, Category, Ticket, UndoTime

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def queue(open_ticket: Callable[..., Ticket], vpn: Category, sara: User, at: datetime) -> list[Ticket]:
    """Forty tickets of the service desk, more than a page; the third of them is Sara's."""
    tickets = [open_ticket(f"Ticket number {n:02}", category=vpn) for n in range(40)]
    operations.take(tickets[2], by=sara, at=at)
    return tickets


def keys(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def test_an_hour_without_the_mouse(
    visit: Visit, ticket: Ticket, mira: User, dario: User, network: Team, vpn: Category
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(category=vpn)
    Tier.objects.filter(level=2).update(writes_to_requesters=True)
    CannedReply.objects.create(name="Line checked", body="Your line is fine.", owner=None)
    UndoTime.objects.create(user=None, seconds=0)

    # Take next, from the list.
    l1 = visit(mira)
    l1.goto("/desk/queues/tier-1/")
    with page_follows(l1):
        keys(l1, "n")
    assert l1.url.endswith(f"/desk/tickets/{ticket.number}/")
    expect(l1.locator("#announce")).to_contain_text(ticket.subject)

    # What a screen reader is told of the page: landmarks, headings, and acts by role and name.
    main = l1.get_by_role("main")
    expect(main.get_by_role("navigation", name="In the list")).to_match_aria_snapshot(
        """
        - navigation "In the list":
          - link "Service desk"
          - link "New ticket"
          - text: 1 of 1
          - button "Ticket before" [disabled]
          - button "Next ticket" [disabled]
        """
    )
    expect(main.locator("header").first).to_match_aria_snapshot(
        f"""
        - heading "{ticket.subject}" [level=1]
        - link "Reply"
        - link "Note"
        - link "Hand over"
        - link "Wait…"
        - link "Resolve"
        - link "Assign"
        - group: More
        """
    )
    expect(main.get_by_role("region", name="Conversation").get_by_role("article").first).to_contain_text(
        "Ines"
    )
    tabs = main.get_by_role("tablist", name="What to write")
    expect(tabs.get_by_role("tab", name="Reply to Ines")).to_have_attribute("aria-selected", "true")
    expect(tabs.get_by_role("tab", name="Internal note")).to_have_attribute("aria-selected", "false")
    expect(main.get_by_role("textbox", name="Text")).to_be_visible()
    beside = main.get_by_role("complementary", name="About this ticket")
    for name in ("Promise", "Ladder", "Scripts", "People", "Fields", "Articles"):
        expect(beside.get_by_role("heading", name=name, exact=True, level=2)).to_be_visible()

    # Reply, with a text that is ready.
    keys(l1, "r")
    expect(l1.locator("#id_body")).to_be_focused()
    expect(l1.locator("#id_body")).to_have_attribute("data-equipped", "")
    l1.keyboard.type("/line")
    offers = l1.get_by_role("listbox")
    expect(offers.get_by_role("option", name="Line checked")).to_be_visible()
    keys(l1, "Enter")
    expect(l1.locator("#id_body")).to_have_value("Your line is fine.")
    with page_follows(l1):
        keys(l1, "Control+Enter")
    expect(l1.locator(".talk")).to_contain_text("Your line is fine.")

    # A note.
    keys(l1, "Escape", "i")
    l1.keyboard.type("It drops every twenty minutes: rekeying.")
    with page_follows(l1):
        keys(l1, "Control+Enter")
    expect(l1.locator(".talk .note")).to_contain_text("rekeying")

    # Hand over.
    keys(l1, "Escape", "h")
    dialog = l1.get_by_role("dialog", name="Hand over")
    expect(dialog.get_by_label("Summary")).to_be_visible()
    expect(dialog).to_match_aria_snapshot(
        """
        - dialog "Hand over":
          - heading "Hand over" [level=2]
          - button "Close"
          - combobox "To"
          - combobox "Reason"
          - textbox /Summary/
          - button "Hand over"
          - button "Cancel"
        """
    )
    dialog.get_by_label("Summary").focus()
    with page_follows(l1):
        keys(l1, "Control+Enter")
    expect(l1.locator(".toasts")).to_contain_text(f"{ticket.number} is handed to Network.")
    expect(l1.locator(".toasts")).to_have_attribute("role", "status")

    # The other tier: to what was handed over, open it, accept, resolve.
    l2 = visit(dario)
    l2.goto("/desk/")
    with page_follows(l2):
        keys(l2, "g", "h")
    keys(l2, "j")
    with page_follows(l2):
        keys(l2, "o")
    with page_follows(l2):
        keys(l2, "y")
    expect(l2.locator(".toasts")).to_contain_text(f"{ticket.number} is yours.")
    keys(l2, "e")
    dialog = l2.get_by_role("dialog")
    dialog.locator("textarea").first.focus()
    l2.keyboard.type("The rekey interval is eight hours now.")
    with page_follows(l2):
        keys(l2, "Control+Enter")
    expect(l2.locator("main header").first).to_contain_text("resolved")
    with page_follows(l2):
        keys(l2, "u")
    expect(l2.get_by_role("heading", level=1)).to_contain_text("Handed to us")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee) == ("resolved", dario)
    assert faults(l2) == []


def test_the_list_keeps_its_place(visit: Visit, mira: User, queue: list[Ticket]) -> None:
    page = visit(mira)
    page.goto("/desk/queues/tier-1/")
    page.evaluate("window.sameShell = true")
    keys(page, *["j"] * 12)
    current = page.locator('[data-row][aria-current="true"]')
    number = current.locator(".mono").inner_text()
    keys(page, "x", "j", "x", "k")
    scrolled = page.evaluate("scrollY")
    with page_follows(page):
        keys(page, "o")
    expect(page.locator("main .mono").first).to_have_text(number)
    assert page.url.endswith(f"/desk/tickets/{number}/")
    expect(page.locator("[data-place-n]")).to_have_text("12 of 30+")
    expect(page.locator("#main")).to_be_focused()

    # On to the next and the one before, and back by the browser: rows, ticks and scroll are as they were.
    with page_follows(page):
        keys(page, "J")
    expect(page.locator("[data-place-n]")).to_have_text("13 of 30+")
    with page_follows(page):
        page.go_back()
    assert page.url.endswith(f"/desk/tickets/{number}/")
    with page_follows(page):
        page.go_back()
    expect(current.locator(".mono")).to_have_text(number)
    expect(page.locator('input[name="ticket"]:checked')).to_have_count(2)
    expect(page.locator("[data-bulk-count]")).to_have_text("2")
    assert abs(page.evaluate("scrollY") - scrolled) <= 2
    with page_follows(page):
        page.go_forward()
    assert page.url.endswith(f"/desk/tickets/{number}/")
    with page_follows(page):
        keys(page, "J")
    with page_follows(page):
        keys(page, "u")
    expect(page.get_by_role("heading", level=1)).to_have_text("Service desk")
    expect(page.locator('[data-row][aria-current="true"] a')).to_be_focused()
    # None of it has loaded the shell anew.
    assert page.evaluate("window.sameShell") is True
    page.reload()
    expect(page.locator("[data-row]")).to_have_count(30)


def test_an_act_changes_only_what_it_is_about(visit: Visit, ticket: Ticket, mira: User, at: datetime) -> None:
    page = visit(mira)
    page.goto(f"/desk/tickets/{ticket.number}/")
    page.locator("#id_body").fill("Half a sentence")
    page.locator("h1").click()
    page.evaluate("document.querySelector('#composer').mark = document.querySelector('.talk').mark = 'same'")
    with page_follows(page):
        keys(page, "a")
    expect(page.locator(".toasts")).to_contain_text(f"{ticket.number} is yours.")
    expect(page.locator(".side")).to_contain_text("Mira Kask")
    assert page.evaluate("document.querySelector('.talk').mark") == "same"
    expect(page.locator("#id_body")).to_have_value("Half a sentence")
    length = page.evaluate("history.length")
    with page_follows(page):
        keys(page, "P")
        page.get_by_role("dialog").get_by_label("Priority").select_option("1")
        page.get_by_role("dialog").locator("textarea").fill("The fair opens.")
        keys(page, "Control+Enter")
    expect(page.locator("main header").first).to_contain_text("P1")
    assert page.evaluate("history.length") == length
    assert faults(page) == []


def test_the_palette_finds_and_acts(
    visit: Visit, queue: list[Ticket], mira: User, ines: User, dario: User
) -> None:
    page = visit(mira)
    page.goto("/desk/queues/mine/")
    keys(page, "Control+k")
    field = page.get_by_role("combobox", name="Find or do anything")
    expect(field).to_be_focused()
    options = page.get_by_role("listbox", name="What was found")
    expect(options.get_by_role("option", name="Take next")).to_be_visible()

    # A number opens its ticket.
    page.keyboard.type(queue[7].number)
    expect(options.get_by_role("option").first).to_contain_text(queue[7].number)
    expect(field).to_have_attribute("aria-activedescendant", "palette-0")
    assert faults(page) == []
    with page_follows(page):
        keys(page, "Enter")
    assert page.url.endswith(f"/desk/tickets/{queue[7].number}/")

    # An act of this ticket, by its words; then what one looked at last, when nothing is typed.
    keys(page, "Control+k")
    page.keyboard.type("take")
    options.get_by_role("option", name="Take", exact=False).first.wait_for()
    with page_follows(page):
        keys(page, "Enter")
    expect(page.locator(".toasts")).to_contain_text(f"{queue[7].number} is yours.")
    with page_follows(page):
        keys(page, "g", "m")
    keys(page, "Control+k")
    expect(options.get_by_role("group", name="Recently")).to_contain_text(queue[7].number)

    # People, pages, and a novel.
    page.keyboard.type("okafor")
    expect(options.get_by_role("group", name="People")).to_contain_text("Ines Okafor")
    field.fill("unassign")
    expect(options.get_by_role("group", name="Queues and views")).to_contain_text("Unassigned")
    field.fill("word " * 20_000)
    expect(page.locator("[data-palette-note]")).to_contain_text("Only the first 200 characters")
    field.fill("nothing has this")
    expect(page.locator("[data-palette-note]")).to_contain_text("Nothing found")
    keys(page, "Escape")
    expect(page.locator("#palette")).not_to_be_visible()


def test_many_at_once_with_a_look_before_and_a_way_back(
    visit: Visit, queue: list[Ticket], mira: User
) -> None:
    page = visit(mira)
    page.goto("/desk/queues/tier-1/?sort=oldest")
    keys(page, "j", "x", "j", "x", "j", "x")
    expect(page.locator("[data-bulk-count]")).to_have_text("3")
    keys(page, "a")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It will be done for 2 tickets. 1 will be refused:")
    expect(dialog).to_contain_text(f"Sara Amin has taken {queue[2].number} already.")
    assert faults(page) == []
    keys(page, "Enter")
    expect(dialog).to_contain_text("Take: done for 2 tickets.")
    assert Ticket.objects.filter(assignee=mira).count() == 2
    with page_follows(page):
        dialog.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator(".toasts")).to_contain_text("Undo: Take: done for 2 tickets.")
    assert Ticket.objects.filter(assignee=mira).count() == 0

    # All of the list, not only this page.
    page.goto("/desk/queues/tier-1/")
    keys(page, "*")
    page.get_by_role("button", name="All of this list").press("Enter")
    keys(page, "t")
    expect(dialog).to_contain_text("For 40 tickets.")
    dialog.locator("[name=names]").fill("monday")
    expect(dialog).to_contain_text("It will be done for 40 tickets.")
    with page_follows(page):
        keys(page, "Control+Enter")
    expect(page.locator(".toasts")).to_contain_text("Tag: done for 40 tickets.")
    with page_follows(page):
        page.locator(".toasts").get_by_role("button", name="Undo").press("Enter")
    assert not Ticket.objects.filter(taggings__tag__name="monday").exists()


def test_the_keys_of_a_page_are_shown_and_can_be_switched_off(
    visit: Visit, ticket: Ticket, mira: User
) -> None:
    page = visit(mira)
    page.goto(f"/desk/tickets/{ticket.number}/")
    keys(page, "?")
    dialog = page.get_by_role("dialog", name="Keys")
    for name in ("Hand over", "Reply", "Back to the list", "Take next", "Find or do anything"):
        expect(dialog.get_by_role("listitem").filter(has_text=name).first).to_be_visible()
    assert faults(page) == []
    dialog.get_by_role("link", name="All keys").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
    assert faults(page) == []
    page.get_by_role("button", name="Switch them off").press("Enter")
    expect(page.locator(".toasts")).to_contain_text("Keys of a single letter are off.")
    page.goto(f"/desk/tickets/{ticket.number}/")
    keys(page, "i")
    expect(page.locator("#id_body")).not_to_be_focused()
    keys(page, "Control+k")
    expect(page.get_by_role("combobox", name="Find or do anything")).to_be_focused()
