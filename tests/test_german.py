"""A desk in German: what a requester, a technician and a program read, and when."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from delivery.models import Mail
from helpdesk import notices
from helpdesk.templatetags.ui import when
from tests.answers import text_of
from tests.conftest import MONDAY
from tickets import operations
from tickets.models import Event, Ticket

SignIn = Callable[[User], Any]
IN_BERLIN = {"language": "de", "timezone": "Europe/Berlin"}


def german(person: User) -> User:
    User.objects.filter(pk=person.pk).update(**IN_BERLIN)
    return User.objects.get(pk=person.pk)


def test_the_way_in(client: Client, ada: User) -> None:
    page = text_of(client.get("/accounts/login/", headers={"accept-language": "de"}))
    for words in ("Anmelden", "Passwort", "Zum Inhalt springen", "Mit Ihrer dienstlichen E-Mail-Adresse."):
        assert words in page
    refused = client.post(
        "/accounts/login/", {"login": "x@y.example", "password": "wrong"}, headers={"accept-language": "de"}
    )
    assert "Bitte prüfen Sie das" in refused.content.decode()


def test_a_requester_files_and_reads_in_german(signed_in: SignIn, ines: User, ticket: Ticket) -> None:
    client = signed_in(german(ines))
    assert "Wie können wir helfen, Ines?" in text_of(client.get("/"))

    page = text_of(client.get(f"/requests/{ticket.number}/"))
    assert "Wie es weitergeht" in page
    assert 'title="23. November 2026 10:00 CET"' in page
    assert ">gerade eben</time>" in page


def test_a_technician_works_in_german(signed_in: SignIn, mira: User, ticket: Ticket) -> None:
    client = signed_in(german(mira))
    queue = text_of(client.get("/desk/queues/unassigned/"))
    for words in ("Nicht zugewiesen", "Anfragende", "Nächstes nehmen"):
        assert words in queue

    page = text_of(client.get(f"/desk/tickets/{ticket.number}/"))
    for words in (
        "Interne Notiz",
        "Antwort an Ines",
        "noch 59 Min.",
        "wartet auf die Lösung eines Problems",
    ):
        assert words in page


def test_what_is_refused_is_said_in_german(signed_in: SignIn, mira: User, ticket: Ticket) -> None:
    answer = signed_in(german(mira)).post(f"/desk/tickets/{ticket.number}/write/", {"act": "note"})
    assert "Noch ist nichts geschrieben." in answer.content.decode()


def test_mail_is_in_the_readers_language_whoever_writes(
    ines: User, tomasz: User, mira: User, ticket: Ticket, at: datetime
) -> None:
    german(ines)
    operations.watch(ticket, user=tomasz, by=ines, at=at)
    operations.reply(ticket, text="Restart it.", by=mira, at=at)
    notices.tell_of_reply(Event.objects.filter(ticket=ticket, kind="ticket.replied").latest("pk"), at)

    told = {mail.to: mail.text for mail in Mail.objects.all()}
    assert f"Mira Kask hat auf {ticket.number} geantwortet:" in told[ines.email]
    assert f"Mira Kask has answered {ticket.number}:" in told[tomasz.email]


@pytest.mark.parametrize(
    ("asked", "title"),
    [("de", "Niemand ist angemeldet"), ("en", "Nobody is logged in"), ("", "Nobody is logged in")],
)
def test_a_program_is_refused_in_the_language_it_asks_for(
    client: Client, db: None, asked: str, title: str
) -> None:
    answer = client.get("/api/v1/tickets/", headers={"accept-language": asked})
    assert (answer.status_code, answer.json()["title"]) == (401, title)


@pytest.mark.parametrize(
    ("style", "minutes", "english", "german"),
    [
        ("", 125, "2 h ago", "vor 2 Std."),
        ("", -125, "in 2 h", "in 2 Std."),
        ("short", 125, "2 h", "2 Std."),
        ("since", 125, "for 2 h", "seit 2 Std."),
        ("since", 60 * 24 * 40, "since 14 Oct 2026", "seit 14. Oktober 2026"),
        ("", 0, "just now", "gerade eben"),
    ],
)
def test_times_are_told_from_now(style: str, minutes: int, english: str, german: str) -> None:
    at = MONDAY - timedelta(minutes=minutes)
    assert f">{english}</time>" in when(at, style)
    with translation.override("de"):
        assert f">{german}</time>" in when(at, style)


def test_the_exact_time_is_the_viewers_before_and_after_the_clock_is_put_back() -> None:
    with translation.override("de"), timezone.override(ZoneInfo("Europe/Berlin")):
        before, after = (when(datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1))
    assert 'title="25. Oktober 2026 02:30 CEST"' in before
    assert 'title="25. Oktober 2026 02:30 CET"' in after
