"""Mail is fetched from a real server: once, in order, whatever breaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg2
import pytest
import trustme
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from delivery.models import Mail, Notice
from helpdesk.telling.lines import lines_of
from intake.fetching import locking
from intake.fetching.looking import Look, look, pause_after
from intake.fetching.taking import Superseded, remember
from intake.fetching.trying import try_connection
from intake.models import MailboxConnection, MailMessage, MissedMail
from intake.operations.connections import Unusable, Wanted, connect, fetch_missed, take_turn
from tests.intake.real import imap_server
from tests.intake.real.imap_server import ImapServer
from tests.intake.real.proxy import Proxy
from tests.plugins.worker import database_url

Connected = Callable[..., MailboxConnection]


def letter(subject: str, *, words: str = "The VPN drops.") -> bytes:
    lines = (
        "From: Ines Okafor <ines@northwind.example>",
        "To: support@desk.example",
        f"Subject: {subject}",
        f"Message-ID: <{subject.replace(' ', '-')}@northwind.example>",
        "Date: Mon, 23 Nov 2026 08:55:00 +0000",
        "",
        words,
    )
    return "\r\n".join(lines).encode() + b"\r\n"


def look_into(connection: MailboxConnection, at: datetime | None = None, **options: Any) -> Look:
    found = look(connection.pk, now=(lambda: at) if at else timezone.now, **options)
    connection.refresh_from_db()
    return found


def subjects() -> list[str]:
    return list(MailMessage.objects.order_by("pk").values_list("subject", flat=True))


def test_what_waits_is_stored_in_order_and_marked_as_read(
    server: ImapServer, connected: Connected, user: str
) -> None:
    server.put(user, letter("one"), letter("two"), letter("three"))
    connection = connected()

    found = look_into(connection)

    assert found.trouble is None
    assert (found.taken.stored, found.taken.waiting) == (3, 0)
    assert subjects() == ["one", "two", "three"]
    assert bytes(MailMessage.objects.earliest("pk").raw.content) == letter("one")
    assert server.flags(user) == [{b"\\Seen"}] * 3
    assert (connection.fetched, connection.waiting, connection.error) == (3, 0, "")


def test_looking_again_stores_nothing_twice(server: ImapServer, connected: Connected, user: str) -> None:
    server.put(user, letter("one"))
    connection = connected()
    look_into(connection)
    server.put(user, letter("two"))

    assert look_into(connection).taken.stored == 1
    assert look_into(connection).taken.stored == 0
    assert subjects() == ["one", "two"]


def test_what_somebody_has_read_on_the_phone_is_fetched_all_the_same(
    server: ImapServer, connected: Connected, user: str
) -> None:
    server.put(user, letter("one"))
    with server.opened(user) as phone:
        phone.select_folder("INBOX")
        phone.add_flags(phone.search(), [b"\\Seen"])

    assert look_into(connected()).taken.stored == 1


def test_fetched_mail_is_moved_away(server: ImapServer, connected: Connected, user: str) -> None:
    server.put(user, letter("one"), letter("two"))

    found = look_into(connected(done="move", done_folder="Desk"))

    assert found.trouble is None
    assert (server.count(user), server.count(user, "Desk")) == (0, 2)


def test_a_mailbox_can_be_left_as_it_is(server: ImapServer, connected: Connected, user: str) -> None:
    server.put(user, letter("one"))

    assert look_into(connected(done="remember")).taken.stored == 1
    assert server.flags(user) == [set()]


def test_only_what_arrives_from_now_on(server: ImapServer, connected: Connected, user: str) -> None:
    server.put(user, letter("old"))
    connection = connected(takes_old=False)
    MailboxConnection.objects.update(since=datetime.now().astimezone() + timedelta(seconds=1))

    assert look_into(connection).taken.stored == 0
    MailboxConnection.objects.update(since=datetime.now().astimezone() - timedelta(hours=1))
    server.put(user, letter("new"))
    look_into(connection)
    assert subjects() == ["new"]


def test_a_folder_that_was_made_anew_is_read_again_and_nothing_is_doubled(
    server: ImapServer, connected: Connected, user: str
) -> None:
    server.make_anew(user, "Desk")
    server.put(user, letter("one"), letter("two"), folder="Desk")
    connection = connected(folder="Desk")
    look_into(connection)
    before = connection.uidvalidity

    server.make_anew(user, "Desk")
    server.put(user, letter("one"), letter("two"), letter("three"), folder="Desk")
    look_into(connection)

    assert connection.uidvalidity != before
    assert subjects() == ["one", "two", "three"]


def test_a_line_that_breaks_in_the_middle_loses_and_doubles_nothing(
    server: ImapServer, connected: Connected, user: str, proxy: Proxy
) -> None:
    server.put(user, *(letter(f"n{number}", words="x" * 500) for number in range(8)))
    connection = connected(port=proxy.port, security="none")
    proxy.cut_after = 6000

    first = look_into(connection)
    stored = MailMessage.objects.count()
    proxy.cut_after = None
    second = look_into(connection)

    assert first.trouble is not None
    assert first.trouble.kind == "dropped"
    assert 0 < stored < 8
    assert second.taken.stored == 8 - stored
    assert subjects() == [f"n{number}" for number in range(8)]
    assert connection.missed.count() == 0


def test_a_message_that_breaks_the_line_each_time_blocks_no_other(
    server: ImapServer, connected: Connected, user: str, proxy: Proxy, ada: User, at: datetime
) -> None:
    server.put(user, letter("one"), letter("poison", words="BOOM"), letter("three"))
    connection = connected(port=proxy.port, security="none")
    proxy.cut_at = b"BOOM"

    for _ in range(4):
        look_into(connection, at)

    assert subjects() == ["one", "three"]
    assert connection.error == ""
    missed = connection.missed.get()
    assert missed.attempts == 3

    # Tried again it breaks the line once more, and what lies behind it is not begun anew.
    last = connection.last_uid
    MissedMail.objects.update(next_at=at)
    assert look_into(connection, at).trouble is not None
    assert (connection.last_uid, connection.missed.get().attempts) == (last, 4)

    proxy.cut_at = None
    fetch_missed(missed, by=ada, at=at)
    look_into(connection, at)
    assert subjects() == ["one", "three", "poison"]
    assert connection.missed.count() == 0


def test_of_a_message_that_is_too_large_only_the_beginning_travels(
    server: ImapServer, connected: Connected, user: str, settings: Any
) -> None:
    settings.MAIL_MAX_BYTES = 100_000
    huge = letter("huge", words="x" * 200_000)
    server.put(user, huge, letter("small"))

    look_into(connected())

    first, second = MailMessage.objects.order_by("pk")
    assert (first.state, first.reason, first.size) == ("quarantined", "too_large", len(huge))
    assert len(bytes(first.raw.content)) < 100_000
    assert (second.subject, second.state) == ("small", "stored")


def test_many_are_taken_in_steps_that_show_how_far_it_is(
    server: ImapServer, connected: Connected, user: str
) -> None:
    server.put_many(user, (letter(f"n{number}") for number in range(60)))
    connection = connected()

    first = look_into(connection, seconds=0)
    assert first.goes_on
    assert (connection.fetched, connection.waiting, connection.percent) == (25, 35, 41)

    look_into(connection, seconds=0)
    last = look_into(connection, seconds=0)
    assert not last.goes_on
    assert (connection.fetched, connection.waiting) == (60, 0)
    assert MailMessage.objects.count() == 60


@pytest.mark.long
def test_ten_thousand_wait_at_the_first_connection(
    server: ImapServer, connected: Connected, user: str, proxy: Proxy
) -> None:
    """In many looks, of which some are cut off in the middle; each shows how far it is."""
    server.put_many(user, (letter(f"n{number}") for number in range(10_000)))
    connection = connected(port=proxy.port, security="none")
    seen = []
    for number in range(200):
        proxy.cut_after = 80_000 if number % 3 == 0 else None
        found = look_into(connection, seconds=10)
        seen.append((connection.fetched, connection.waiting))
        if found.trouble is None and not found.goes_on:
            break

    assert proxy.cuts > 0
    assert seen == sorted(seen)
    assert (connection.fetched, connection.waiting) == (10_000, 0)
    assert MailMessage.objects.count() == 10_000
    assert connection.missed.count() == 0


def test_two_never_fetch_one_mailbox_at_once(server: ImapServer, connected: Connected, user: str) -> None:
    server.put(user, letter("one"))
    connection = connected()

    with _another_fetcher(connection):
        assert not look_into(connection).was_free
    assert look_into(connection).taken.stored == 1


@contextmanager
def _another_fetcher(connection: MailboxConnection) -> Iterator[None]:
    with closing(psycopg2.connect(database_url())) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [locking.MAILBOX, connection.pk])
        assert cursor.fetchone() == (True,)
        yield
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [locking.MAILBOX, connection.pk])


def test_settings_that_change_meanwhile_end_what_was_begun(
    server: ImapServer, connected: Connected, user: str
) -> None:
    server.put(user, letter("one"))
    connection = connected()
    MailboxConnection.objects.update(version=connection.version + 1)

    with pytest.raises(Superseded):
        remember(connection, last_uid=99)
    connection.refresh_from_db()
    assert connection.last_uid == 0


# --- what goes wrong, and who is told ---


def told() -> list[str]:
    return list(Mail.objects.order_by("pk").values_list("subject", flat=True))


def test_a_wrong_password_is_told_once_and_so_is_that_it_works_again(
    connected: Connected, ada: User, later: Callable[..., datetime]
) -> None:
    connection = connected(secret="wrong")

    for minute in (0, 20):
        assert look_into(connection, later(minutes=minute)).trouble is not None

    assert (connection.error, connection.failures) == ("login", 2)
    assert told() == ["[Tierdesk] Mailbox support cannot be fetched"]
    mail = Mail.objects.get()
    assert mail.to == ada.email
    assert "localhost refused the login" in mail.text

    connected()
    look_into(connection, later(minutes=30))
    assert connection.error == ""
    assert told()[1:] == ["[Tierdesk] Mailbox support is fetched again"]
    notices = lines_of(Notice.objects.filter(person=ada).order_by("pk"), ada)
    assert [(line.sentence, line.leads_to) for line in notices] == [
        ("The mailbox support cannot be fetched.", "/settings/mailboxes/"),
        ("The mailbox support is fetched again.", "/settings/mailboxes/"),
    ]


def test_a_server_is_not_knocked_at_each_minute() -> None:
    def minutes(kind: str) -> list[int]:
        pauses = [pause_after(failures, kind, every=60) for failures in range(1, 9)]
        return [round(pause.total_seconds() / 60) for pause in pauses]

    assert minutes("login") == [1, 2, 4, 8, 16, 32, 60, 60]
    assert minutes("silent") == [1, 2, 4, 8, 15, 15, 15, 15]


def test_trouble_that_passes_is_told_only_when_it_lasts(
    connected: Connected, later: Callable[..., datetime]
) -> None:
    connection = connected(port=9)  # where nobody answers
    for minute in (0, 5, 14):
        look_into(connection, later(minutes=minute))
    assert connection.error == "refused"
    assert told() == []

    look_into(connection, later(minutes=16))
    look_into(connection, later(minutes=30))
    assert told() == ["[Tierdesk] Mailbox support cannot be fetched"]


def test_an_expired_certificate_is_named(
    connected: Connected, authority: trustme.CA, ada: User, at: datetime
) -> None:
    gone = authority.issue_cert("localhost", not_after=datetime.now().astimezone() - timedelta(days=1))
    server = imap_server.start(
        b"".join(pem.bytes() for pem in gone.cert_chain_pems), gone.private_key_pem.bytes()
    )
    try:
        connection = connected(port=server.tls)
        found = look_into(connection, at)
        starttls = try_connection(connected(port=server.plain, security="starttls"), at=at)
    finally:
        imap_server.remove(server)

    assert found.trouble is not None
    assert connection.error == "expired"
    assert "The certificate of localhost has expired" in Mail.objects.get().text
    assert "has expired" in starttls.trouble


def test_a_certificate_of_nobody_we_trust_is_refused(connected: Connected, at: datetime) -> None:
    connection = connected(authority="")
    look_into(connection, at)
    assert connection.error == "untrusted"


def test_a_certificate_of_another_server_is_refused(connected: Connected, at: datetime) -> None:
    connection = connected(host="127.0.0.1")
    look_into(connection, at)
    assert connection.error == "wrong_name"


def test_starttls_and_a_private_network_work_too(server: ImapServer, connected: Connected, user: str) -> None:
    server.put(user, letter("one"))
    assert look_into(connected(port=server.plain, security="starttls")).taken.stored == 1
    assert look_into(connected(port=server.plain, security="none")).trouble is None


def test_a_password_does_not_travel_unencrypted_to_the_internet(connected: Connected, at: datetime) -> None:
    connection = connected(host="192.0.2.1", security="none")
    MailboxConnection.objects.update(host="1.1.1.1")
    look_into(connection, at)
    assert connection.error == "not_private"


# --- trying it from its page ---


def test_a_try_says_how_far_it_comes(
    server: ImapServer, connected: Connected, user: str, at: datetime
) -> None:
    server.put(user, letter("one"))

    good = try_connection(connected(), at=at)
    wrong = try_connection(connected(secret="wrong"), at=at)
    elsewhere = try_connection(connected(secret=imap_server.PASSWORD, folder="Nowhere"), at=at)
    nobody = try_connection(connected(port=9), at=at)
    not_tls = try_connection(connected(port=server.plain), at=at)

    answers = f"localhost answers on port {server.tls}, and its certificate is good."
    assert good.is_good
    assert good.steps == [answers, f"{user} is let in.", "The folder INBOX is there, with 1 message."]
    assert wrong.steps == [answers]
    assert wrong.trouble.startswith(f"localhost refused the login of {user}.")
    assert elsewhere.trouble.startswith("There is no folder “Nowhere” in this mailbox")
    assert elsewhere.folders == ["INBOX"]
    assert nobody.trouble.startswith("Nobody answers at localhost on port 9.")
    assert not_tls.trouble.startswith("localhost does not speak the chosen encryption")
    assert server.flags(user) == [set()]


# --- settings ---


def test_a_password_goes_to_no_other_server_than_it_was_typed_for(
    connected: Connected, ada: User, at: datetime
) -> None:
    connection = connected()

    with pytest.raises(Unusable) as refusal:
        connect(connection.mailbox, Wanted(host="evil.example", user="x"), by=ada, at=at)
    assert refusal.value.field == "secret"
    connection.refresh_from_db()
    assert imap_server.PASSWORD not in connection.secret


def test_a_turn_is_taken_once(connected: Connected, later: Callable[..., datetime]) -> None:
    connection = connected()
    assert take_turn(at=later(minutes=1)) == [connection.pk]
    assert take_turn(at=later(minutes=1)) == []
    assert take_turn(at=later(minutes=3)) == [connection.pk]


# --- the command ---


def test_the_command_fetches_all_that_waits(
    server: ImapServer, connected: Connected, user: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.put(user, letter("one"), letter("two"))
    connected()

    call_command("fetch_mail")
    assert json.loads(capsys.readouterr().out) == {
        "mailbox": "support",
        "stored": 2,
        "missed": 0,
        "waiting": 0,
        "error": "",
        "reason": "",
    }


def test_the_command_says_what_is_wrong(connected: Connected, capsys: pytest.CaptureFixture[str]) -> None:
    connected(secret="wrong")
    with pytest.raises(CommandError, match="Not everything could be fetched"):
        call_command("fetch_mail", mailbox="support")
    said = json.loads(capsys.readouterr().out)
    assert said["error"] == "login"
    assert said["reason"].startswith("localhost refused the login")

    with pytest.raises(CommandError, match=r"There is no mailbox 'x'\. The mailboxes are: support\."):
        call_command("fetch_mail", mailbox="x")
