"""The session ends in the middle of a long reply at the desk: nothing of it is lost."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from playwright.sync_api import Page, expect

from accounts.models import Desk, User
from tests.e2e.conftest import Visit, log_in, visit
from tests.plugins.browser import page_follows
from tickets import operations
from tickets.models import Ticket

__all__ = ["visit"]
pytestmark = pytest.mark.e2e
LONG = "I have looked at the gateway, the profile and the client. " * 60


def end_sessions() -> None:
    Session.objects.all().delete()
    cache.clear()


def log_in_again(page: Page, user: User) -> None:
    page.wait_for_url("**/accounts/login/**")
    expect(page.locator("body")).to_contain_text("not sent")
    log_in(page, user)


def test_a_long_reply_of_a_technician_is_there_again_after_the_login(
    visit: Visit, transactional_db: None, ticket: Ticket, mira: User, at: Any
) -> None:
    Desk.objects.update(is_set_up=True)
    operations.take(ticket, by=mira, at=at)
    page = visit(mira)
    page.goto(f"/desk/tickets/{ticket.number}/")
    page.locator("#id_body").fill(LONG)
    page.wait_for_timeout(500)  # longer than the pause after which a draft is kept
    end_sessions()
    page.locator("#composer button[type=submit].primary").click()
    log_in_again(page, mira)
    page.wait_for_url(f"**/desk/tickets/{ticket.number}/")
    expect(page.locator("#id_body")).to_have_value(LONG)
    assert not ticket.messages.filter(kind="reply").exists()
    with page_follows(page):
        page.locator("#composer button[type=submit].primary").click()
    assert ticket.messages.get(kind="reply").body == LONG.strip()


@pytest.mark.long
def test_a_long_summary_in_a_dialog_is_there_again_after_the_login(
    visit: Visit, transactional_db: None, ticket: Ticket, mira: User, network: Any, at: Any
) -> None:
    Desk.objects.update(is_set_up=True)
    operations.take(ticket, by=mira, at=at)
    page = visit(mira)
    page.goto(f"/desk/tickets/{ticket.number}/")
    page.locator("main").get_by_role("link", name="Hand over").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("To", exact=True).select_option(label="Network")
    dialog.get_by_label("Reason").select_option(label="needs more expertise")
    dialog.get_by_label("Summary").fill(LONG)
    page.wait_for_timeout(500)
    end_sessions()
    dialog.get_by_role("button", name="Hand over").click()
    log_in_again(page, mira)
    page.wait_for_url(f"**/desk/tickets/{ticket.number}/")
    page.locator("main").get_by_role("link", name="Hand over").first.click()
    expect(page.get_by_role("dialog").get_by_label("Summary")).to_have_value(LONG)
