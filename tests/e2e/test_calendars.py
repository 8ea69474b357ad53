"""A calendar set up in a browser with the keyboard, and its pages seen in both looks and sizes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from sla.models import Calendar
from tests.plugins.browser import faults

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_a_calendar_is_typed_looked_at_and_saved(visit: Callable[..., Page], ada: User) -> None:
    page = visit(ada)
    page.goto("/settings/calendars/new/")
    page.get_by_label("Name").fill("Munich")
    page.get_by_label("Monday").fill("08:00-12:00, 13:00-17:30")
    page.keyboard.press("Tab")
    page.keyboard.type("22:00-06:00")
    page.locator("#id_country-ts-control").click()
    page.keyboard.type("Germany")
    expect(page.locator("#id_country-ts-dropdown [role=option]")).to_have_text(["Germany"])
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.get_by_label("Part of the country").select_option("BY")
    page.get_by_label("Own days").fill("2027-12-24 09:00-12:00 Christmas Eve")
    page.get_by_role("button", name="See what it changes").click()
    expect(page.get_by_text("What saving changes")).to_be_visible()
    expect(page.get_by_label("Tuesday")).to_have_value("22:00-06:00")
    expect(page.get_by_label("Part of the country")).to_have_value("BY")
    page.get_by_text("The next 60 days, day by day").click()
    assert faults(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Munich is added.")).to_be_visible()
    made = Calendar.objects.get(name="Munich")
    for address in ("", f"{made.pk}/", f"{made.pk}/days/", f"{made.pk}/versions/"):
        page.goto(f"/settings/calendars/{address}")
        assert faults(page) == []
