"""Which ticket a message belongs to, and who may write into it."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Organisation, User, VendorContact
from delivery.addresses import reply_address
from delivery.models import Mail
from delivery.operations import send_mail_row
from escalation import operations as escalation
from escalation.models import Reason as HandoffReason
from intake.models import MailMessage, Reason, State
from intake.operations.receiving import Outcome, process, store
from tests.conftest import MONDAY
from tests.intake.mails import DESK, mail
from tickets import events, operations
from tickets.models import Audience, Channel, Link, LinkType, Message, MessageKind, Status, Ticket, Watch

pytestmark = pytest.mark.django_db
Post = Callable[..., Outcome]
Leave = Callable[[], list[Mail]]
File = Callable[..., Ticket]


def last(ticket: Ticket) -> Message:
    return Message.objects.filter(ticket=ticket).order_by("-pk")[0]


def told(ticket: Ticket, person: User, kind: str = events.OPENED) -> Mail:
    """A mail of ours that told this person of the ticket's last event of a kind."""
    event = ticket.events.filter(kind=kind).order_by("-pk")[0]
    return send_mail_row(
        to=person.email,
        subject=f"[{ticket.number}] {ticket.subject}",
        text="…",
        about_ticket=ticket.pk,
        person=person,
        event_id=event.pk,
        at=MONDAY,
    )


def test_an_answer_to_our_mail_is_a_reply(post: Post, ticket: Ticket, ines: User) -> None:
    outcome = post(
        mail("Still there.", subject="Re: something else", in_reply_to=told(ticket, ines).message_id)
    )

    assert outcome == Outcome("message", ticket.number, Reason.REFERENCE)
    assert (last(ticket).body, last(ticket).author, last(ticket).kind) == (
        "Still there.",
        ines,
        MessageKind.REPLY,
    )


def test_any_of_the_references_will_do(post: Post, ticket: Ticket, ines: User) -> None:
    ours = told(ticket, ines).message_id
    raw = mail("Still there.", subject="New", references=f"{ours} <x@phone.example> <y@phone.example>")
    assert post(raw).ticket == ticket.number


def test_the_signed_address_finds_the_ticket_when_all_else_was_rewritten(
    post: Post, ticket: Ticket, ines: User
) -> None:
    outcome = post(mail("Still there.", subject="Antwort", to=reply_address(DESK, ticket.pk)))
    assert outcome == Outcome("message", ticket.number, Reason.TOKEN)


def test_a_forged_address_finds_nothing(post: Post, ticket: Ticket, ines: User) -> None:
    address = reply_address(DESK, ticket.pk)
    forged = address.replace(f"+t{ticket.pk}.", f"+t{ticket.pk}.a")
    assert post(mail(to=forged)).result == "ticket"


def test_the_number_in_the_subject_is_the_last_resort(post: Post, ticket: Ticket, ines: User) -> None:
    outcome = post(mail("Still there.", subject=f"Re: [{ticket.number}] VPN"))
    assert outcome == Outcome("message", ticket.number, Reason.SUBJECT)


def test_a_number_without_our_brackets_is_only_a_number(post: Post, ticket: Ticket, ines: User) -> None:
    assert post(mail(subject=f"Is it like {ticket.number}?")).result == "ticket"


def test_a_header_goes_before_the_subject(post: Post, open_ticket: File, ines: User) -> None:
    one, other = open_ticket("One"), open_ticket("Other")
    outcome = post(mail(subject=f"[{other.number}] Other", in_reply_to=told(one, ines).message_id))
    assert outcome.ticket == one.number


def test_an_answer_to_a_mail_that_came_in_is_a_reply(post: Post, ines: User) -> None:
    first = post(mail(message_id="<first@northwind.example>"))
    second = post(mail("And it smokes.", subject="Smoke", in_reply_to="<first@northwind.example>"))
    assert (second.result, second.ticket) == ("message", first.ticket)


def test_an_answer_that_is_filed_first_waits_for_what_it_answers(support: Any, ines: User) -> None:
    first = store(mail(message_id="<first@northwind.example>"), mailbox=support, at=MONDAY, source="test")
    answer = store(
        mail("And it smokes.", in_reply_to="<first@northwind.example>"),
        mailbox=support,
        at=MONDAY,
        source="test",
    )

    assert process(answer.pk, at=MONDAY).result == "message"
    assert process(first.pk, at=MONDAY).result == "ticket"
    assert Ticket.objects.count() == 1


def test_an_answer_to_a_merged_ticket_goes_to_the_survivor(
    post: Post, open_ticket: File, ines: User, mira: User
) -> None:
    gone, survivor = open_ticket("Gone"), open_ticket("Stays")
    mail_of_gone = told(gone, ines).message_id
    operations.merge(gone, into=survivor, by=mira, at=MONDAY)

    assert post(mail("More.", in_reply_to=mail_of_gone)).ticket == survivor.number


