"""What a mail looks like on the wire, whom it reaches, and what is done when it does not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.exceptions import PermissionDenied
from django.core.mail.backends.locmem import EmailBackend

from accounts.models import AccountEvent, User
from accounts.operations import change_person, trust_address
from accounts.refusals import Invalid, NotAllowed
from delivery import line, threading
from delivery.addresses import reply_target, ticket_of
from delivery.files import MailFile
from delivery.letters import Letter
from delivery.mailing import as_message
from delivery.models import Delivery, Mail
from delivery.operations import claim, deliver, send_mail_row
from delivery.operations.heading import read_stop
from delivery.operations.mailing import correct_address, note_bounce, retry_mails
from delivery.operations.telling import send_letter
from delivery.threading import Sender
from delivery.vocabulary import kind_called
from tests.delivery.conftest import NOON, later
from tests.delivery.post_office import PostOffice

DESK = Sender("support@demo.example", "Northwind IT")


def came_in(ticket: int) -> list[str]:
    return ["<first@mail.example>", "<second@mail.example>", "no id"] if ticket == 7 else []


def desk_of(ticket: int | None) -> Sender | None:
    return DESK if ticket == 7 else None


@pytest.fixture
def mailbox() -> Iterator[None]:
    threading.teach(came_in)
    threading.teach_sender(desk_of)
    yield
    threading.forget(came_in)
    threading.forget(desk_of)


def write(person: User, *, kind: str = "answers", key: str = "k", at: datetime = NOON, **more: Any) -> Mail:
    words: dict[str, Any] = {
        "subject": "[TD-7] VPN drops",
        "text": "Restart it.",
        "html": "<p>Restart it.</p>",
        "sender_name": "Mira Kask",
        "is_personal": kind_called(kind).is_correspondence,
    }
    letter = Letter(**words | more)
    return send_letter(
        [letter], to=person.email, kind=kind_called(kind), key=key, at=at, person=person, ticket_number=7
    )


def wire(mail: Mail) -> Message:
    return as_message(mail).message()


def send_due(at: datetime) -> list[bool]:
    due = claim(limit=10, worker="w1", at=at)
    return [deliver(row, at=at) for row in due if row.kind == "mail"]


class Server:
    """The mail server: it refuses whom it is told to, by address."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refuses: dict[str, tuple[int, bytes]] = {}
        self.error: Exception | None = None
        self.reached: list[list[str]] = []
        send = EmailBackend.send_messages

        def answer(backend: EmailBackend, messages: Any) -> int:
            (message,) = messages
            if self.error is not None:
                raise self.error
            refused = {who: self.refuses[who] for who in message.recipients() if who in self.refuses}
            if len(refused) == len(message.recipients()):
                raise SMTPRecipientsRefused(refused)
            message.refused = refused
            self.reached.append([who for who in message.recipients() if who not in refused])
            return send(backend, messages)

        monkeypatch.setattr(EmailBackend, "send_messages", answer)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(monkeypatch)


# --- headers ---


def test_an_answer_comes_in_the_agents_name_from_the_mailbox_and_is_answered_to_its_ticket(
    mailbox: None, ines: User
) -> None:
    mail = write(ines)
    sent = wire(mail)

    assert sent["From"] == '"Mira Kask (Northwind IT)" <support@demo.example>'
    assert ticket_of(sent["Reply-To"]) == 7
    assert sent["Subject"] == "[TD-7] VPN drops"
    bounces_to = reply_target(as_message(mail).from_email)
    assert bounces_to is not None
    assert (bounces_to.ticket, bounces_to.mail) == (7, mail.pk)


def test_every_mail_of_a_ticket_belongs_to_one_conversation(mailbox: None, ines: User) -> None:
    first = write(ines, key="1")
    second = write(ines, key="2", subject="[TD-7] VPN drops again")
    third = write(ines, key="3", subject="[TD-7] Another subject", keeps_subject=False)

    root = "<ticket.7@localhost>"
    assert wire(first)["References"] == f"{root} <first@mail.example> <second@mail.example>"
    assert [wire(mail)["In-Reply-To"] for mail in (first, second)] == ["<second@mail.example>"] * 2
    assert wire(second)["References"].split() == [
        root,
        "<first@mail.example>",
        first.message_id,
        "<second@mail.example>",
    ]
    assert [mail.subject for mail in (first, second, third)] == [
        "[TD-7] VPN drops",
        "[TD-7] VPN drops",
        "[TD-7] Another subject",
    ]


