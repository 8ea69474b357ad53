"""Somebody chooses what they are told and reads it; an administrator writes the words of a mail and sends a failed one
again.
"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.operations import mark_bounced
from delivery.models import Delivery, Mail, MailTemplate, NoticePreferences
from delivery.operations import send_mail_row
from helpdesk import notices
from tests.plugins.browser import faults
from tickets import operations
from tickets.models import Event, Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Page]


def test_a_requester_chooses_and_reads_what_they_are_told(
    visit: Visit, ines: User, mira: User, ticket: Ticket, at: datetime
) -> None:
    page = visit(ines)
    page.goto("/profile/")
    page.get_by_role("link", name="What I am told").first.click()
    page.get_by_label("By mail: I get an answer or a question").select_option(label="once a day")
    page.get_by_label("Quiet from").fill("22:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("give both, or neither").first).to_be_visible()
    expect(page.get_by_label("By mail: I get an answer or a question")).to_have_value("daily")
    assert faults(page) == []
    page.get_by_label("Quiet until").fill("06:30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("you are told as you have chosen")).to_be_visible()
    row = NoticePreferences.objects.get(person=ines)
    assert (row.choices, str(row.quiet_until)) == ({"answers": {"mail": "daily"}}, "06:30:00")

    now = timezone.now()
    operations.reply(ticket, text="Restart it.", by=mira, at=now)
    notices.tell_of_reply(Event.objects.filter(ticket=ticket, kind="ticket.replied").latest("pk"), now)
    assert not Mail.objects.filter(person=ines).exists()
    page.goto("/notices/")
    expect(page.get_by_text("new", exact=True)).to_be_visible()
    assert faults(page) == []
    page.locator("main").get_by_role("link", name=ticket.number).click()
    expect(page.get_by_text("Restart it.")).to_be_visible()
    page.goto("/notices/")
    expect(page.get_by_text("new", exact=True)).to_have_count(0)


def test_the_words_of_a_mail_are_written_looked_at_and_put_back(
    visit: Visit, ada: User, ticket: Ticket
) -> None:
    page = visit(ada)
    page.goto("/settings/letters/")
    assert faults(page) == []
    page.get_by_role("link", name="Receipt of a request").click()
    page.get_by_label("Text", exact=True).fill("Dear {customer}")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("does not know {customer}").first).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Text", exact=True).fill("Dear **{name}**, we have {subject}.\n\n{link}")
    page.get_by_label("Ticket to look at it with").fill(ticket.number)
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("#preview strong")).to_have_text("Ada")
    expect(page.locator("#preview .prose")).to_contain_text(ticket.subject)
    assert faults(page) == []
    page.get_by_role("button", name="Send me a test").click()
    expect(page.get_by_text("A test is on its way")).to_be_visible()
    assert Mail.objects.get().to == ada.email
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("These are your words.")).to_be_visible()
    page.get_by_role("button", name="Put back").click()
    expect(page.get_by_text("What you had written stays in the history")).to_be_visible()
    assert faults(page) == []
    assert MailTemplate.objects.filter(is_current=True).get().is_builtin


def test_a_mail_that_failed_is_corrected_and_leaves(visit: Visit, ada: User, ines: User) -> None:
    mark_bounced(ines, reason="5.1.1 no such user", at=timezone.now())
    mail = send_mail_row(
        to=ines.email, subject="Held", text="x", person=ines, kind="answers", at=timezone.now()
    )
    Mail.objects.update(state="failed", error="Held: mail to this address comes back.")
    Delivery.objects.update(state="dead")
    page = visit(ada)
    page.goto("/settings/outbox/")
    page.get_by_role("link", name="In trouble", exact=True).click()
    expect(page.get_by_text("Held: mail to this address comes back.")).to_be_visible()
    assert faults(page) == []
    page.locator("main").get_by_role("link", name="Held").click()
    page.get_by_label("Send it to").fill("ines.new@northwind.example")
    assert faults(page) == []
    page.get_by_role("button", name="Send to this address").click()
    expect(page.get_by_text("It is on its way to ines.new@northwind.example.")).to_be_visible()
    mail.refresh_from_db()
    assert (mail.to, mail.state) == ("ines.new@northwind.example", "waiting")

    page.goto(f"/settings/people/{ines.pk}/")
    page.get_by_role("button", name="The address works again").click()
    expect(page.get_by_text(f"Mail goes to {ines.email} again.")).to_be_visible()
    assert faults(page) == []
