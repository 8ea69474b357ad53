"""Machines that answer machines: it ends, nothing is lost, and nobody is woken."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from delivery.models import Delivery, Mail, Notice
from intake.models import MailMessage, Reason, State
from intake.operations.receiving import Outcome
from tests.conftest import MONDAY
from tests.intake.mails import DESK, bounce, mail
from tests.intake.test_mail_threads import last, told
from tickets import operations
from tickets.models import Audience, MessageKind, Status, Ticket

pytestmark = pytest.mark.django_db
Post = Callable[..., Outcome]
Leave = Callable[[], list[Mail]]


def answering(sent: Mail, text: str = "I am away until Friday.", **headers: Any) -> bytes:
    return mail(
        text,
        sender=sent.to,
        subject=f"Automatic reply: {sent.subject}",
        in_reply_to=sent.message_id,
        **{"auto_submitted": "auto-replied", **headers},
    )


def row_of(ticket: Ticket) -> dict[str, Any]:
    row: dict[str, Any] = {**Ticket.objects.filter(pk=ticket.pk).values()[0]}
    return row


def test_an_automatic_answer_is_kept_and_wakes_nobody(
    post: Post, ticket: Ticket, ines: User, mira: User, leave: Leave
) -> None:
    operations.wait_for_requester(ticket, question="Which cable?", by=mira, at=MONDAY)
    leave()
    before, mails, notices = row_of(ticket), Mail.objects.count(), Notice.objects.count()
    rules = Delivery.objects.filter(kind="rules").count()

    outcome = post(answering(told(ticket, ines)))

    assert outcome == Outcome("message", ticket.number, Reason.AUTO_REPLY)
    assert row_of(ticket) == before
    assert before["status"] == Status.PENDING_REQUESTER
    message = last(ticket)
    assert (message.kind, message.audience, message.body) == (
        MessageKind.AUTOMATIC, Audience.INTERNAL, "I am away until Friday.",
    )  # fmt: skip
    assert ticket.events.order_by("-pk")[0].kind == "mail.automatic"
    assert len(leave()) == mails + 1  # the one that `told` has written
    assert Notice.objects.count() == notices
    assert Delivery.objects.filter(kind="rules").count() == rules


def test_an_automatic_answer_to_a_closed_ticket_opens_nothing(
    post: Post, ticket: Ticket, ines: User, mira: User
) -> None:
    operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=MONDAY)
    operations.confirm(ticket, by=ines, at=MONDAY)
    assert post(answering(told(ticket, ines))).ticket == ticket.number
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"auto_submitted": "auto-replied"},
        {"auto_submitted": "auto-generated"},
        {"precedence": "bulk"},
        {"precedence": "junk"},
        {"x_autoreply": "yes"},
        {"return_path": "<>"},
    ],
    ids=lambda headers: "-".join(*headers.items()),
)
def test_what_a_machine_sends_about_nothing_is_ignored_and_named(
    post: Post, ines: User, leave: Leave, headers: dict[str, Any]
) -> None:
    outcome = post(mail(subject="Out of office", **headers))
    assert (outcome.result, outcome.ticket, outcome.reason) == ("ignored", None, Reason.AUTOMATIC)
    assert ines.email in MailMessage.objects.get().detail
    assert leave() == []


def test_a_mailbox_for_alarms_opens_tickets_for_machines_and_answers_none(
    post: Post, support: Any, ines: User, leave: Leave
) -> None:
    support.accepts_automatic = True
    support.save()
    assert post(mail(auto_submitted="auto-generated")).result == "ticket"
    assert leave() == []


def test_a_list_is_ignored(post: Post, ines: User) -> None:
    assert post(mail(list_id="News <news.elsewhere.example>")).reason in (Reason.LIST, Reason.AUTOMATIC)


def test_a_group_that_passes_on_what_is_sent_to_the_desk_is_no_list(post: Post, ines: User) -> None:
    raw = mail(list_id="Support <support.demo.example>", list_post=f"<mailto:{DESK}>", precedence="list")
    assert post(raw).result == "ticket"


@pytest.mark.parametrize(
    "sender", [DESK, "SUPPORT@demo.example", "support+x@demo.example", "help@demo.example"]
)
def test_the_desks_own_addresses_write_nothing(post: Post, support: Any, sender: str) -> None:
    support.aliases = ["help@demo.example"]
    support.save()
    assert post(mail(sender=sender)).reason == Reason.OWN


def test_the_address_that_mails_come_from_is_one_of_them(post: Post, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Desk <no-reply@desk.example>"
    assert post(mail(sender="no-reply@desk.example")).reason == Reason.OWN


def test_our_own_mail_that_comes_back_is_known_by_its_id(post: Post, ticket: Ticket, ines: User) -> None:
    assert post(mail(message_id=told(ticket, ines).message_id)).reason == Reason.OWN


def test_a_bounce_is_shown_on_the_ticket_and_marks_the_address(
    post: Post, ticket: Ticket, ines: User, leave: Leave
) -> None:
    sent = told(ticket, ines)
    before = row_of(ticket)

    outcome = post(bounce(sent.message_id))

    assert outcome == Outcome("message", ticket.number, Reason.BOUNCE)
    event = ticket.events.order_by("-pk")[0]
    data = {"mail": sent.pk, "user": ines.pk, "status": "5.1.1", "mail_in": MailMessage.objects.get().pk}
    assert (event.kind, event.data) == ("mail.bounced", data)
    assert row_of(ticket) == before
    ines.refresh_from_db()
    assert ines.mail_bounced_at is not None


def test_a_bounce_of_nothing_we_know_is_ignored(post: Post) -> None:
    assert post(bounce("<unknown@elsewhere.example>")).reason == Reason.BOUNCE_OF_NOTHING


def test_a_machine_that_goes_on_in_one_ticket_is_kept_out_and_told_of_once(
    post: Post, ticket: Ticket, ines: User, ada: User, settings: Any
) -> None:
    settings.MAIL_MOST_AUTOMATIC = 2
    sent = told(ticket, ines)
    reasons = [post(answering(sent, f"Away {n}")).reason for n in range(5)]
    assert reasons == [Reason.AUTO_REPLY] * 2 + [Reason.LOOP] * 3
    assert {row.detail for row in MailMessage.objects.filter(reason=Reason.LOOP)} == {ines.email}
    assert [sent.subject for sent in Mail.objects.filter(to=ada.email)] == [
        "[Tierdesk] Mail of ines@northwind.example is held back"
    ]


def test_a_machine_that_does_not_say_so_is_kept_out_too(
    post: Post, ticket: Ticket, ines: User, settings: Any
) -> None:
    settings.MAIL_MOST_IN_A_TICKET = 3
    sent = told(ticket, ines)
    raws = [mail(f"Thank you {n}", in_reply_to=sent.message_id) for n in range(5)]
    assert [post(raw).reason for raw in raws] == [Reason.REFERENCE] * 3 + [Reason.LOOP] * 2


def test_more_than_a_sender_may_send_in_an_hour_waits_and_is_told_of_once(
    post: Post, ines: User, ada: User, settings: Any
) -> None:
    settings.MAIL_MOST_AN_HOUR = 3
    outcomes = [post(mail(subject=f"Alarm {n}")) for n in range(6)]
    assert [one.result for one in outcomes] == ["ticket"] * 3 + ["quarantined"] * 3
    assert outcomes[-1].reason == Reason.RATE
    assert [sent.subject for sent in Mail.objects.filter(to=ada.email)] == [
        "[Tierdesk] Mail of ines@northwind.example is held back"
    ]
    assert post(mail(subject="Next day"), at=MONDAY + timedelta(days=1)).result == "ticket"


def other_desk(sent: Mail, *, says_so: bool, threads: bool) -> bytes:
    """What another helpdesk answers to our receipt: a receipt of its own, with a number of its own."""
    headers: dict[str, Any] = {"auto_submitted": "auto-replied"} if says_so else {}
    if threads:
        headers["in_reply_to"] = sent.message_id
    return mail(
        "We have your request. Do not answer.",
        sender="desk@northwind.example",
        subject=f"[#{sent.pk}] Request received",
        **headers,
    )


@pytest.mark.parametrize("says_so", [True, False])
@pytest.mark.parametrize("threads", [True, False])
def test_two_desks_that_answer_each_other_stop_after_two_messages_each(
    post: Post, leave: Leave, northwind: Any, says_so: bool, threads: bool
) -> None:
    post(mail(sender="desk@northwind.example", subject="[#1] Request received"))
    answered, theirs = 0, 1
    for _round in range(10):
        sent = [row for row in leave() if row.to == "desk@northwind.example"]
        for row in sent[answered:]:
            post(other_desk(row, says_so=says_so, threads=threads))
            theirs += 1
        if len(sent) == answered:
            break
        answered = len(sent)

    assert answered <= 2
    assert theirs <= 2
    assert MailMessage.objects.filter(state=State.STORED).count() == 0
