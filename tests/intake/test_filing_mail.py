"""What becomes of a message: a ticket, a reply, or something that waits for a person."""

from collections.abc import Callable

import pytest

from accounts.models import User
from delivery.models import Mail
from intake.models import MailMessage, RawMail, Reason, State
from intake.operations.receiving import Outcome
from tests.intake.mails import mail
from tickets.models import Channel, Message, Ticket

pytestmark = pytest.mark.django_db
Post = Callable[..., Outcome]
Leave = Callable[[], list[Mail]]


def test_a_mail_opens_a_ticket_of_its_sender(post: Post, ines: User) -> None:
    outcome = post(mail("It eats paper since Monday."))

    ticket = Ticket.objects.get()
    assert outcome == Outcome("ticket", ticket.number, Reason.NEW)
    assert (ticket.requester, ticket.channel, ticket.subject) == (ines, Channel.MAIL, "Printer eats paper")
    assert Message.objects.get().body == "It eats paper since Monday."
    row = MailMessage.objects.get()
    assert (row.state, row.ticket, row.opened, row.person) == (State.FILED, ticket, True, ines)
    assert RawMail.objects.get().mail == row


def test_its_sender_gets_one_receipt(post: Post, ines: User, leave: Leave) -> None:
    post(mail())
    assert [sent.to for sent in leave()] == [ines.email]


def test_the_same_bytes_twice_are_one_message(post: Post, ines: User) -> None:
    raw = mail()
    assert post(raw) == post(raw)
    assert (Ticket.objects.count(), MailMessage.objects.count()) == (1, 1)
