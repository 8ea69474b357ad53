"""Undo, and a macro in one key: a technician sends, takes back, sends again, and lets a macro do the rest."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Team, User
from escalation.operations.macros import create_macro
from tests.e2e.conftest import Visit
from tests.plugins.browser import faults
from tickets import operations
from tickets.models import CannedReply, Status, Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_a_reply_is_taken_back_sent_again_and_a_macro_does_the_rest(
    visit: Visit, settings: Any, ines: User, mira: User, service_desk: Team
) -> None:
    settings.UNDO_SECONDS = 60
    at = timezone.now()
    ticket = operations.open_ticket(
        requester=ines, subject="VPN drops", description="Since Friday.", by=ines, at=at
    )
    operations.take(ticket, by=mira, at=at)
    CannedReply.objects.create(
        name="Restart", folder="First steps", body="Dear {{ requester.first_name }}, restart it, please."
    )
    create_macro(
        name="Tag and wait",
        acts=[("tag", {"name": "vpn"}), ("wait", {"text": "Dear {{ requester.first_name }}, still so?"})],
        slot=1,
        by=None,
        at=at,
    )
    page = visit(mira)
    page.goto(f"/desk/tickets/{ticket.number}/")

    # A canned reply, filled in, on its way and taken back.
    page.get_by_text("Ready-made", exact=True).click()
    page.get_by_role("button", name="Restart").click()
    body = page.locator("#id_body")
    expect(body).to_have_value("Dear Ines, restart it, please.")
    page.locator("#composer button.primary").click()
    card = page.locator(".msg.leaving")
    expect(card).to_contain_text("On its way")
    expect(card).to_contain_text("Dear Ines, restart it, please.")
    assert faults(page) == []
    assert not ticket.messages.filter(kind="reply").exists()
    page.keyboard.type("xu")
    expect(body).to_have_value("Dear Ines, restart it, please.")
    expect(page.locator(".msg.leaving")).to_have_count(0)

    # Sent again in other words, and without waiting.
    body.fill("Dear Ines, restart it twice, please.")
    page.locator("#composer button.primary").click()
    expect(card).to_contain_text("twice")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator(".msg.leaving")).to_have_count(0)
    expect(page.locator(".talk")).to_contain_text("restart it twice, please.")
    assert [row.body for row in ticket.messages.filter(kind="reply")] == [
        "Dear Ines, restart it twice, please."
    ]

    # A macro by its key; on another page one line offers to undo and to send.
    page.locator("main").focus()
    expect(page.locator('[data-key="x 1"]')).to_be_attached()
    page.keyboard.type("x1")
    expect(card).to_contain_text("Dear Ines, still so?")
    page.keyboard.type("gm")
    bar = page.locator("#leaving-bar")
    expect(bar).to_contain_text(f"Your reply to {ticket.number} is on its way.")
    assert faults(page) == []
    bar.get_by_role("button", name="Send now").click()
    expect(bar).to_have_count(0)
    page.goto(f"/desk/tickets/{ticket.number}/")
    expect(page.locator(".talk")).to_contain_text("by the macro “Tag and wait”")
    assert Ticket.objects.get(pk=ticket.pk).status == Status.PENDING_REQUESTER
