"""Why promises were broken, said by a key; a month published and corrected; a report kept, printed and exported."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Organisation, User
from insights.models import BreachCause, PublishedMonth, SavedReport
from insights.operations.checking import catch_up
from tests.e2e.conftest import Visit
from tests.plugins.browser import faults
from tests.sla.conftest import promise
from tickets import operations
from tickets.models import Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def late(open_ticket: Any, mira: User) -> list[Ticket]:
    """Three of last month: two came too late."""
    promise(resolution=60)
    last_month = timezone.now().replace(day=1, hour=12) - timedelta(days=10)
    found = []
    for number, hours in enumerate((5, 4, 0.5)):
        at = last_month + timedelta(hours=number)
        ticket = operations.take(open_ticket(f"Printer {number}", at=at), by=mira, at=at)
        found.append(
            operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at + timedelta(hours=hours))
        )
    catch_up(at=timezone.now())
    return found


def look_at(page: Page) -> None:
    assert faults(page) == [], page.url


def test_a_cause_is_said_by_a_key(visit: Visit, late: list[Ticket], max_: User) -> None:
    page = visit(max_)
    page.goto("/insights/breaches/?period=90")
    expect(page.locator("tr[data-row]")).to_have_count(2)
    look_at(page)
    page.keyboard.press("j")
    page.keyboard.press("4")
    first = page.locator("tr[data-row]").first
    expect(first.get_by_role("status")).to_have_text("saved")
    expect(first.locator("select")).to_have_value("hard")
    page.keyboard.press("j")
    page.keyboard.press("0")
    second = page.locator("tr[data-row]").nth(1)
    expect(second.get_by_role("status")).to_have_text("saved")
    expect(second.locator("select")).to_have_value("other")
    assert sorted(BreachCause.objects.values_list("cause", flat=True)) == ["hard", "other"]
    # Both at once, from the bar that appears.
    page.get_by_label("Select all on this page").check()
    page.locator("#bulk_cause").select_option("vendor")
    look_at(page)
    page.get_by_role("button", name="Say why").click()
    expect(page.get_by_text("Saved for 2 broken promises.")).to_be_visible()
    assert set(BreachCause.objects.values_list("cause", flat=True)) == {"vendor"}
    page.locator("tr[data-row] a.subj").first.click()
    expect(page.get_by_role("heading", name="Resolution")).to_be_visible()
    look_at(page)
    page.get_by_label("Why it is not held against the desk").fill("Agreed by phone")
    page.get_by_role("button", name="Agree").click()
    expect(page.locator("main")).to_contain_text("Agreed by phone")
    page.goto(f"/desk/tickets/{late[0].number}/")
    expect(page.get_by_text("Why was it broken?")).to_be_visible()
    assert faults(page) == []


def test_a_month_is_published_and_corrected(
    visit: Visit, late: list[Ticket], max_: User, greta: User, ines: User, northwind: Organisation
) -> None:
    page = visit(max_)
    page.goto("/insights/months/")
    look_at(page)
    page.get_by_label("Whose").select_option(label=northwind.name)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Nothing has changed since it was published.")).to_be_visible()
    look_at(page)
    row = PublishedMonth.objects.get()
    operations.reply(late[2], text="It is back.", by=ines, at=timezone.now())
    catch_up(at=timezone.now())
    portal = visit(greta)
    portal.goto(f"/insights/months/{row.pk}/")
    corrections = portal.get_by_role("group", name="Corrections")
    expect(corrections).to_contain_text("Incident: Resolved")
    expect(corrections.get_by_role("link", name=late[2].number).first).to_be_visible()
    expect(portal.get_by_role("group", name="Figures")).to_contain_text("today: 2")
    look_at(portal)
    portal.emulate_media(media="print")
    expect(portal.get_by_role("navigation", name="Main")).to_be_hidden()
    portal.emulate_media(media="screen")


def test_a_report_is_kept_printed_and_exported(visit: Visit, late: list[Ticket], max_: User) -> None:
    page = visit(max_)
    page.goto("/insights/?period=90")
    page.get_by_role("link", name="Keep as a report").click()
    expect(page.get_by_label("Period")).to_have_value("90")
    look_at(page)
    page.get_by_label("Name").fill("Printers")
    page.get_by_label("Grouped by").select_option("team")
    page.get_by_label("What came and what left").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Printers")).to_be_visible()
    expect(page.get_by_role("group", name="By team")).to_contain_text("Service desk")
    look_at(page)
    assert SavedReport.objects.get().grouping == "team"
    page.evaluate("window.print = () => { window.printed = true }")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed")
    page.emulate_media(media="print")
    for gone in (page.get_by_role("navigation", name="Insights"), page.get_by_role("button", name="Print")):
        expect(gone).to_be_hidden()
    expect(page.get_by_role("group", name="By team")).to_be_visible()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Export").click()
    expect(page.get_by_role("heading", name="Export “Printers”")).to_be_visible()
    look_at(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename.startswith("printers-")
    for name in ("budget", "hand-offs", "rules", "articles"):
        page.goto(f"/insights/{name}/?period=90")
        look_at(page)
