"""What people complain of in other helpdesks when it comes to mail, one test each; and that it is not so here."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from delivery.models import Delivery, Mail
from intake.mail.parsing import parse
from intake.models import MailMessage, RawMail, Reason, State
from intake.operations import receiving
from intake.operations.receiving import Outcome, process, store
from tests.conftest import MONDAY
from tests.intake.mails import DESK, bounce, mail
from tests.intake.test_mail_loops import answering
from tests.intake.test_mail_threads import told
from tickets import operations
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
Post = Callable[..., Outcome]
Leave = Callable[[], list[Mail]]


def test_28_two_auto_responders_make_no_conversations(
    post: Post, ines: User, leave: Leave, settings: Any
) -> None:
    """Eleven conversations out of two machines; eight thousand mails in a night."""
    post(mail())
    for _round in range(8):
        receipt = next(sent for sent in leave() if sent.to == ines.email)
        post(answering(receipt))
    assert Ticket.objects.count() == 1
    assert len([sent for sent in leave() if sent.to == ines.email]) == 1
    assert MailMessage.objects.filter(reason=Reason.AUTO_REPLY).count() == settings.MAIL_MOST_AUTOMATIC


def test_29_mails_with_the_same_id_and_other_words_are_not_taken_for_copies(post: Post, ines: User) -> None:
    """Unrelated mails went into an old thread, others were dropped as duplicates."""
    one = post(mail("The printer.", subject="One", message_id="<scanner@northwind.example>"))
    other = post(mail("The lamp.", subject="Other", message_id="<scanner@northwind.example>"))
    assert (one.result, other.result) == ("ticket", "ticket")
    assert one.ticket != other.ticket


def test_29_the_same_subject_is_no_reason_to_join_two_requests(post: Post, ines: User) -> None:
    assert post(mail("The left one.")).ticket != post(mail("The right one.")).ticket


def test_30_a_message_that_cannot_be_filed_keeps_no_other_waiting(
    support: Any, ines: User, leave: Leave, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One mail with huge attachments stopped all fetching for two days."""
    poison = store(mail("poison"), mailbox=support, at=MONDAY, source="test")
    good = store(mail("good"), mailbox=support, at=MONDAY, source="test")
    read = parse

    def fails_on_poison(raw: bytes) -> Any:
        if b"poison" in raw:
            raise MemoryError("too much")
        return read(raw)

    monkeypatch.setattr(receiving, "parse", fails_on_poison)
    leave()

    poison.refresh_from_db()
    good.refresh_from_db()
    assert (poison.state, poison.reason, poison.detail) == (
        State.QUARANTINED, Reason.BROKEN, "MemoryError: too much",
    )  # fmt: skip
    assert good.state == State.FILED
    assert Delivery.objects.unfinished().count() == 0


def test_30_a_message_above_the_limit_is_a_row_with_its_head_and_the_reason(
    support: Any, ines: User, settings: Any
) -> None:
    settings.MAIL_MAX_BYTES = 200_000
    row = store(mail("x" * 300_000), mailbox=support, at=MONDAY, source="test")
    assert (row.state, row.reason, row.subject, row.from_address) == (
        State.QUARANTINED, Reason.TOO_LARGE, "Printer eats paper", ines.email,
    )  # fmt: skip
    raw = RawMail.objects.get()
    assert raw.is_cut
    assert len(bytes(raw.content)) < 100_000
    assert process(row.pk, at=MONDAY).reason == Reason.TOO_LARGE


def test_31_an_answer_to_all_of_the_original_mail_joins_its_ticket(
    post: Post, ines: User, tomasz: User
) -> None:
    """Who was in copy answers the original mail, not ours: that opened a second ticket."""
    first = post(mail(to=f"{DESK}, {tomasz.email}", message_id="<original@northwind.example>"))
    answer = mail(
        "Me too.",
        sender=tomasz.email,
        subject="Re: Printer eats paper",
        in_reply_to="<original@northwind.example>",
    )
    assert post(answer) == Outcome("message", first.ticket, Reason.REFERENCE)


def test_31_also_when_the_desk_came_into_the_conversation_later(post: Post, ines: User, tomasz: User) -> None:
    """The mail that all of them answer was never sent to us; its id in the references is what they share."""
    first = post(
        mail(
            "See below.",
            cc=tomasz.email,
            references="<private@northwind.example>",
            in_reply_to="<private@northwind.example>",
        )
    )
    answer = mail("Me too.", sender=tomasz.email, cc=DESK, in_reply_to="<private@northwind.example>")
    assert post(answer) == Outcome("message", first.ticket, Reason.REFERENCE)


