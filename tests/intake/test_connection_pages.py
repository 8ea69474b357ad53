"""The page where a mailbox is connected to its server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import AccountEvent, User
from accounts.sentences import lines
from intake.fetching.looking import note
from intake.fetching.troubles import MailTrouble
from intake.fetching.trying import Trial
from intake.models import Mailbox, MailboxConnection, MissedMail
from intake.models.connections import Trouble
from intake.operations.connections import Wanted, connect, disconnect, keep_trial, use_connection
from intake.sealing import unseal

FORM = {
    "host": "imap.desk.example",
    "port": "993",
    "security": "tls",
    "user": "support@desk.example",
    "auth": "password",
    "secret": "letter-box",
    "folder": "INBOX",
    "done": "seen",
    "mode": "poll",
    "every_seconds": "60",
    "takes_old": "on",
}
TOKENS: dict[str, Any] = {
    "auth": "oauth2",
    "provider": "microsoft",
    "tenant": "desk.example",
    "client_id": "app-1",
}


@pytest.fixture
def support(db: None, at: datetime) -> Mailbox:
    known = Mailbox.objects.filter(name="support").first()
    return known or Mailbox.objects.create(name="support", address="support@desk.example", created_at=at)


@pytest.fixture
def page(support: Mailbox) -> str:
    return f"/settings/mailboxes/{support.pk}/connection/"


@pytest.fixture
def connection(support: Mailbox, ada: User, at: datetime) -> MailboxConnection:
    wanted = Wanted(host="imap.desk.example", user="support@desk.example", secret="letter-box")
    return connect(support, wanted, by=ada, at=at)


def test_an_administrator_connects_a_mailbox(
    page: str, ada: User, signed_in: Callable[[User], Client]
) -> None:
    answer = signed_in(ada).post(page, FORM)

    assert answer.status_code == 302
    row = MailboxConnection.objects.get()
    assert (row.host, row.port, row.user, row.since) == (
        "imap.desk.example",
        993,
        "support@desk.example",
        None,
    )
    assert unseal(row.secret) == "letter-box"
    assert "letter-box" not in row.secret
    shown = signed_in(ada).get(page).content.decode()
    assert "letter-box" not in shown
    assert row.secret not in shown
    assert "The connection is being tried." in shown


def test_what_is_left_empty_stays(
    page: str, connection: MailboxConnection, ada: User, signed_in: Callable[[User], Client]
) -> None:
    signed_in(ada).post(page, {**FORM, "secret": "", "every_seconds": "120"})
    connection.refresh_from_db()
    assert unseal(connection.secret) == "letter-box"
    assert (connection.every_seconds, connection.version) == (120, 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"host": "imap.desk.example:993"}, "host"),
        ({"secret": ""}, "secret"),
        ({"port": "70000"}, "port"),
        ({"every_seconds": "1"}, "every_seconds"),
        ({"done": "move"}, "done_folder"),
        ({"done": "move", "done_folder": "INBOX"}, "done_folder"),
        ({"authority": "my certificate"}, "authority"),
        ({"auth": "oauth2", "provider": "microsoft"}, "client_id"),
        ({"auth": "oauth2", "provider": "other", "client_id": "x"}, "token_url"),
        ({"auth": "oauth2", "provider": "other", "client_id": "x", "token_url": "ftp://x"}, "token_url"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    page: str, ada: User, signed_in: Callable[[User], Client], change: dict[str, str], field: str
) -> None:
    answer = signed_in(ada).post(page, {**FORM, **change})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not MailboxConnection.objects.exists()


def test_another_server_begins_anew(connection: MailboxConnection, ada: User, at: datetime) -> None:
    MailboxConnection.objects.update(uidvalidity=7, last_uid=40)
    wanted = Wanted(host="mail.desk.example", user="support@desk.example", secret="letter-box")
    changed = connect(connection.mailbox, wanted, by=ada, at=at)
    assert (changed.uidvalidity, changed.last_uid) == (None, 0)


def test_the_page_says_what_is_wrong_and_how_far_it_is(
    page: str, connection: MailboxConnection, ada: User, signed_in: Callable[[User], Client], at: datetime
) -> None:
    note(connection, MailTrouble(Trouble.LOGIN, "[AUTHENTICATIONFAILED] Invalid credentials"), at=at)
    MissedMail.objects.create(
        connection=connection, uidvalidity=1, uid=17, error="TimeoutError", size=70_000_000, first_at=at
    )
    browser = signed_in(ada)
    shown = browser.get(page).content.decode()
    assert "imap.desk.example refused the login of support@desk.example" in shown
    assert "[AUTHENTICATIONFAILED] Invalid credentials" in shown
    assert "Message 17" in shown

    note(connection, None, at=at)
    MailboxConnection.objects.update(waiting=9000, fetched=1000)
    shown = browser.get(page).content.decode()
    assert "refused the login" not in shown
    assert "1000 of 10000 messages" in shown


def test_a_try_shows_its_steps(
    page: str, connection: MailboxConnection, ada: User, signed_in: Callable[[User], Client], at: datetime
) -> None:
    browser = signed_in(ada)
    browser.post(f"{page}try/")
    assert "The connection is being tried." in browser.get(page).content.decode()

    connection.refresh_from_db()
    keep_trial(connection, Trial(steps=["It answers."], trouble="The login failed.", detail="NO"), at=at)
    shown = browser.get(page).content.decode()
    assert "It answers." in shown
    assert "The login failed." in shown


def test_a_try_that_nobody_makes_asks_for_the_process(
    page: str, connection: MailboxConnection, ada: User, signed_in: Callable[[User], Client], at: datetime
) -> None:
    MailboxConnection.objects.update(trial={"asked_at": "2026-11-23T08:00:00+00:00"})
    assert "Is the process “mail” running?" in signed_in(ada).get(page).content.decode()


def test_it_can_be_stopped_and_removed(
    page: str, connection: MailboxConnection, ada: User, signed_in: Callable[[User], Client]
) -> None:
    browser = signed_in(ada)
    browser.post(f"{page}use/", {"use": "0"})
    connection.refresh_from_db()
    assert not connection.is_enabled
    browser.post(f"{page}remove/")
    assert not MailboxConnection.objects.exists()


def test_the_history_of_settings_tells_it_without_secrets(
    connection: MailboxConnection, ada: User, at: datetime
) -> None:
    wanted = Wanted(host="imap.desk.example", user="support@desk.example", secret="another", every_seconds=90)
    changed = connect(connection.mailbox, wanted, by=ada, at=at)
    use_connection(changed, is_enabled=False, by=ada, at=at)
    disconnect(changed, by=ada, at=at)

    told = AccountEvent.objects.filter(kind__startswith="mailbox.").order_by("pk")
    assert [(event.kind, event.data.get("fields")) for event in told] == [
        ("mailbox.connected", None),
        ("mailbox.connection_changed", ["every_seconds", "secret"]),
        ("mailbox.not_fetched", None),
        ("mailbox.disconnected", None),
    ]
    sentences = [line.sentence for line in lines(list(told))]
    assert sentences[0] == "connected the mailbox support to its server"


# --- letting the desk in at a provider ---


def test_the_desk_is_let_in_at_the_provider(
    page: str, support: Mailbox, ada: User, signed_in: Callable[[User], Client], at: datetime
) -> None:
    wanted = Wanted(host="outlook.office365.com", user="support@desk.example", client_secret="s", **TOKENS)
    connect(support, wanted, by=ada, at=at)
    browser = signed_in(ada)

    there = urlsplit(browser.get(f"{page}authorise/")["Location"])
    query = {name: values[0] for name, values in parse_qs(there.query).items()}
    assert there.netloc == "login.microsoftonline.com"
    assert there.path == "/desk.example/oauth2/v2.0/authorize"
    assert query["redirect_uri"].endswith("/settings/mailboxes/authorised/")
    assert "offline_access" in query["scope"]

    refused = browser.get(
        "/settings/mailboxes/authorised/", {"state": query["state"], "error": "access_denied"}
    )
    assert refused.status_code == 302
    assert "access_denied" in browser.get(page).content.decode()


def test_nobody_comes_back_who_was_not_sent(
    connection: MailboxConnection, ada: User, signed_in: Callable[[User], Client]
) -> None:
    back = signed_in(ada).get("/settings/mailboxes/authorised/", {"state": "made-up", "code": "x"})
    assert back.status_code == 404
