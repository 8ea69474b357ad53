"""The board, the wall and the morning page in a real browser: what axe says, what a lost connection shows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Organisation, Team, User
from escalation.models import Availability
from tests.conftest import person, seat
from tests.plugins.browser import enter, faults
from tickets import operations
from tickets.models import Ticket
from tickets.operations.caching import set_due

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SMALLEST = 32
"""Pixels of a screen 1920 wide: on 55 inches capitals of 14 mm, which are read from five metres."""
BOXES = """() => [...document.querySelectorAll('.wall-card, .wall-part, .wall-table tr, .wall-teams > div')]
  .map((each) => { const box = each.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })"""
SIZES = """() => [...document.querySelectorAll('main *')]
  .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
  .filter((each) => each.checkVisibility() && !each.closest('.vh'))
  .map((each) => [parseFloat(getComputedStyle(each).fontSize), each.textContent.trim()])"""


@pytest.fixture
def max_and_work(live_server: Any, new_page: Callable[..., Page]) -> tuple[Page, User]:
    """Max, logged in, and a desk with something over, something due in half an hour and three hours, and something of
    Sara, who is away."""
    cache.clear()
    desk = Team.objects.get(name="Service desk")
    ines = person("Ines Okafor", Organisation.objects.create(name="Northwind Care"))
    mira, sara = seat(person("Mira Kask"), desk), seat(person("Sara Amin"), desk)
    now = timezone.now()
    for subject, minutes in {
        "Over": -90,
        "In half an hour": 30,
        "In three hours": 180,
        "Of Sara": 2_000,
    }.items():
        ticket = operations.open_ticket(
            requester=ines, subject=subject, description="Since Friday.", by=ines, at=now - timedelta(days=1)
        )
        operations.take(ticket, by=sara if subject == "Of Sara" else mira, at=now - timedelta(hours=20))
        set_due(Ticket.objects.get(pk=ticket.pk), now + timedelta(minutes=minutes))
    Availability.objects.create(user=sara, is_away=True, away_until=now + timedelta(days=9))
    reader = person("Max Brandt", is_manager=True)
    page = new_page(base_url=live_server.url)
    enter(page, live_server.url, reader)
    return page, reader


@pytest.mark.usefixtures("looks")
def test_the_board_opens_the_list_behind_a_number(max_and_work: tuple[Page, User]) -> None:
    page, _max = max_and_work
    page.goto("/desk/board/")
    expect(page.locator("#board")).to_contain_text("Next to breach")
    assert faults(page) == []
    for card, subjects in {
        "Breached, open": ["Over"],
        "Breaching within 1 h": ["In half an hour"],
        "Breaching within 4 h": ["In half an hour", "In three hours"],
    }.items():
        page.goto("/desk/board/")
        page.locator("a.board-card", has_text=card).click()
        expect(page.locator("td.cell-main a")).to_have_text(subjects)


@pytest.mark.usefixtures("looks")
def test_a_board_without_a_connection_says_since_when_and_goes_on(max_and_work: tuple[Page, User]) -> None:
    page, _max = max_and_work
    page.goto("/desk/board/?wall=1")
    expect(page.locator("html.js")).to_be_attached()
    told, time = page.locator("[data-board-stale]"), page.locator("[data-board-time]")
    expect(told).to_be_empty()
    shown, before = time.inner_text(), page.evaluate(BOXES)
    page.context.set_offline(True)
    expect(told).to_contain_text(f"Not refreshed since {shown}")
    assert page.evaluate(BOXES) == before
    assert faults(page) == []
    page.set_viewport_size({"width": 1280, "height": 800})
    operations.open_ticket(
        requester=User.objects.get(name="Ines Okafor"),
        subject="One more",
        description="New.",
        by=None,
        at=timezone.now(),
    )
    page.context.set_offline(False)
    expect(told).to_be_empty()
    expect(page.locator(".wall-time")).to_contain_text("5 open tickets")
    assert page.evaluate(BOXES) == before


@pytest.mark.usefixtures("looks")
def test_a_wall_is_read_from_five_metres_and_has_no_controls(max_and_work: tuple[Page, User]) -> None:
    page, _max = max_and_work
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/desk/board/?wall=1")
    expect(page.locator(".wall-lines")).to_contain_text("In half an hour")
    assert page.locator("main :is(a, button, input, select)").count() == 0
    small = [text for size, text in page.evaluate(SIZES) if size < SMALLEST]
    assert small == []
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    assert faults(page) == []


@pytest.mark.usefixtures("looks")
def test_the_morning_and_the_day_of_a_team(max_and_work: tuple[Page, User]) -> None:
    page, _max = max_and_work
    page.goto("/insights/morning/")
    expect(page.locator("#absent")).to_contain_text("Sara Amin")
    assert faults(page) == []
    page.locator("#absent").get_by_role("link", name="Give to others").click()
    expect(page.get_by_role("heading", name="Who has what")).to_be_visible()
    page.goto("/insights/capacity/")
    assert faults(page) == []
    page.get_by_role("row", name="Service desk").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Service desk")
    assert faults(page) == []
