"""One ticket's whole life in a real browser: six people, four tiers, one history."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from delivery.models import Mail, Piece
from delivery.operations import claim, deliver
from tests.e2e.conftest import log_in
from tests.e2e.ticket_page import give_back, hand_over, press, resolve
from tests.plugins.browser import enter, page_follows
from tickets.models import Category, Event, Ticket

pytestmark = pytest.mark.e2e


@pytest.fixture(
    params=[
        pytest.param("", id="done here"),
        pytest.param("worker", id="by a worker", marks=pytest.mark.long),
    ]
)
def work_off(request: pytest.FixtureRequest) -> Callable[[], None]:
    """`work_off()`: what is to be done beside the pages is done at once, or a real worker is at it all the time."""
    if request.param:
        request.getfixturevalue(request.param)
        return lambda: None
    return do_all


def do_all() -> None:
    while batch := claim(limit=500, worker="test", at=timezone.now()):
        for delivery in batch:
            assert deliver(delivery, at=timezone.now())


def test_a_request_climbs_from_the_portal_to_the_vendor_and_comes_back_answered(
    live_server: Any,
    new_page: Callable[..., Page],
    work_off: Callable[[], None],
    ines: User,
    mira: User,
    dario: User,
    yuki: User,
    vera: User,
    max_: User,
    vpn: Category,
) -> None:
    # Ines logs in and files it in the portal.
    portal = new_page(base_url=live_server.url)
    portal.goto("/requests/new/")
    log_in(portal, ines)
    portal.wait_for_url("**/requests/new/")
    portal.locator("#id_subject").fill("VPN drops every 20 minutes")
    portal.locator("#id_description").fill("Since Friday, **from home** only.")
    portal.locator(".form-actions").get_by_role("button", name="Send").click()
    portal.wait_for_url("**/requests/TD-*/")
    ticket = Ticket.objects.get()
    address = f"/desk/tickets/{ticket.number}/"
    expect(portal.get_by_role("heading", level=1)).to_have_text("VPN drops every 20 minutes")

    # At the desk one after the other sits down at the same browser.
    page = new_page(base_url=live_server.url)

    def sits_down(user: User) -> Page:
        page.context.clear_cookies()
        enter(page, live_server.url, user)
        return page

    # Mira (L1) takes it from the queue, answers, and hands it to L2.
    l1 = sits_down(mira)
    l1.goto("/desk/queues/tier-1/")
    with page_follows(l1):
        l1.get_by_role("link", name="VPN drops every 20 minutes").click()
    press(l1, "Take")
    l1.locator("#id_body").fill("I have checked your line and profile, both are fine.")
    with page_follows(l1):
        l1.locator("#composer button[type=submit].primary").click()
    expect(l1.locator(".talk")).to_contain_text("both are fine")
    hand_over(l1, "Network", "Profile and line are fine, drops every 20 min.")

    # Dario (L2) returns it: something is missing. Ines never reads why.
    l2 = sits_down(dario)
    l2.goto("/desk/queues/handed/")
    with page_follows(l2):
        l2.get_by_role("link", name="VPN drops every 20 minutes").click()
    give_back(l2, "information missing", "The client log is not in the hand-off.")
    portal.reload()
    expect(portal.locator("main")).to_contain_text("both are fine")
    expect(portal.locator("main")).not_to_contain_text("client log")

    # Mira completes it; Dario accepts and passes it up to L3.
    l1 = sits_down(mira)
    l1.goto(address)
    expect(l1.locator("main")).to_contain_text("information missing")
    hand_over(l1, "Network", "Client log attached: rekey fails.")
    l2 = sits_down(dario)
    l2.goto(address)
    press(l2, "Accept")
    hand_over(l2, "Platform", "The gateway drops the rekey.")

    # Yuki (L3) asks the vendor, whose guest sees this ticket only, and only what is shared.
    l3 = sits_down(yuki)
    l3.goto(address)
    press(l3, "Accept")
    hand_over(l3, "Kestrel support", "Is there a fix for the rekey bug in 5.1?")
    guest = sits_down(vera)
    guest.goto(address)
    expect(guest.locator("main")).to_contain_text("rekey bug in 5.1")
    expect(guest.locator("main")).not_to_contain_text("both are fine")
    give_back(guest, "could have been solved below", "Set rekey to 8 hours; patch 5.1.3 mends it.")

    # Yuki resolves it, with the category confirmed.
    l3 = sits_down(yuki)
    l3.goto(address)
    expect(l3.locator("main")).to_contain_text("patch 5.1.3")
    resolve(l3, "The gateway is patched. It stays connected now.", vpn.pk)

    # Ines confirms and rates.
    portal.reload()
    expect(portal.locator("main")).to_contain_text("It stays connected now.")
    portal.get_by_role("button", name="5 very well").click()

    # Max (manager) reads the whole story.
    board = sits_down(max_)
    board.goto(address)
    for words in ("Network", "Platform", "Kestrel support", "information missing", "2 bounces"):
        expect(board.locator("main")).to_contain_text(words)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.rating, ticket.contact) == ("closed", 5, mira)
    assert ticket.path == [1, 2, 1, 2, 3, 4, 3]
    assert [event.kind for event in Event.objects.filter(ticket=ticket)] == [
        "ticket.opened",
        "ticket.taken",
        "ticket.replied",
        "escalation.handed_over",
        "escalation.returned",
        "escalation.handed_over",
        "escalation.ping_pong",
        "escalation.accepted",
        "escalation.handed_over",
        "escalation.accepted",
        "escalation.handed_over",
        "escalation.returned",
        "ticket.resolved",
        "ticket.confirmed",
        "ticket.rated",
    ]
    work_off()
    # She was told of receipt, answer and resolution, by mail; what follows an answer within a minute waits.
    mails = Mail.objects.filter(person=ines, about_ticket=ticket.pk).values_list("text", flat=True)
    waiting = Piece.objects.filter(person=ines, left_at=None)
    told = [*mails, *(piece.letter["text"] for piece in waiting)]
    assert [text.count("client log") for text in told] == [0, 0, 0]
