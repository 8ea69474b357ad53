"""A webhook in a browser: it subscribes, is tried, its log is read, and what it has missed is sent again."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from delivery import operations
from delivery.models import Delivery, Webhook
from delivery.operations import claim, deliver
from tests.escalation.test_webhooks import Receiver, receiver  # noqa: F401  (a fixture)
from tests.plugins.browser import faults
from tickets.models import Event, Ticket
from tickets.operations.publishing import deliveries_for

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Page]


def work() -> None:
    for row in claim(limit=100, worker="w1", at=timezone.now()):
        deliver(row, at=timezone.now())


def test_it_subscribes_is_tried_and_gets_what_it_has_missed(
    visit: Visit,
    ada: User,
    open_ticket: Callable[..., Ticket],
    receiver: Callable[..., Receiver],  # noqa: F811
    settings: Any,
) -> None:
    there = receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nthanks")
    page = visit(ada)
    page.goto("/settings/webhooks/new/")
    page.get_by_label("Name").fill("Board")
    page.get_by_label("Address", exact=True).fill(f"http://127.0.0.1:{there.port}/in")
    page.locator("#id_kinds").select_option("ticket.*", force=True)
    page.get_by_label("Only of tickets that match").fill("?status=new")
    assert faults(page) == []
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Secret")).to_have_value(re.compile("^whsec_"))
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("The test is under way")).to_be_visible()
    work()
    expect(page.get_by_text("It answered 200")).to_be_visible()
    assert faults(page) == []

    ticket = open_ticket(at=timezone.now())
    hook = Webhook.objects.select_related("owner").get()
    Webhook.objects.update(listens_from=0)
    hook.refresh_from_db()
    rows = deliveries_for(list(Event.objects.filter(kind="ticket.opened")), [hook], at=timezone.now())
    operations.enqueue_many(rows, at=timezone.now() - timedelta(hours=1))
    Delivery.objects.filter(webhook_id=hook.pk).exclude(state="done").update(state="dead", last_error="503")
    page.goto(f"/settings/webhooks/{hook.pk}/")
    expect(page.get_by_text(f"TD-{ticket.pk}")).to_be_visible()
    page.get_by_label("All that was given up since").fill("2026-01-01T00:00")
    assert faults(page) == []
    page.get_by_role("button", name="Try them again").click()
    expect(page.get_by_text("1 message is sent again.")).to_be_visible()
    work()
    page.reload()
    page.locator("a.list-row").first.click()
    expect(page.get_by_text("webhook-signature")).to_be_visible()
    expect(page.get_by_label("Answer")).to_have_text("thanks")
    assert faults(page) == []
    assert len(there.got) == 2
