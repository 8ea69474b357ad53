from email.utils import parsedate_to_datetime
from smtplib import SMTPAuthenticationError, SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend

from accounts.models import User
from delivery.models import Delivery, Mail
from delivery.operations import claim, deliver, replay, send_mail_row
from delivery.operations.redacting import empty_mails
from tests.delivery.conftest import NOON, later


def write(**changes: Any) -> Mail:
    words: dict[str, Any] = {"to": "rita@demo.example", "subject": "TD-1042 Printer", "text": "Hello"}
    return send_mail_row(at=NOON, **words | changes)


def send_due(at=NOON) -> list[bool]:
    return [deliver(row, at=at) for row in claim(limit=10, worker="w1", at=at)]


class FailingServer:
    """A mail server that answers with errors until told to work."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: Exception | None = None
        send = EmailBackend.send_messages

        def answer(backend: EmailBackend, messages: Any) -> int:
            if self.error is not None:
                raise self.error
            return send(backend, messages)

        monkeypatch.setattr(EmailBackend, "send_messages", answer)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FailingServer:
    return FailingServer(monkeypatch)


@pytest.mark.django_db
def test_a_mail_is_sent_once_and_says_that_a_machine_wrote_it(ines: User) -> None:
    row = write(
        html="<p>Hello</p>",
        cc=["boss@demo.example"],
        headers={"References": "<1@demo.example>"},
        about_ticket=1042,
        person=ines,
    )
    assert django_mail.outbox == []

    assert send_due(later(minutes=1)) == [True]
    assert send_due(later(days=1)) == []

    (sent,) = django_mail.outbox
    wire = sent.message()
    assert (sent.to, sent.cc, sent.subject, sent.body) == (
        ["rita@demo.example"],
        ["boss@demo.example"],
        "TD-1042 Printer",
        "Hello",
    )
    assert wire["Message-ID"] == row.message_id
    assert wire["Auto-Submitted"] == "auto-generated"
    assert wire["References"] == "<1@demo.example>"
    assert parsedate_to_datetime(wire["Date"]) == NOON
    assert isinstance(sent, EmailMultiAlternatives)
    assert [(body, kind) for body, kind in sent.alternatives] == [("<p>Hello</p>", "text/html")]
    row.refresh_from_db()
    assert (row.state, row.sent_at, row.person, row.about_ticket) == ("sent", later(minutes=1), ines, 1042)


@pytest.mark.django_db
def test_a_mail_that_is_sent_again_is_the_same_message() -> None:
    row = write()
    send_due()
    # As if the worker had died between the mail server's yes and our mark.
    Mail.objects.update(state="waiting", sent_at=None)
    Delivery.objects.update(state="waiting", done_at=None)
    send_due(later(minutes=5))

    first, second = (message.message() for message in django_mail.outbox)
    assert first["Message-ID"] == second["Message-ID"] == row.message_id
    assert first["Date"] == second["Date"]


@pytest.mark.django_db
def test_a_mail_marked_sent_is_not_sent_again() -> None:
    write()
    send_due()
    Delivery.objects.update(state="waiting", done_at=None)

    assert send_due() == [True]
    assert len(django_mail.outbox) == 1


@pytest.mark.django_db
def test_the_same_key_writes_one_mail() -> None:
    first = write(dedupe_key="event 7 to rita")
    second = write(dedupe_key="event 7 to rita", text="Hello again")

    assert first == second
    assert first.message_id != write(dedupe_key="event 8 to rita").message_id
    assert Delivery.objects.count() == 2


@pytest.mark.django_db
def test_an_address_that_is_refused_is_given_up_at_once_and_can_be_read(server: FailingServer) -> None:
    row = write()
    server.error = SMTPRecipientsRefused({"rita@demo.example": (550, b"no such user")})
    send_due()

    row.refresh_from_db()
    delivery = Delivery.objects.get()
    assert (row.state, row.error) == ("failed", "rita@demo.example: 550 no such user")
    assert (delivery.state, delivery.last_error) == ("dead", "rita@demo.example: 550 no such user")

    server.error = None
    replay([delivery.pk], by=None, at=later(hours=1))
    assert send_due(later(hours=1)) == [True]
    row.refresh_from_db()
    assert (row.state, row.error) == ("sent", "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error",
    [
        SMTPServerDisconnected("gone"),
        SMTPRecipientsRefused({"rita@demo.example": (451, b"later")}),
        SMTPDataError(452, b"disk full"),
        SMTPAuthenticationError(535, b"wrong password"),
        TimeoutError("slow"),
    ],
)
def test_what_may_pass_is_tried_again(server: FailingServer, error: Exception) -> None:
    row = write()
    server.error = error
    send_due()

    row.refresh_from_db()
    assert (row.state, Delivery.objects.get().state) == ("waiting", "waiting")
    assert type(error).__name__ in row.error

    server.error = None
    assert send_due(later(minutes=1)) == [True]
    row.refresh_from_db()
    assert (row.state, row.error) == ("sent", "")


@pytest.mark.django_db
def test_the_last_try_fails_the_mail_too(server: FailingServer) -> None:
    row = write()
    Delivery.objects.update(max_attempts=1)
    server.error = TimeoutError("slow")
    send_due()

    row.refresh_from_db()
    assert (row.state, Delivery.objects.get().state) == ("failed", "dead")


@pytest.mark.django_db
def test_line_breaks_cannot_add_headers() -> None:
    trick = "a@demo.example\r\nBcc: all@demo.example"
    write(subject=trick, headers={"Reply-To": trick})
    assert send_due() == [True]

    wire = django_mail.outbox[0].message()
    assert wire["Subject"] == "a@demo.example Bcc: all@demo.example"
    assert wire["Bcc"] is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["nobody", "", "a@demo.example, b@demo.example", "x" * 5000 + "@demo.example"]
)
def test_an_address_that_is_none_is_a_failed_mail_not_an_error(address: str) -> None:
    row = write(to=address, text="nul \x00 is dropped")
    send_due()

    row.refresh_from_db()
    assert (row.state, row.text) == ("failed", "nul  is dropped")
    assert row.error != ""
    assert Delivery.objects.get().state == "dead"


@pytest.mark.django_db
def test_what_is_redacted_does_not_live_on_in_the_outbox() -> None:
    told, other = write(event_id=7, html="<p>Hello</p>"), write(event_id=8)
    send_due()
    # Deliveries are forgotten earlier than mails.
    Delivery.objects.all().delete()

    assert empty_mails([7]) == 1

    told.refresh_from_db()
    other.refresh_from_db()
    assert (told.text, told.html, other.text) == ("", "", "Hello")


@pytest.mark.django_db
def test_right_to_left_and_emoji_arrive() -> None:
    write(subject="🖨️ مرحبا", text="שלום 🎉")
    assert send_due() == [True]

    assert (django_mail.outbox[0].subject, django_mail.outbox[0].body) == ("🖨️ مرحبا", "שלום 🎉")
