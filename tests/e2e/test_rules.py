"""A rule built in a browser, tried on the past, put into use; a real worker carries it out, and the ticket says why."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from escalation.models import Firing, Rule
from tests.e2e.conftest import Visit
from tests.plugins.browser import faults, goto_until
from tickets import operations
from tickets.models import Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]
PATIENCE = 40_000
"""Milliseconds: processes learn of a new rule within some seconds."""


def pick(page: Page, field: str, text: str) -> None:
    """Choose from a list that can be searched."""
    page.locator(f"#id_{field}-ts-control").click()
    page.locator(f"#id_{field}-ts-dropdown [role=option]", has_text=text).first.click()


def build(page: Page, name: str) -> None:
    page.goto("/settings/rules/new/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("it is filed").check()
    page.locator("#id_c0-field").select_option("subject")
    expect(page.locator("#id_c0-op")).to_have_value("contains")
    page.locator("#id_c0-value").fill("vpn")
    page.locator("#id_c0-value").press("Tab")
    expect(page.get_by_text("1 open ticket matches now.")).to_be_visible()
    page.locator("#id_a0-do").select_option("move")
    pick(page, "a0-to", "Network")
    assert faults(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(f"{name} is made")).to_be_visible()


def test_a_rule_is_built_tried_put_into_use_and_explained(
    visit: Visit, worker: Any, ines: User, mira: User, dario: User, max_: User
) -> None:
    now = timezone.now()
    earlier = operations.open_ticket(
        requester=ines,
        subject="VPN is slow",
        description="Since Monday.",
        by=ines,
        at=now - timedelta(hours=3),
    )
    board = visit(max_)
    build(board, "VPN goes to Network")
    rule = Rule.objects.get(name="VPN goes to Network")

    # On the past first: it would have moved the earlier ticket, which nobody did.
    board.get_by_role("navigation", name="Pages of this rule").get_by_role(
        "link", name="Try on the past"
    ).click()
    expect(board.locator("#id_text")).to_have_value(re.compile("VPN goes to Network"))
    board.get_by_role("button", name="Try them").click()
    row = board.locator("#rows tbody tr")
    expect(row).to_contain_text(earlier.number, timeout=PATIENCE)
    expect(row).to_contain_text("Service desk")
    expect(row).to_contain_text("it never came to that")
    assert faults(board) == []
    assert Ticket.objects.get(pk=earlier.pk).team.name == "Service desk"

    board.goto(f"/settings/rules/{rule.pk}/versions/")
    assert faults(board) == []
    board.locator("main").get_by_role("button", name="Put into use").click()
    expect(board.get_by_text("VPN goes to Network is in use.")).to_be_visible()
    assert faults(board) == []

    portal = visit(ines)
    portal.goto("/requests/new/")
    portal.locator("#id_subject").fill("VPN drops every 20 minutes")
    portal.locator("#id_description").fill("From home only.")
    portal.locator(".form-actions").get_by_role("button", name="Send").click()
    portal.wait_for_url("**/requests/TD-*/")
    filed = Ticket.objects.get(subject="VPN drops every 20 minutes")

    # The worker moves it; Dario finds it in his team's queue, and reads why.
    l2 = visit(dario)
    address = f"/desk/tickets/{filed.number}/"
    goto_until(l2, address, "by the rule")
    l2.get_by_text("why?").click()
    expect(l2.locator("details.why")).to_contain_text(
        "Moved to Network by the rule “VPN goes to Network”: Subject was “VPN drops every 20 minutes”"
    )
    l2.get_by_role("link", name="All of it").click()
    expect(l2.get_by_role("heading", level=1)).to_have_text("Why? By the rule “VPN goes to Network”")
    expect(l2.locator("main")).to_contain_text("published by Max Brandt")
    assert faults(l2) == []

    board.goto(f"/settings/rules/{rule.pk}/did/")
    expect(board.locator("main")).to_contain_text(filed.number)
    assert faults(board) == []
    assert Firing.objects.get().ticket == filed
    portal.reload()
    expect(portal.locator("main")).not_to_contain_text("VPN goes to Network")