def test_without_anything_that_came_in_the_last_mail_is_the_one_before(ines: User) -> None:
    letter = Letter(subject="[TD-8] x", text="x", html="<p>x</p>")
    first, second = (
        send_letter([letter], to=ines.email, kind=kind_called("answers"), key=key, at=NOON, ticket_number=8)
        for key in "ab"
    )

    assert wire(first)["In-Reply-To"] is None
    assert wire(second)["In-Reply-To"] == first.message_id
    assert "Reply-To" not in wire(second)


def test_what_a_person_wrote_does_not_say_that_a_machine_did(mailbox: None, ines: User) -> None:
    personal, automatic = wire(write(ines, key="1")), wire(write(ines, kind="assigned", key="2"))

    assert personal["Auto-Submitted"] is None
    assert automatic["Auto-Submitted"] == "auto-generated"
    # Delivery reports are wanted: what bounces is shown.
    assert "NDR" not in automatic["X-Auto-Response-Suppress"].split(", ")
    assert "OOF" in automatic["X-Auto-Response-Suppress"]


def test_a_receipt_of_a_mail_says_that_it_answers_one(mailbox: None, ines: User) -> None:
    assert wire(write(ines, kind="receipt"))["Auto-Submitted"] == "auto-replied"


def test_only_what_may_be_switched_off_says_how_to_stop_it(mailbox: None, mira: User) -> None:
    notice, answer, receipt = (
        wire(write(mira, kind=kind, key=kind)) for kind in ("assigned", "answers", "receipt")
    )

    url = notice["List-Unsubscribe"].strip("<>")
    assert read_stop(url.rstrip("/").rpartition("/")[2]) == (mira.pk, ["assigned"])
    assert notice["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (notice["List-Id"], notice["Precedence"]) == ("<assigned.notices.localhost>", "bulk")
    for other in (answer, receipt):
        assert [other[name] for name in ("List-Unsubscribe", "List-Id", "Precedence")] == [None] * 3


def test_a_mail_that_is_tried_again_has_the_same_headers(mailbox: None, ines: User) -> None:
    mail = write(ines)
    first = wire(mail)
    write(ines, key="later", at=later(minutes=5))
    again = wire(Mail.objects.get(pk=mail.pk))

    names = ("Message-ID", "Date", "References", "In-Reply-To", "Subject", "Reply-To")
    assert [first[name] for name in names] == [again[name] for name in names]


def test_the_text_begins_with_the_line_to_write_above_and_ends_with_where_to_choose(
    mailbox: None, ines: User
) -> None:
    mail = write(ines, greeting="Hello Ines,", greeting_html="<p>Hello Ines,</p>", signature="Northwind IT")

    assert mail.text == (
        "##- Please write your answer above this line -##\n\nHello Ines,\n\nRestart it.\n\n--\nNorthwind IT\n\n"
        "Choose what you are told, when, and how:\nhttp://127.0.0.1:8000/profile/notices/\n"
    )
    assert (
        mail.html.index("##- Please write") < mail.html.index("Hello Ines,") < mail.html.index("Restart it.")
    )


def test_the_html_calls_nobody_and_is_made_for_the_dark_and_for_phones(mailbox: None, ines: User) -> None:
    html = write(ines).html

    assert "http" not in "".join(part.split(">")[0] for part in html.split("<img")[1:])
    assert "prefers-color-scheme: dark" in html
    assert '<meta name="viewport"' in html
    assert "<script" not in html


def test_pictures_come_in_their_places_and_files_beside(monkeypatch: pytest.MonkeyPatch, ines: User) -> None:
    found = [
        MailFile("plan.png", "image/png", b"png", "key@desk"),
        MailFile("größe\r\n.pdf", "application/pdf", b"pdf"),
    ]
    monkeypatch.setattr("delivery.files._readers", [lambda keys: found])
    sent = wire(
        send_mail_row(to=ines.email, subject="x", text="x", html="<p>x</p>", files=["a", "b"], at=NOON)
    )

    parts = {part.get_content_type(): part for part in sent.walk()}
    assert parts["image/png"]["Content-ID"] == "<key@desk>"
    assert parts["image/png"].get_content_disposition() == "inline"
    assert parts["application/pdf"].get_content_disposition() == "attachment"
    assert parts["application/pdf"].get_payload(decode=True) == b"pdf"
    assert "\r\nX" not in sent.as_string()


# --- who got it ---


@pytest.mark.django_db
def test_one_refused_of_three_keeps_it_from_nobody_else_and_is_told(server: Server) -> None:
    row = send_mail_row(to="a@x.example", cc=["b@x.example", "c@x.example"], subject="x", text="x", at=NOON)
    server.refuses["b@x.example"] = (550, b"5.1.1 no such user")

    assert send_due(NOON) == [True]

    row.refresh_from_db()
    assert server.reached == [["a@x.example", "c@x.example"]]
    assert (row.state, row.refused) == ("sent", {"b@x.example": "550 5.1.1 no such user"})
    assert row.error == "b@x.example: 550 5.1.1 no such user"
    assert row.has_trouble


@pytest.mark.django_db
def test_one_who_may_get_it_later_gets_it_alone(server: Server) -> None:
    row = send_mail_row(to="a@x.example", cc=["b@x.example"], subject="x", text="x", at=NOON)
    server.refuses["b@x.example"] = (451, b"greylisted")
    assert send_due(NOON) == [False]
    server.refuses.clear()

    assert send_due(later(minutes=5)) == [True]

    row.refresh_from_db()
    assert server.reached == [["a@x.example"], ["b@x.example"]]
    assert (row.state, row.error) == ("sent", "")
    assert {message.message()["Cc"] for message in django_mail.outbox} == {"b@x.example"}


@pytest.mark.django_db
def test_all_refused_for_good_is_given_up(server: Server) -> None:
    row = send_mail_row(to="a@x.example", cc=["b@x.example"], subject="x", text="x", at=NOON)
    server.refuses = dict.fromkeys(row.recipients, (550, b"no"))

    assert send_due(NOON) == [False]

    row.refresh_from_db()
    assert (row.state, server.reached) == ("failed", [])
    assert Delivery.objects.get().state == "dead"


# --- what comes back ---


def bounce(mail: Mail, *, status: str = "5.1.1", recipient: str = "") -> Mail | None:
    return note_bounce(
        message_id=mail.message_id,
        recipient=recipient or mail.to,
        status=status,
        diagnostic="550 no such user",
        at=later(minutes=3),
    )


def test_a_bounce_for_good_marks_mail_and_address_and_holds_what_follows(
    server: Server, ines: User, ada: User
) -> None:
    first = write(ines)
    send_due(NOON)

    bounce(first)

    ines.refresh_from_db()
    first.refresh_from_db()
    assert (first.bounced_at, ines.mail_bounced_at) == (later(minutes=3), later(minutes=3))
    assert "5.1.1 550 no such user" in first.error
    held = write(ines, key="2", at=later(minutes=4))
    assert send_due(later(minutes=4)) == [False]
    held.refresh_from_db()
    assert (held.state, held.error[:28]) == ("failed", "Held: mail to this address c")

    trust_address(ines, by=ada, at=later(minutes=5))
    assert retry_mails([held.pk], by=ada, at=later(minutes=5)) == 1
    assert send_due(later(minutes=5)) == [True]
    kinds = list(AccountEvent.objects.filter(person=ines).order_by("pk").values_list("kind", flat=True))
    assert kinds[-2:] == ["person.mail_bounced", "person.mail_trusted"]


def test_what_may_arrive_later_marks_no_address(ines: User) -> None:
    bounce(write(ines), status="4.2.2")

    ines.refresh_from_db()
    assert ines.mail_bounced_at is None


def test_a_report_about_a_mail_that_is_not_ours_marks_nobody(ines: User) -> None:
    found = note_bounce(
        message_id="<forged@evil.example>", recipient=ines.email, status="5.1.1", diagnostic="", at=NOON
    )

    ines.refresh_from_db()
    assert (found, ines.mail_bounced_at) == (None, None)


def test_a_report_about_somebody_whom_we_did_not_write_to_marks_nobody(ines: User, tomasz: User) -> None:
    bounce(write(ines), recipient=tomasz.email)

    for person in (ines, tomasz):
        person.refresh_from_db()
        assert person.mail_bounced_at is None


def test_a_server_that_knows_no_such_address_marks_it_at_once(server: Server, ines: User) -> None:
    write(ines)
    server.refuses[ines.email] = (550, b"5.1.1 no such user")
    send_due(NOON)

    ines.refresh_from_db()
    assert ines.mail_bounce == "550 5.1.1 no such user"


def test_mails_about_the_login_are_tried_anyway(server: Server, ines: User) -> None:
    bounce(write(ines))
    ines.refresh_from_db()
    Delivery.objects.all().delete()
    send_mail_row(to=ines.email, subject="New password", text="x", person=ines, at=NOON)

    assert send_due(NOON) == [True]


def test_a_changed_address_is_trusted(ines: User, ada: User) -> None:
    bounce(write(ines))

    changed = change_person(ines, email="ines.new@northwind.example", by=ada, at=NOON)

    assert (changed.mail_bounced_at, changed.mail_bounce) == (None, "")


def test_a_requester_does_not_trust_addresses(ines: User, tomasz: User) -> None:
    with pytest.raises(NotAllowed):
        trust_address(ines, by=tomasz, at=NOON)


# --- trying again ---


def test_an_address_is_corrected_and_the_mail_leaves(server: Server, ines: User, ada: User) -> None:
    mail = write(ines)
    server.refuses[ines.email] = (550, b"no")
    send_due(NOON)

    correct_address(mail, to="ines.new@northwind.example", by=ada, at=later(minutes=1))

    assert send_due(later(minutes=1)) == [True]
    assert server.reached == [["ines.new@northwind.example"]]


def test_what_came_back_goes_out_again_as_a_message_of_its_own(server: Server, ines: User, ada: User) -> None:
    mail = write(ines)
    send_due(NOON)
    bounce(mail)

    again = correct_address(mail, to="ines.new@northwind.example", by=ada, at=later(minutes=5))

    assert (again.pk != mail.pk, again.message_id != mail.message_id) == (True, True)
    assert send_due(later(minutes=5)) == [True]


@pytest.mark.parametrize("to", ["", "nobody", "a@b\nBcc: c@d.example"])
def test_no_address_is_refused_by_name(ines: User, ada: User, to: str) -> None:
    with pytest.raises(Invalid) as refused:
        correct_address(write(ines), to=to, by=ada, at=NOON)
    assert refused.value.field == "to"


def test_what_has_arrived_is_not_sent_to_another(server: Server, ines: User, ada: User) -> None:
    mail = write(ines)
    send_due(NOON)

    with pytest.raises(Invalid, match="has left"):
        correct_address(mail, to="x@y.example", by=ada, at=NOON)
    assert retry_mails(None, by=ada, at=NOON) == 0


def test_only_administrators_send_again(ines: User, mira: User) -> None:
    mail = write(ines)
    with pytest.raises(PermissionDenied):
        retry_mails([mail.pk], by=mira, at=NOON)
    with pytest.raises(PermissionDenied):
        correct_address(mail, to="x@y.example", by=mira, at=NOON)


def test_a_mail_whose_delivery_was_forgotten_gets_a_new_one(server: Server, ines: User, ada: User) -> None:
    mail = write(ines)
    server.error = SMTPServerDisconnected("gone")
    send_due(NOON)
    Delivery.objects.all().delete()
    server.error = None

    assert retry_mails(None, by=ada, at=later(days=40)) == 1
    assert send_due(later(days=40)) == [True]
    assert mail.recipients == server.reached[0]


# --- one connection for many ---


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    with PostOffice() as office:
        settings.EMAIL_BACKEND = "delivery.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = office.server_address[:2]
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield office
        line.hang_up()


@pytest.mark.django_db
def test_many_mails_leave_over_one_connection(office: PostOffice) -> None:
    for n in range(5):
        send_mail_row(to=f"p{n}@x.example", subject=f"no {n}", text="x", at=NOON)

    assert send_due(NOON) == [True] * 5

    assert [letter["Subject"] for letter in office.letters] == [f"no {n}" for n in range(5)]
    assert office.calls == 1


@pytest.mark.django_db
def test_a_connection_that_the_server_has_closed_is_opened_anew(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "ASKED_AFTER", 0.0)
    send_mail_row(to="a@x.example", subject="1", text="x", at=NOON)
    assert send_due(NOON) == [True]
    office.hang_up_on_all()
    send_mail_row(to="a@x.example", subject="2", text="x", at=datetime(2026, 3, 2, 13, tzinfo=UTC))

    assert send_due(later(hours=1)) == [True]
    assert office.calls == 2
