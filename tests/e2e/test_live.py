"""Several browsers at one desk, with a real live process: what one does the others see, where they stand."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Team, User
from escalation import operations as escalation
from helpdesk.local.redis import Redis
from tests.plugins.browser import faults
from tests.plugins.live import Live
from tickets import operations
from tickets.models import Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Page]
SOON = 2_000
"""Milliseconds in which others see what one does."""


@pytest.mark.usefixtures("looks")
def test_two_at_one_ticket_see_each_other_and_what_the_other_does(
    live: Live, visit: Visit, mira: User, sara: User, ines: User, ticket: Ticket
) -> None:
    first, second, asked = visit(mira), visit(sara), visit(ines)
    for page in (first, second):
        page.goto(f"/desk/tickets/{ticket.number}/")
    asked.goto(f"/requests/{ticket.number}/")
    expect(first.get_by_text("Sara Amin is looking")).to_be_visible()
    second.locator("#composer textarea").press_sequentially("I have an idea, ")
    expect(first.get_by_text("Sara Amin is writing", exact=True)).to_be_visible()
    expect(first.get_by_text("Sara Amin is writing here too")).to_be_visible()

    second.locator("#composer textarea").evaluate("field => field.setSelectionRange(3, 3)")
    stands = second.locator("#composer textarea").bounding_box()
    operations.reply(ticket, text="Restart the client.", by=mira, at=timezone.now())
    for page in (first, second, asked):
        expect(page.get_by_text("Restart the client.")).to_be_visible(timeout=SOON)
    expect(second.get_by_text("While you were writing: 1 new message")).to_be_visible()
    field = second.locator("#composer textarea")
    expect(field).to_be_focused()
    expect(field).to_have_value("I have an idea, ")
    assert field.evaluate("field => field.selectionStart") == 3
    now = field.bounding_box()
    assert (stands, now) != (None, None)
    assert abs(stands["y"] - now["y"]) < 2  # type: ignore[index]
    assert faults(first) == []
    # A requester is told of answers, not of who sits at the desk.
    assert "Sara" not in asked.locator("main").inner_text()
    second.close()
    expect(first.get_by_text("Sara Amin")).to_have_count(0)


@pytest.mark.long
def test_a_queue_follows_without_moving_what_is_read(
    live: Live,
    visit: Visit,
    mira: User,
    sara: User,
    lars: User,
    network: Team,
    open_ticket: Callable[..., Ticket],
    later: Callable[..., datetime],
) -> None:
    tickets = [open_ticket(f"Printer {n}", at=later(minutes=n)) for n in range(4)]
    board = visit(lars)
    board.goto("/desk/board/")
    page = visit(mira)
    page.goto("/desk/queues/my-teams/")
    chosen = page.locator(f'tr[data-ticket="{tickets[2].pk}"] input')
    chosen.check()
    page.keyboard.press("j")
    place = page.locator(f'tr[data-ticket="{tickets[3].pk}"]')
    before = place.bounding_box()

    # One is changed, one leaves, one comes, somebody looks at one.
    operations.take(tickets[2], by=sara, at=timezone.now())
    escalation.hand_over(
        tickets[1], team=network, reason="needs_expertise", summary="Try it.", by=sara, at=timezone.now()
    )
    expect(page.locator(f'tr[data-ticket="{tickets[2].pk}"]')).to_contain_text("Sara Amin", timeout=SOON)
    expect(page.locator(f'tr[data-ticket="{tickets[1].pk}"]')).to_contain_text(
        "now with Network", timeout=SOON
    )
    expect(chosen).to_be_checked()
    assert page.locator('[data-row][aria-current="true"]').count() == 1
    # The board asks by itself every fifteen seconds; it was told.
    expect(board.locator("#open")).to_have_text("3 open tickets", timeout=2 * SOON)
    added = open_ticket("Scanner", at=timezone.now())
    expect(page.get_by_text("1 new ticket · 1 has left this list")).to_be_visible(timeout=SOON)
    expect(page.locator("#count-my-teams")).to_have_text("4")
    assert page.locator(f'tr[data-ticket="{added.pk}"]').count() == 0
    chosen.uncheck()
    assert faults(page) == []
    chosen.check()
    other = visit(sara)
    other.goto(f"/desk/tickets/{tickets[3].number}/")
    expect(place.get_by_text("Sara Amin")).to_be_attached(timeout=SOON)
    now = place.bounding_box()
    # Not even the line that says what is new has moved it.
    assert (before, now) != (None, None)
    assert abs(now["y"] - before["y"]) < 2  # type: ignore[index]

    page.keyboard.press(".")
    expect(page.locator(f'tr[data-ticket="{added.pk}"]')).to_be_visible()
    expect(page.locator(f'tr[data-ticket="{tickets[1].pk}"]')).to_have_count(0)
    expect(chosen).to_be_checked()


@pytest.mark.long
def test_five_at_one_ticket_lose_the_live_process_and_then_redis(
    own_live: Live,
    own_redis: Redis,
    visit: Visit,
    mira: User,
    sara: User,
    lars: User,
    ada: User,
    max_: User,
    ticket: Ticket,
) -> None:
    """Killed and started again, all come back by themselves; nothing is lost, and nothing stands there twice."""
    pages = [visit(person) for person in (mira, sara, lars, ada, max_)]
    for page in pages:
        page.goto(f"/desk/tickets/{ticket.number}/")
    for page in pages:
        expect(page.locator(".presence-one")).to_have_count(4)
    pages[1].locator("#composer textarea").fill("Half a sentence")

    own_live.kill()
    operations.reply(ticket, text="While nobody was told.", by=mira, at=timezone.now())
    for page in pages:
        expect(page.get_by_text("No live updates since")).to_be_visible()
    assert faults(pages[0]) == []
    own_live.start()
    for page in pages:
        expect(page.get_by_text("While nobody was told.")).to_have_count(1)
        expect(page.get_by_text("No live updates since")).to_have_count(0)
    operations.reply(ticket, text="And once more.", by=mira, at=timezone.now())
    for page in pages:
        expect(page.get_by_text("And once more.")).to_be_visible()

    with own_redis.away():
        operations.reply(ticket, text="Redis was away.", by=mira, at=timezone.now())
    for page in pages:
        expect(page.get_by_text("Redis was away.")).to_have_count(1)
    for page in pages:
        expect(page.locator(".presence-one")).to_have_count(4)
    for text in ("While nobody was told.", "And once more.", "Redis was away."):
        for page in pages:
            expect(page.get_by_text(text)).to_have_count(1)
    expect(pages[1].locator("#composer textarea")).to_have_value("Half a sentence")
