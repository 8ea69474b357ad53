"""An administrator makes a field that is shown for an answer and needed there; a requester sees it at once and files.

And the tree is dragged into another order, by the pointer and by keys, and a version is put back.
"""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.plugins.browser import faults
from tickets.models import Category, CustomField, Ticket
from tickets.settings.fields import create_field
from tickets.settings.operations import create_category
from tickets.settings.queries import tree

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Page]


def test_a_field_that_hangs_on_an_answer_is_asked_at_once(
    visit: Visit, ada: User, ines: User, at: datetime
) -> None:
    hardware = create_category(name="Hardware", is_common=True, by=ada, at=at)
    device = create_field(
        key="device", label="Device", type="choice", choices=["Laptop", "Phone"], by=ada, at=at
    )
    device.categories.set([hardware])

    settings = visit(ada)
    settings.goto("/settings/fields/new/")
    settings.get_by_label("Label", exact=True).fill("Asset number")
    settings.get_by_label("Required").select_option(label="when it is filed")
    chosen = settings.get_by_role("combobox", name=re.compile("Shown only when"))
    chosen.click()
    settings.get_by_role("option", name="Device: Laptop").click()
    settings.keyboard.press("Escape")
    settings.get_by_role("button", name="Save").last.click()
    expect(settings.get_by_role("link", name="Asset number")).to_be_visible()
    assert CustomField.objects.get(key="asset-number").shown_when == {"device": ["Laptop"]}

    portal = visit(ines)
    portal.goto("/requests/new/")
    portal.get_by_label("In a few words").fill("It does not start")
    expect(portal.get_by_role("combobox", name=re.compile("^Device( optional)?$"))).to_have_count(0)
    portal.get_by_text("Hardware").click()
    asked = portal.get_by_role("combobox", name=re.compile("^Device( optional)?$"))
    asked.select_option("Phone")
    expect(portal.get_by_label("Asset number")).to_have_count(0)
    asked.select_option("Laptop")
    portal.get_by_label("Asset number").fill("NW-77")
    assert faults(portal) == []
    # Another answer and back: what was typed elsewhere is still there.
    portal.get_by_label("Where?").fill("Leeds, floor 2")
    asked.select_option("Phone")
    expect(portal.get_by_label("Asset number")).to_have_count(0)
    expect(portal.get_by_label("Where?")).to_have_value("Leeds, floor 2")
    asked.select_option("Laptop")
    expect(portal.get_by_label("Asset number")).to_be_visible()
    portal.get_by_role("button", name="Send").last.click()
    expect(portal.get_by_text("This field is required.", exact=True)).to_be_visible()
    portal.get_by_label("Asset number").fill("NW-77")
    portal.get_by_role("button", name="Send").last.click()
    expect(portal).to_have_url(re.compile("/requests/TD-"))
    said = Ticket.objects.get().field_values.values_list("field__key", "value")
    assert dict(said) == {"device": "Laptop", "asset-number": "NW-77"}


def test_things_are_dragged_and_keyed_into_their_order(visit: Visit, ada: User, at: datetime) -> None:
    for name in ("Network", "Printers", "Mail"):
        create_category(name=name, by=ada, at=at)
    page = visit(ada)
    page.goto("/settings/categories/")
    handles = page.locator("[data-sort-handle]")
    start, target = (handles.nth(place).bounding_box() for place in (2, 0))
    assert start is not None
    assert target is not None
    page.mouse.move(start["x"] + 8, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(target["x"] + 36, target["y"] + 26, steps=6)
    page.mouse.up()
    expect(page.get_by_role("status").filter(has_text="place 1 of 1 below Network")).to_have_count(1)
    assert [row.full_name for row in tree()] == ["Network", "Network › Mail", "Printers"]

    page.get_by_role("button", name="Move Printers up").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move Printers up")).to_be_focused()
    expect(page.locator("#tree > li").first).to_contain_text("Printers")
    assert faults(page) == []

    page.goto(f"/settings/categories/{Category.objects.get(name='Mail').pk}/")
    assert faults(page) == []
    page.get_by_role("link", name="Form in the portal").click()
    expect(page.get_by_role("heading", name="Form in the portal")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Move Can you work? up").press("Enter")
    expect(page.locator("#order-said")).to_have_text("place 1 of 4")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Look at it").click()
    expect(opened.value.get_by_role("heading", name="On a phone")).to_be_visible()
    assert faults(opened.value) == []
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("It holds for what is filed from now on.")).to_be_visible()
    assert Category.objects.get(name="Mail").questions[0]["ask"] == "urgency"

    page.goto("/settings/statuses/")
    assert faults(page) == []
    page.locator("#id_colour_open").select_option("rose")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="Version 2")).to_be_visible()
    assert faults(page) == []