def test_an_answer_to_a_resolved_ticket_reopens_it(
    post: Post, ticket: Ticket, ines: User, mira: User
) -> None:
    operations.resolve(ticket, code="fixed", summary="Restarted it.", by=mira, at=MONDAY)
    post(mail("No, still.", in_reply_to=told(ticket, ines).message_id))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.reopen_count) == (Status.OPEN, 1)


def test_an_answer_to_a_closed_ticket_opens_a_follow_up_and_the_next_answer_goes_there(
    post: Post, ticket: Ticket, ines: User, mira: User
) -> None:
    ours = told(ticket, ines).message_id
    operations.resolve(ticket, code="fixed", summary="Restarted it.", by=mira, at=MONDAY)
    operations.confirm(ticket, by=ines, at=MONDAY)

    first = post(mail("It is back.", in_reply_to=ours))
    second = post(mail("And worse.", in_reply_to=ours))

    new = Ticket.objects.exclude(pk=ticket.pk).get()
    assert first == Outcome("ticket", new.number, Reason.REFERENCE)
    assert second == Outcome("message", new.number, Reason.REFERENCE)
    assert Link.objects.get().type == LinkType.FOLLOW_UP
    assert new.channel == Channel.MAIL


# --- Who may ---


def test_a_stranger_to_the_ticket_gets_one_of_their_own_linked_and_marked(
    post: Post, ticket: Ticket, otto: User, support: Any
) -> None:
    outcome = post(mail("Same here!", sender=otto.email, subject=f"Re: [{ticket.number}] VPN"))

    new = Ticket.objects.exclude(pk=ticket.pk).get()
    assert outcome == Outcome("ticket", new.number, Reason.FOREIGN_TICKET)
    assert new.requester == otto
    assert ticket.messages.count() == 1
    link = Link.objects.get()
    assert (link.ticket, link.other, link.type) == (new, ticket, LinkType.RELATED)
    told_there = new.events.filter(kind="mail.named_other").get()
    assert told_there.data == {"other": ticket.pk, "mail_in": MailMessage.objects.get().pk}


def test_a_colleague_without_a_part_in_it_may_not_either(post: Post, ticket: Ticket, tomasz: User) -> None:
    outcome = post(mail(sender=tomasz.email, to=reply_address(DESK, ticket.pk)))
    assert outcome.reason == Reason.FOREIGN_TICKET


def test_a_watcher_may(post: Post, ticket: Ticket, tomasz: User, ines: User) -> None:
    operations.watch(ticket, user=tomasz, by=ines, at=MONDAY)
    assert post(mail(sender=tomasz.email, to=reply_address(DESK, ticket.pk))).result == "message"


def test_who_sees_the_whole_organisation_may(post: Post, ticket: Ticket, greta: User) -> None:
    assert post(mail(sender=greta.email, to=reply_address(DESK, ticket.pk))).result == "message"


def test_not_into_a_restricted_ticket(post: Post, ticket: Ticket, greta: User, ada: User) -> None:
    operations.restrict(ticket, people=[ada], by=ada, at=MONDAY)
    assert post(mail(sender=greta.email, to=reply_address(DESK, ticket.pk))).reason == Reason.FOREIGN_TICKET


# --- The desk by mail ---


def test_a_technician_who_answers_a_mail_about_a_reply_writes_to_the_requester(
    post: Post, ticket: Ticket, mira: User, ines: User
) -> None:
    operations.reply(ticket, text="Any news?", by=ines, at=MONDAY)
    ours = told(ticket, mira, events.REPLIED)

    post(mail("Try it now.", sender=mira.email, in_reply_to=ours.message_id))

    message = last(ticket)
    assert (message.audience, message.kind, message.from_desk) == (Audience.PUBLIC, MessageKind.REPLY, True)


def test_the_signed_address_says_which_mail_a_technician_answers(
    post: Post, ticket: Ticket, mira: User, ines: User
) -> None:
    ours = told(ticket, mira)
    post(mail("Try it now.", sender=mira.email, to=reply_address(DESK, ticket.pk, ours.pk)))
    assert last(ticket).audience == Audience.PUBLIC


def test_a_technician_who_answers_an_internal_notice_leaves_a_note(
    post: Post, ticket: Ticket, mira: User, sara: User
) -> None:
    operations.note(ticket, text="She is difficult.", by=sara, at=MONDAY)
    post(mail("I agree.", sender=mira.email, in_reply_to=told(ticket, mira, events.NOTED).message_id))
    assert (last(ticket).audience, last(ticket).kind) == (Audience.INTERNAL, MessageKind.NOTE)


