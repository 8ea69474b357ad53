"""From the link in the outbox's mail to the vote on a phone, the lead's notice, and opening the ticket again."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.insights.answering import carry_out, links_in, mails_to, resolve, survey_of
from tests.plugins.browser import faults
from tickets.models import Status, Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Page]
PHONE = {"width": 390, "height": 844}


def test_a_low_score_by_a_mails_link_reaches_the_lead_who_opens_the_ticket_again(
    live_server: Any,
    new_page: Callable[..., Page],
    visit: Visit,
    ticket: Ticket,
    ines: User,
    mira: User,
    lars: User,
    max_: User,
    greta: User,
) -> None:
    now = timezone.now()
    resolve(ticket, mira, now)
    links = links_in(mails_to(ines)[-1])

    phone = new_page(base_url=live_server.url, viewport=PHONE)
    phone.goto(links[2])
    expect(phone.get_by_role("heading", name="How did it go?")).to_be_visible()
    expect(phone.get_by_label("2 not well")).to_be_checked()
    assert survey_of(ticket).score is None
    assert faults(phone) == []
    phone.get_by_label("Anything to add?").fill("It came back after lunch.")
    phone.get_by_role("button", name="Send", exact=True).click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(phone.get_by_role("button", name="It is not solved: open it again")).to_be_visible()
    assert faults(phone) == []

    carry_out(timezone.now())
    lead = visit(lars)
    lead.goto("/desk/notices/")
    lead.locator("main").get_by_role("link", name=re.compile(ticket.number)).first.click()
    expect(lead.get_by_role("heading", name="2 of 5")).to_be_visible()
    expect(lead.get_by_text("It came back after lunch.")).to_be_visible()
    assert faults(lead) == []
    lead.get_by_role("button", name="Open it again").click()
    expect(lead.get_by_text(f"{ticket.number} is open again.")).to_be_visible()
    expect(lead.get_by_text("Reopened", exact=True)).to_be_visible()
    ticket.refresh_from_db()
    assert ticket.status == Status.OPEN

    phone.goto(links[1])
    expect(phone.get_by_role("heading", name="We work on it again")).to_be_visible()
    assert faults(phone) == []

    manager = visit(max_)
    manager.goto("/insights/satisfaction/")
    expect(manager.get_by_text("“It came back after lunch.”")).to_be_visible()
    assert faults(manager) == []
    portal = visit(greta)
    portal.goto("/insights/satisfaction/")
    expect(portal.get_by_text("“It came back after lunch.”")).to_be_visible()
    assert faults(portal) == []
    manager.get_by_role("link", name="How we ask").click()
    manager.get_by_label("working days until the reminder").fill("5")
    manager.get_by_role("button", name="Save").click()
    expect(manager.get_by_text("changed how people are asked how it went")).to_be_visible()
    assert faults(manager) == []


def test_it_is_not_solved_says_the_requester_in_one_click(
    live_server: Any, new_page: Callable[..., Page], ticket: Ticket, ines: User, mira: User
) -> None:
    resolve(ticket, mira, timezone.now())
    phone = new_page(base_url=live_server.url, viewport=PHONE)
    phone.goto(links_in(mails_to(ines)[-1])[1])
    phone.get_by_role("button", name="Send", exact=True).click()
    phone.get_by_role("button", name="It is not solved: open it again").click()
    expect(phone.get_by_role("heading", name="We take it up again")).to_be_visible()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.rating) == (Status.OPEN, 1)
