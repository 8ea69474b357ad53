"""Incoming mail in a browser: a stranger is let in, spam released, a mail read as it was written."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from accounts.models import Organisation, OrganisationDomain, User
from intake.models import Mailbox, MailMessage, State
from intake.operations.receiving import process, store
from tests.e2e.conftest import Visit
from tests.intake.mails import mail
from tests.intake.test_mail_states import picture_mail
from tests.plugins.browser import faults
from tickets.models import Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def support(northwind: Organisation) -> Mailbox:
    OrganisationDomain.objects.create(organisation=northwind, domain="northwind.example")
    return Mailbox.objects.create(
        name="support", address="support@demo.example", is_default=True, created_at=timezone.now()
    )


def receive(raw: bytes, support: Mailbox) -> MailMessage:
    at = timezone.now() - timedelta(minutes=1)
    row = store(raw, mailbox=support, at=at, source="test")
    process(row.pk, at=at)
    row.refresh_from_db()
    return row


def test_a_stranger_is_let_in_and_spam_released(
    visit: Visit, lars: User, ines: User, support: Mailbox
) -> None:
    stranger = receive(mail(sender="Zed <zed@elsewhere.example>", subject="May I?"), support)
    spam = receive(mail(subject="Won", x_spam_flag="YES"), support)
    page = visit(lars)
    page.goto("/desk/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Incoming mail").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Incoming mail")
    expect(page.locator("[data-row]")).to_have_count(2)
    assert faults(page) == []

    page.get_by_role("link", name="May I?").click()
    expect(page.get_by_role("table").get_by_text("The desk does not know its sender.")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Approve the sender").click()
    expect(page.get_by_text(re.compile(r"Filed: TD-\d+"))).to_be_visible()
    stranger.refresh_from_db()
    assert stranger.state == State.FILED

    page.goto("/desk/mail/?state=quarantined")
    page.get_by_label(re.compile("Choose the mail of ines")).check()
    page.get_by_role("button", name="File the chosen ones").click()
    expect(page.get_by_text("No mail matches this filter.")).to_be_visible()
    spam.refresh_from_db()
    assert spam.state == State.FILED


def test_a_mail_is_read_as_it_was_written(visit: Visit, mira: User, ines: User, support: Mailbox) -> None:
    row = receive(picture_mail(), support)
    assert row.ticket
    page = visit(mira)
    page.goto(f"/desk/tickets/{row.ticket.number}/")
    expect(page.locator(".msg img")).to_have_count(1)
    page.get_by_role("link", name="original mail").first.click()
    expect(page.get_by_text("Pictures that lie on other servers are not loaded")).to_be_visible()
    shown = page.locator(".mail-html img")
    expect(shown).to_have_count(1)
    assert shown.evaluate("image => image.complete && image.naturalWidth > 0")
    assert faults(page) == []

    outside: list[str] = []

    def note(route: Route) -> None:
        outside.append(route.request.url)
        route.abort()

    page.route("https://tracker.example/**", note)
    page.reload()
    assert outside == []
    page.get_by_role("link", name="Show pictures from elsewhere").click()
    expect(page.locator(".mail-html img")).to_have_count(2)
    assert outside == ["https://tracker.example/x.gif"]


def test_a_mailbox_is_made(visit: Visit, ada: User, support: Mailbox) -> None:
    page = visit(ada)
    page.goto("/settings/mailboxes/")
    page.get_by_role("link", name="New mailbox").click()
    page.get_by_label("Name", exact=True).fill("help")
    page.get_by_label("Address", exact=True).fill("support@demo.example")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("belongs to the mailbox “support” already").last).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Address", exact=True).fill("help@demo.example")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("help")
    assert Mailbox.objects.filter(name="help").exists()
    assert Ticket.objects.count() == 0