@pytest.mark.parametrize("way", ["subject", "address"])
def test_a_technician_who_answers_nothing_that_is_known_leaves_a_note(
    post: Post, ticket: Ticket, mira: User, way: str
) -> None:
    named: dict[str, Any] = (
        {"subject": f"[{ticket.number}] VPN"} if way == "subject" else {"to": reply_address(DESK, ticket.pk)}
    )
    post(mail("I agree.", sender=mira.email, **named))
    assert last(ticket).audience == Audience.INTERNAL


def test_a_technician_whose_tier_does_not_write_to_requesters_leaves_a_note(
    post: Post, ticket: Ticket, dario: User
) -> None:
    operations.watch(ticket, user=dario, by=None, at=MONDAY)
    post(mail("It is the switch.", sender=dario.email, in_reply_to=told(ticket, dario).message_id))
    assert last(ticket).audience == Audience.INTERNAL


# --- Vendors ---


@pytest.fixture
def with_kestrel(ticket: Ticket, vendors: Any, mira: User) -> Ticket:
    handed = escalation.hand_over(
        ticket,
        team=vendors,
        reason=HandoffReason.NEEDS_VENDOR,
        summary="Please look at the router.",
        by=mira,
        at=MONDAY,
    )
    return handed.ticket


def test_a_vendors_guest_answers_on_the_shared_ticket(post: Post, with_kestrel: Ticket, vera: User) -> None:
    outcome = post(mail("Router replaced.", sender=vera.email, subject=f"Re: [{with_kestrel.number}] VPN"))

    message = last(with_kestrel)
    assert outcome == Outcome("message", with_kestrel.number, Reason.SUBJECT)
    assert (message.audience, message.author, message.vendor) == (Audience.VENDOR, vera, vera.organisation)
    assert with_kestrel.events.filter(kind=events.VENDOR_REPLIED).count() == 1


def test_a_vendors_contact_without_a_login_answers_there_too(
    post: Post, with_kestrel: Ticket, kestrel: Organisation
) -> None:
    VendorContact.objects.create(vendor=kestrel, name="Noor Blom", email="Noor@kestrel.example")
    sender = "Noor Blom <noor@kestrel.example>"
    outcome = post(mail("Router replaced.", sender=sender, subject=f"Re: [{with_kestrel.number}] VPN"))

    message = last(with_kestrel)
    assert outcome.result == "message"
    assert (message.audience, message.vendor, message.from_desk) == (Audience.VENDOR, kestrel, False)
    assert message.author
    assert message.author.organisation == kestrel


def test_a_vendors_contact_may_not_write_into_another_ticket(
    post: Post, ticket: Ticket, kestrel: Organisation
) -> None:
    VendorContact.objects.create(vendor=kestrel, name="Noor Blom", email="noor@kestrel.example")
    outcome = post(mail(sender="noor@kestrel.example", subject=f"Re: [{ticket.number}] VPN"))
    assert outcome.reason == Reason.FOREIGN_TICKET
    assert ticket.messages.count() == 1


# --- Copies to others ---


def test_known_people_in_copy_follow_the_ticket(post: Post, ines: User, tomasz: User, support: Any) -> None:
    post(mail(cc=f"{tomasz.email}, nobody@elsewhere.example, {DESK}"))
    assert [watch.user for watch in Watch.objects.all()] == [tomasz]


def test_new_people_in_copy_follow_where_the_mailbox_says_so(post: Post, ines: User, support: Any) -> None:
    support.adds_copied = True
    support.save()
    post(mail(cc="Nova <nova@northwind.example>, nobody@elsewhere.example"))
    watch = Watch.objects.get()
    assert (watch.user.email, watch.user.name, watch.user.organisation) == (
        "nova@northwind.example", "Nova", ines.organisation,
    )  # fmt: skip


def test_three_hundred_in_copy_make_twenty_watchers(post: Post, ines: User, support: Any) -> None:
    support.adds_copied = True
    support.save()
    post(mail(cc=", ".join(f"p{n}@northwind.example" for n in range(300))))
    assert Watch.objects.count() == 20
    assert len(MailMessage.objects.get().words.addressed) == 301


# --- Two mailboxes ---


def test_one_message_to_two_mailboxes_is_one_ticket(post: Post, ines: User, support: Any) -> None:
    sales = type(support).objects.create(name="sales", address="sales@demo.example", created_at=MONDAY)
    raw = mail(to=f"{DESK}, sales@demo.example", message_id="<both@northwind.example>")
    first = post(b"Delivered-To: support@demo.example\r\n" + raw)
    second = post(b"Delivered-To: sales@demo.example\r\n" + raw, mailbox=sales)

    assert (second.result, second.ticket, second.reason) == ("ignored", first.ticket, Reason.DUPLICATE)
    assert Ticket.objects.count() == 1
    assert MailMessage.objects.filter(state=State.IGNORED).count() == 1
