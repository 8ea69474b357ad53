"""Charts in a browser: drawn, walked by keys, shown as tables, in both looks and sizes, also without scripts."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Team, User
from escalation import operations as escalation
from insights.models import TicketFact
from insights.operations import checking
from tests.e2e.conftest import PASSWORD, Visit
from tests.plugins.browser import faults
from tests.sla.conftest import promise
from tickets import operations
from tickets.models import Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

PAGES = ("/insights/", "/insights/times/", "/insights/tiers/", "/insights/promises/")


@pytest.fixture
def record(
    open_ticket: Callable[..., Ticket], mira: User, dario: User, max_: User, network: Team
) -> datetime:
    """Forty tickets of the last four weeks, some of them handed up, some late, some open."""
    promise(first_response=60, resolution=480, accept=60)
    chance, now = random.Random(4), timezone.now()
    for number in range(40):
        at = now - timedelta(days=chance.randint(1, 27), hours=chance.randint(0, 9))
        kind = "request" if number % 3 == 0 else "incident"
        ticket = open_ticket(f"Ticket {number}", kind=kind, at=at)
        ticket = operations.take(ticket, by=mira, at=at + timedelta(minutes=chance.randint(5, 90)))
        if number % 4 == 0:
            at += timedelta(hours=2)
            escalation.hand_over(ticket, team=network, reason="needs_access", summary="x", by=mira, at=at)
            ticket = Ticket.objects.get(pk=ticket.pk)
            if number % 8 == 0:
                at += timedelta(minutes=9)
                escalation.return_(ticket, reason="wrong_team", text="x", by=dario, at=at)
            else:
                escalation.accept(ticket, by=dario, at=at + timedelta(minutes=30))
            ticket = Ticket.objects.get(pk=ticket.pk)
        if number % 10:
            at += timedelta(hours=chance.randint(2, 12))
            operations.resolve(ticket, code="fixed", summary="x", by=max_, at=min(at, now))
    checking.catch_up(at=now)
    return now


@pytest.mark.usefixtures("record")
def test_every_page_draws_its_charts_and_axe_finds_nothing(visit: Visit, max_: User) -> None:
    page = visit(max_)
    for where in PAGES:
        page.goto(where)
        charts = page.locator("[data-chart]")
        expect(charts.first).to_be_visible()
        for number in range(charts.count()):
            expect(charts.nth(number).locator("svg path").first).to_be_attached()
        assert faults(page) == [], where


@pytest.mark.usefixtures("record")
def test_a_chart_is_walked_by_keys_and_opens_its_tickets(visit: Visit, max_: User) -> None:
    page = visit(max_)
    page.goto("/insights/")
    chart = page.locator("[data-chart]", has=page.locator("#came-title"))
    canvas, says = chart.locator("[data-chart-canvas]"), chart.locator("[data-chart-says]")
    expect(canvas).to_have_attribute("data-drawn", "yes")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    first = says.inner_text()
    assert first.startswith("opened · ")
    page.keyboard.press("ArrowRight")
    assert says.inner_text() != first
    page.keyboard.press("ArrowDown")
    expect(says).to_contain_text("resolved · ")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    assert says.inner_text() == first
    busy = next(n for n, value in enumerate(_values(page, "came", "opened")) if value)
    for _step in range(busy):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/insights/tickets/?*of=opened*")
    expect(page.locator("[data-row]").first).to_be_visible()


@pytest.mark.usefixtures("record")
def test_a_chart_is_shown_as_a_table_and_nothing_moves_when_it_is_drawn(visit: Visit, max_: User) -> None:
    page = visit(max_)
    page.goto("/insights/")
    chart = page.locator("[data-chart]", has=page.locator("#came-title"))
    expect(chart.locator("[data-chart-canvas]")).to_have_attribute("data-drawn", "yes")
    assert page.evaluate(_SHIFT) < 0.01
    button = chart.get_by_role("button", name="As a table")
    expect(chart.locator("table")).to_be_hidden()
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(chart.locator("table")).to_be_visible()
    drawn = _values(page, "came", "opened")
    cells = chart.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert [int(cell) for cell in cells] == drawn


@pytest.mark.usefixtures("record")
def test_a_chart_takes_the_colours_of_the_theme(visit: Visit, max_: User) -> None:
    page = visit(max_, color_scheme="light")
    page.goto("/insights/")
    axis = page.locator("#came-title").locator("xpath=ancestor::figure").locator("svg text").first
    before = axis.get_attribute("fill")
    page.emulate_media(color_scheme="dark")
    expect(axis).not_to_have_attribute("fill", before or "")


def test_without_scripts_there_are_the_tables(
    record: datetime, new_page: Callable[..., Page], live_server: Any, max_: User
) -> None:
    assert TicketFact.objects.exists()
    page = new_page(base_url=live_server.url, java_script_enabled=False)
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(max_.email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.goto("/insights/")
    chart = page.locator("[data-chart]", has=page.locator("#came-title"))
    expect(chart.locator("table")).to_be_visible()
    expect(chart.locator("[data-chart-canvas]")).to_be_hidden()


_SHIFT = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 100);
})"""


def _values(page: Page, key: str, name: str) -> list[int]:
    """What a chart draws."""
    data = page.locator(f"#{key}-title").locator("xpath=ancestor::figure").locator("script").inner_text()
    found: list[int] = page.evaluate(
        "([data, name]) => JSON.parse(data).series.find((one) => one.name === name).values", [data, name]
    )
    return found
