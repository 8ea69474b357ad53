"""Senders whom the desk does not know, or does not want to hear of."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Organisation, User
from delivery.models import Mail
from intake.models import KnownSender, Mailbox, MailMessage, Policy, Reason, State
from intake.operations.receiving import Outcome, replay
from intake.operations.senders import approve, refuse
from tests.conftest import MONDAY
from tests.intake.mails import mail
from tickets.models import Audience, Message, MessageKind, Ticket
from tickets.refusals import NotAllowed

pytestmark = pytest.mark.django_db
Post = Callable[..., Outcome]
Leave = Callable[[], list[Mail]]
NOVA = "Nova Reyes <Nova@Northwind.example>"
STRANGER = "Zed <zed@elsewhere.example>"


def with_policy(support: Mailbox, policy: Policy, **more: Any) -> None:
    Mailbox.objects.filter(pk=support.pk).update(policy=policy, **more)
    support.refresh_from_db()


def test_a_new_person_of_a_known_domain_is_added(
    post: Post, support: Mailbox, northwind: Organisation
) -> None:
    outcome = post(mail(sender=NOVA))
    nova = User.objects.get(email="nova@northwind.example")
    assert (outcome.result, nova.name, nova.organisation) == ("ticket", "Nova Reyes", northwind)
    assert not nova.has_usable_password()


def test_domains_of_the_mailbox_count_too(post: Post, support: Mailbox, harbour: Organisation) -> None:
    with_policy(support, Policy.DOMAIN_HOLD, domains=["elsewhere.example"], organisation=harbour)
    assert post(mail(sender=STRANGER)).result == "ticket"
    assert User.objects.get(email="zed@elsewhere.example").organisation == harbour


def test_a_stranger_is_held(post: Post, support: Mailbox, leave: Leave) -> None:
    outcome = post(mail(sender=STRANGER))
    assert outcome == Outcome("quarantined", None, Reason.UNKNOWN_SENDER)
    assert MailMessage.objects.get().state == State.HELD
    assert not User.objects.filter(email="zed@elsewhere.example").exists()
    assert leave() == []


def test_what_is_approved_is_filed_with_all_that_waits_of_its_sender(
    post: Post, support: Mailbox, lars: User
) -> None:
    for number in range(3):
        post(mail(sender=STRANGER, subject=f"Question {number}"))
    first = MailMessage.objects.order_by("pk")[0]

    outcomes = approve(first.pk, by=lars, at=MONDAY)

    assert [one.result for one in outcomes] == ["ticket"] * 3
    assert KnownSender.objects.get().verdict == "approved"
    assert post(mail(sender=STRANGER)).result == "ticket"


def test_what_is_refused_by_hand_is_ignored_and_so_is_what_follows(
    post: Post, support: Mailbox, ada: User
) -> None:
    post(mail(sender=STRANGER))
    refuse(MailMessage.objects.get().pk, by=ada, at=MONDAY)

    row = MailMessage.objects.get()
    assert (row.state, row.reason) == (State.IGNORED, Reason.REFUSED_BY_HAND)
    assert post(mail(sender=STRANGER)).reason == Reason.REFUSED_SENDER


def test_requesters_and_technicians_do_not_approve(
    post: Post, support: Mailbox, mira: User, ines: User
) -> None:
    post(mail(sender=STRANGER))
    for person in (mira, ines):
        with pytest.raises(NotAllowed):
            approve(MailMessage.objects.get().pk, by=person, at=MONDAY)


def test_a_stranger_is_refused_politely_once_a_day(post: Post, support: Mailbox, leave: Leave) -> None:
    with_policy(support, Policy.DOMAIN_REFUSE)
    for number in range(3):
        assert post(mail(sender=STRANGER, subject=f"Hello {number}")).reason == Reason.REFUSED_SENDER
    assert [sent.to for sent in leave()] == ["zed@elsewhere.example"]


def test_a_machine_is_not_refused_politely(post: Post, support: Mailbox, leave: Leave) -> None:
    with_policy(support, Policy.REFUSE)
    post(mail(sender=STRANGER, auto_submitted="auto-generated"))
    post(mail(sender=STRANGER, precedence="list", list_id="<x.elsewhere.example>"))
    assert leave() == []


def test_anyone_may_write_where_the_mailbox_says_so(post: Post, support: Mailbox) -> None:
    with_policy(support, Policy.ANYONE)
    assert post(mail(sender=STRANGER)).result == "ticket"


def test_everybody_new_is_held_where_the_mailbox_says_so(
    post: Post, support: Mailbox, northwind: Organisation
) -> None:
    with_policy(support, Policy.HOLD)
    assert post(mail(sender=NOVA)).reason == Reason.UNKNOWN_SENDER


def test_who_has_left_waits_in_quarantine(post: Post, ines: User) -> None:
    User.objects.filter(pk=ines.pk).update(is_active=False)
    assert post(mail()) == Outcome("quarantined", None, Reason.LEFT)


def test_spam_waits_with_what_the_server_said(post: Post, ines: User) -> None:
    outcome = post(mail(x_spam_flag="YES"))
    assert outcome == Outcome("quarantined", None, Reason.SPAM)
    assert "X-Spam-Flag" in MailMessage.objects.get().detail


def test_spam_that_is_released_is_filed(post: Post, ines: User, lars: User) -> None:
    post(mail(x_spam_flag="YES"))
    assert replay(MailMessage.objects.get().pk, by=lars, at=MONDAY).result == "ticket"


def test_what_a_technician_forwards_is_filed_for_who_wrote_it(post: Post, mira: User, ines: User) -> None:
    text = (
        "Please somebody of network.\n\n"
        "---------- Forwarded message ---------\n"
        "From: Ines Okafor <ines@northwind.example>\n"
        "Date: Mon, 23 Nov 2026 at 08:12\n"
        "Subject: VPN again\n"
        "To: Mira Kask <mira@desk.example>\n\n"
        "It drops every 20 minutes.\n"
    )
    outcome = post(mail(text, sender=mira.email, subject="Fwd: VPN again"))

    ticket = Ticket.objects.get()
    assert outcome == Outcome("ticket", ticket.number, Reason.FORWARDED)
    assert (ticket.requester, ticket.opened_by, ticket.subject) == (ines, mira, "VPN again")
    first, note = Message.objects.order_by("pk")
    assert (first.kind, first.author, first.body) == (
        MessageKind.DESCRIPTION, ines, "It drops every 20 minutes.",
    )  # fmt: skip
    assert (note.audience, note.body) == (Audience.INTERNAL, "Please somebody of network.")


def test_what_a_requester_forwards_is_theirs_whole(post: Post, ines: User) -> None:
    text = (
        "What is this?\n\n"
        "---------- Forwarded message ---------\n"
        "From: Zed <zed@elsewhere.example>\nSubject: Win\nDate: Mon, 23 Nov 2026 at 08:12\n"
        "To: Ines\n\nClick here.\n"
    )
    post(mail(text, subject="Fwd: Win"))
    assert Ticket.objects.get().requester == ines
    assert "Click here." in Message.objects.get().body