def test_31_also_a_person_in_copy_whom_nobody_knew(post: Post, ines: User) -> None:
    first = post(mail(cc="nova@northwind.example", message_id="<original@northwind.example>"))
    answer = mail(
        "Me too.", sender="Nova <nova@northwind.example>", in_reply_to="<original@northwind.example>"
    )
    assert post(answer) == Outcome("message", first.ticket, Reason.REFERENCE)
    assert [row.user.name for row in Ticket.objects.get().watches.all()] == ["Nova"]


def test_32_quoting_the_number_of_a_foreign_ticket_leads_nowhere(
    post: Post, ticket: Ticket, otto: User
) -> None:
    """Anyone who quoted a number was appended to another customer's ticket."""
    outcome = post(mail("Like [TD-1]?", sender=otto.email, subject=f"Re: [{ticket.number}] VPN"))
    assert (outcome.result, outcome.ticket) != ("message", ticket.number)
    assert Message.objects.filter(ticket=ticket).count() == 1


def test_33_an_answer_to_a_closed_ticket_opens_one_ticket_however_often_it_is_fetched(
    post: Post, ticket: Ticket, ines: User, mira: User
) -> None:
    """Each run of cron opened another one."""
    operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=MONDAY)
    operations.confirm(ticket, by=ines, at=MONDAY)
    raw = mail(
        "It is back.", in_reply_to=told(ticket, ines).message_id, message_id="<once@northwind.example>"
    )
    for run in range(5):
        post(f"X-Run: {run}\r\n".encode() + raw)
    assert Ticket.objects.count() == 2


def test_34_a_bounce_is_answered_by_nobody_and_its_address_is_written_to_no_more(
    post: Post, ticket: Ticket, ines: User, mira: User, leave: Leave
) -> None:
    """Loops with no-reply addresses and bounces; what is suppressed for answers was not for notices."""
    sent = next(row for row in leave() if row.to == ines.email)
    post(bounce(sent.message_id))
    before = Mail.objects.count()
    leave()
    assert Mail.objects.count() == before
    operations.reply(ticket, text="Try now.", by=mira, at=MONDAY)
    with pytest.raises(AssertionError, match="Held: mail to this address comes back"):
        leave()
    assert not Mail.objects.filter(to=ines.email, state=Mail.State.SENT).exclude(pk=sent.pk).exists()


def test_35_every_mail_of_a_ticket_names_what_came_in(
    post: Post, ines: User, mira: User, leave: Leave
) -> None:
    """Eight of a hundred answers carried a header by which a mail program keeps them together."""
    post(mail(message_id="<first@northwind.example>"))
    ticket = Ticket.objects.get()
    for number in range(3):
        operations.reply(ticket, text=f"Answer {number}", by=mira, at=MONDAY + timedelta(hours=number))
        leave()
    sent = [row for row in leave() if row.to == ines.email]
    assert len(sent) >= 2
    assert all("<first@northwind.example>" in row.headers["References"] for row in sent)
    assert all(row.headers["In-Reply-To"] for row in sent)


def test_36_two_spellings_of_one_address_are_one_person(post: Post, ines: User) -> None:
    """A user who was there twice crashed the import and blocked the queue."""
    for spelling in ("INES@NORTHWIND.EXAMPLE", "Ines@Northwind.example", "ines@northwind.example"):
        assert post(mail(sender=f"I. Okafor <{spelling}>", subject=spelling)).result == "ticket"
    assert User.objects.filter(email__iexact=ines.email).count() == 1
    assert Ticket.objects.filter(requester=ines).count() == 3


def test_37_a_loop_names_the_address(post: Post, ticket: Ticket, ines: User, settings: Any) -> None:
    """“E-mail loop detected”, and no word of whose."""
    settings.MAIL_MOST_IN_A_TICKET = 1
    sent = told(ticket, ines)
    post(mail("Thanks.", in_reply_to=sent.message_id))
    post(mail("Thanks again.", in_reply_to=sent.message_id))
    row = MailMessage.objects.get(state=State.QUARANTINED)
    assert (row.reason, row.detail) == (Reason.LOOP, ines.email)
