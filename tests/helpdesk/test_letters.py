"""The words of mails: what is built in, what an organisation wrote instead, and what may stand in them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile

from accounts.models import AccountEvent, Organisation, User
from accounts.refusals import Invalid
from accounts.sentences import lines
from delivery.addresses import marker_line
from delivery.filling import unknown_places
from delivery.mailing import as_message
from delivery.models import Mail, MailTemplate
from delivery.operations.redacting import empty_mails
from delivery.operations.templates import reset_template, write_template
from delivery.templates import words_of
from delivery.vocabulary import LetterKind, is_kind, letter_called, letters
from helpdesk import notices
from helpdesk.telling.files import Enclosed
from helpdesk.telling.writing import compose, html_of, inline, link, written
from intake.mail.parsing import parse
from tests.conftest import MONDAY
from tickets import operations
from tickets.models import Attachment, Event, Ticket

OPENED = "opened"
TWO_LANGUAGES = [("en", "English"), ("de", "Deutsch")]


def write(by: User, body: str = "Welcome, {name}.\n\n{link}", **place: Any) -> MailTemplate:
    asked: dict[str, Any] = {"organisation": None, "language": "", "subject": "[{ticket}] Own", "at": MONDAY}
    return write_template(OPENED, body=body, by=by, **asked | place)


def held(organisation: Organisation | None = None, language: str = "en") -> str:
    found = words_of(
        [letter_called(OPENED)], organisation=organisation.pk if organisation else None, language=language
    )
    return found[OPENED].body


@pytest.mark.parametrize("letter", letters(), ids=lambda letter: letter.name)
def test_built_in_words_name_only_what_they_know(letter: LetterKind) -> None:
    known = letter.placeholders
    assert unknown_places(f"{letter.subject} {letter.body}", known) == []
    assert letter.part or is_kind(letter.kind)


def test_a_vendors_letters_know_neither_who_asks_nor_for_whom() -> None:
    for name in (
        "shared_with_vendor",
        "vendor_chased",
        "vendor_asked",
        "vendor_chased_contact",
        "handed_over",
    ):
        assert not letter_called(name).placeholders & {"requester", "organisation"}, name


def test_the_most_special_words_hold(
    ada: User, northwind: Organisation, harbour: Organisation, settings: Any
) -> None:
    settings.LANGUAGES = TWO_LANGUAGES
    write(ada, "all")
    write(ada, "all, German", language="de")
    write(ada, "Northwind", organisation=northwind)
    write(ada, "Northwind, German", organisation=northwind, language="de")

    assert [held(northwind, "de"), held(northwind), held(harbour, "de"), held(harbour), held()] == [
        "Northwind, German",
        "Northwind",
        "all, German",
        "all",
        "all",
    ]


def test_put_back_the_next_in_the_chain_holds_and_the_history_stays(
    ada: User, northwind: Organisation
) -> None:
    write(ada, "all")
    write(ada, "first", organisation=northwind)
    write(ada, "second", organisation=northwind)
    assert reset_template(OPENED, organisation=northwind, language="", by=ada, at=MONDAY) is not None
    assert reset_template(OPENED, organisation=northwind, language="", by=ada, at=MONDAY) is None

    assert held(northwind) == "all"
    rows = MailTemplate.objects.filter(organisation=northwind).order_by("pk")
    assert [(row.body, row.is_current, row.is_builtin) for row in rows] == [
        ("first", False, False),
        ("second", False, False),
        ("", True, True),
    ]
    told = [line.sentence for line in lines(AccountEvent.objects.filter(kind__startswith="mail_template"))]
    assert sorted(told)[0] == "put a mail back to its built-in words"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"body": "Hello {password}"}, "body", "does not know {password}. It knows: {by}, {desk}, {hours}"),
        ({"subject": "{text}"}, "subject", "does not know {text}"),
        ({"body": "  "}, "body", "needs words"),
        ({"subject": " "}, "subject", "needs a subject"),
        ({"body": "x" * 10_001}, "body", "at most 10000"),
        ({"language": "tlh"}, "language", "does not speak"),
    ],
)
def test_what_cannot_be_a_template_is_refused_by_name(
    ada: User, changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        write(ada, **changes)
    assert refused.value.field == field
    assert words in str(refused.value)


def test_only_administrators_write_them(mira: User) -> None:
    with pytest.raises(PermissionDenied):
        write(mira)


def test_a_request_is_confirmed_in_the_organisations_own_words(
    ada: User, northwind: Organisation, ticket: Ticket, at: datetime
) -> None:
    write(ada, "**Welcome**, {name}: {subject}\n\n{link}", organisation=northwind)
    notices.confirm_receipt(Event.objects.get(ticket=ticket), at)

    mail = Mail.objects.get()
    assert mail.subject == f"[{ticket.number}] Own"
    assert f"Hello Ines,\n\n**Welcome**, Ines: {ticket.subject}\n\nhttp" in mail.text
    assert "<strong>Welcome</strong>, Ines" in mail.html


def test_words_of_others_mean_nothing_in_a_mail(db: None) -> None:
    values = {
        "name": inline("*Ines* <script>"),
        "desk": inline("Desk"),
        "reach": inline("Desk"),
        "ticket": inline("TD-7"),
        "subject": inline("{link} [x](http://evil.example) ![](http://evil.example/pixel.png)"),
        "by": inline("Mira"),
        "text": written("<img src=x onerror=alert(1)> ![pixel](https://evil.example/p.png) **bold**"),
        "link": link("https://desk.example/requests/TD-7/"),
    }
    letter = compose("replied", values, language="en", organisation=None)

    html = letter.greeting_html + letter.html
    assert "<strong>bold</strong>" in html
    for sign in ("<script", "<img", "evil.example/pixel", 'href="http://evil', "<em>"):
        assert sign not in html, sign
    assert letter.subject == "[TD-7] {link} [x](http://evil.example) ![](http://evil.example/pixel.png)"


def test_our_own_link_alone_is_a_button_and_links_of_a_message_stay_as_they_are(settings: Any) -> None:
    settings.BASE_URL = "https://desk.example"
    html = html_of(
        "<https://desk.example/r/a_b_:c/>\n\nhttps://other.example/\n\n[help](/help/vpn/)", Enclosed()
    )

    assert '<a class="button" href="https://desk.example/r/a_b_:c/">' in html
    assert html.count("button") == 1
    assert 'href="https://desk.example/help/vpn/"' in html


# --- files ---


@pytest.fixture
def replied(ticket: Ticket, mira: User, at: datetime) -> Callable[..., Event]:
    def reply(text: str = "See the plan.", **sizes: int) -> Event:
        files = [
            Attachment.objects.create(
                uploaded_by=mira,
                uploaded_at=at,
                name=f"{name}.png",
                content_type="image/png",
                size=size,
                sha256="",
                file=ContentFile(b"png", name=name),
            )
            for name, size in sizes.items()
        ]
        for file in files:
            text = text.replace(f"{{{file.name}}}", str(file.pk))
        operations.reply(ticket, text=text, by=mira, at=at, attachments=[file.pk for file in files])
        return Event.objects.filter(ticket=ticket, kind="ticket.replied").latest("pk")

    return reply


def test_small_files_come_with_the_answer_and_big_ones_as_links(
    replied: Callable[..., Event], at: datetime, settings: Any
) -> None:
    settings.MAIL_ATTACH_UP_TO = 1_000
    event = replied("Here: ![plan](/files/{plan.png}/)", plan=600, more=300, big=5_000)
    notices.tell_of_reply(event, at)

    mail = Mail.objects.get()
    keys = {str(key) for key in Attachment.objects.filter(size__lt=1_000).values_list("pk", flat=True)}
    assert set(mail.files or []) == keys
    assert "big.png (4.9\xa0KB): http://127.0.0.1:8000/files/" in mail.text
    inside = str(Attachment.objects.get(name="plan.png").pk)
    assert f'src="cid:{inside}@localhost"' in mail.html
    sent = as_message(mail).message()
    assert [part["Content-ID"] for part in sent.walk() if part.get_content_type() == "image/png"].count(
        f"<{inside}@localhost>"
    ) == 1


def test_a_file_that_was_redacted_meanwhile_does_not_leave(
    replied: Callable[..., Event], at: datetime
) -> None:
    event = replied(plan=600)
    notices.tell_of_reply(event, at)
    Attachment.objects.update(redacted_at=at)

    sent = as_message(Mail.objects.get()).message()
    assert [part.get_content_type() for part in sent.walk() if part.get_content_maintype() == "image"] == []


def test_what_is_redacted_takes_its_files_along(replied: Callable[..., Event], at: datetime) -> None:
    event = replied(plan=600)
    notices.tell_of_reply(event, at)
    empty_mails([event.pk])

    mail = Mail.objects.get()
    assert (mail.text, mail.html, mail.files) == ("", "", None)


def test_an_answer_to_our_mail_is_cut_at_our_line(
    replied: Callable[..., Event], at: datetime, ines: User
) -> None:
    """Our own marker and the parser of what comes in agree."""
    quoted = "\r\n".join(f"> {line}" for line in [marker_line("Bitte oberhalb schreiben"), "", "Hallo Ines,"])
    raw = f"From: {ines.email}\r\nTo: support@demo.example\r\nSubject: Re: x\r\n\r\nIt works.\r\n\r\n{quoted}\r\n"

    assert parse(raw.encode()).reply_text.strip() == "It works."
