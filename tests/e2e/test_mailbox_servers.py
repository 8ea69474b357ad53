"""Connecting a mailbox to its server, in a browser: the form shows what its choices need, the page says how it goes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Desk, User
from intake.fetching.looking import note
from intake.fetching.troubles import MailTrouble
from intake.models import Mailbox, MailboxConnection, MissedMail
from intake.models.connections import Trouble
from tests.plugins.browser import faults

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def support(transactional_db: None) -> Mailbox:
    Desk.objects.update(is_set_up=True)
    return Mailbox.objects.create(name="help", address="help@desk.example", created_at=timezone.now())


@pytest.mark.usefixtures("looks")
def test_a_mailbox_is_connected_and_the_page_says_how_it_goes(
    support: Mailbox, ada: User, visit: Callable[..., Page]
) -> None:
    page = visit(ada)
    page.goto(f"/settings/mailboxes/{support.pk}/connection/")
    expect(page.get_by_label("Password")).to_be_visible()
    page.get_by_label("Login").select_option("oauth2")
    expect(page.get_by_label("Password")).to_be_hidden()
    expect(page.get_by_label("Tenant")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Login").select_option("password")

    page.get_by_label("Server", exact=True).fill("127.0.0.1")
    page.get_by_label("Port").fill("9")
    page.get_by_label("User").fill("help@desk.example")
    page.get_by_label("Password").fill("letter-box")
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_text("The connection is being tried.")).to_be_visible()
    connection = MailboxConnection.objects.get()

    connection.trial = {
        "asked_at": timezone.now().isoformat(),
        "done_at": timezone.now().isoformat(),
        "steps": [],
        "trouble": "Nobody answers at 127.0.0.1 on port 9.",
        "detail": "[Errno 111] Connection refused",
        "folders": [],
    }
    connection.save()
    expect(page.get_by_text("Nobody answers at 127.0.0.1 on port 9.")).to_be_visible()
    _waits_and_is_troubled(connection)
    page.reload()
    assert faults(page) == []

    connection.refresh_from_db()
    note(connection, None, at=timezone.now())
    page.reload()
    expect(page.get_by_role("progressbar", name="Fetched")).to_be_visible()
    assert faults(page) == []


def _waits_and_is_troubled(connection: MailboxConnection) -> None:
    at = timezone.now()
    connection.refresh_from_db()
    note(connection, MailTrouble(Trouble.LOGIN, "[AUTHENTICATIONFAILED] no"), at=at)
    MailboxConnection.objects.update(waiting=9000, fetched=1000)
    facts: dict[str, Any] = {"uidvalidity": 1, "uid": 17, "error": "TimeoutError: timed out", "first_at": at}
    MissedMail.objects.create(connection=connection, size=70_000_000, **facts)


@pytest.mark.long
def test_an_address_for_a_provider_is_shown_once(
    support: Mailbox, ada: User, visit: Callable[..., Page]
) -> None:
    page = visit(ada)
    page.goto(f"/settings/mailboxes/{support.pk}/door/")
    page.get_by_label("Provider").select_option("mailgun")
    page.get_by_role("button", name="Make an address").click()
    expect(
        page.get_by_text("Give the key with which this provider signs what it sends.").first
    ).to_be_visible()
    assert faults(page) == []

    page.get_by_label("Signing key").fill("signing-key")
    page.get_by_role("button", name="Make an address").click()
    expect(page.get_by_role("heading", name="Address for Mailgun")).to_be_visible()
    assert "/mail/webhooks/mailgun/" in page.get_by_label("Address", exact=True).input_value()
    assert faults(page) == []
