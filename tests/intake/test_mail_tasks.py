"""The doorbells of mail: what they ring for, and that lost or doubled ones do no harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from celery import current_app

from accounts.models import User
from delivery import doorbell
from intake import tasks
from intake.models import Mailbox, MailboxConnection
from intake.operations.connections import Wanted, ask_for_trial, connect, use_connection

Rung = list[tuple[str, tuple[Any, ...], Any]]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rung]:
    """What was rung: the edge of the network, one step before the broker."""
    found: Rung = []
    monkeypatch.setattr(
        current_app, "send_task", lambda task, args=(), queue=None, **_: found.append((task, args, queue))
    )
    doorbell.breaker.reset()
    yield found
    doorbell.breaker.reset()


@pytest.fixture
def connection(db: None, ada: User, at: datetime) -> MailboxConnection:
    mailbox = Mailbox.objects.create(name="help", address="help@desk.example", created_at=at)
    wanted = Wanted(host="127.0.0.1", port=9, security="none", user="help", secret="x")
    return connect(mailbox, wanted, by=ada, at=at)


def test_each_mailbox_whose_time_has_come_is_rung_for_once(rung: Rung, connection: MailboxConnection) -> None:
    tasks.fetch_due()
    tasks.fetch_due(sent_by="a publisher of another version")
    assert rung == [("intake.tasks.fetch_mailbox", (connection.pk,), "mail")]


def test_what_is_out_of_use_is_not_fetched(
    rung: Rung, connection: MailboxConnection, ada: User, at: datetime
) -> None:
    use_connection(connection, is_enabled=False, by=ada, at=at)
    tasks.fetch_due()
    use_connection(connection, is_enabled=True, by=ada, at=at)
    Mailbox.objects.update(is_enabled=False)
    tasks.fetch_due()
    assert rung == []


def test_a_ring_for_what_is_gone_does_nothing(rung: Rung, connection: MailboxConnection) -> None:
    key = connection.pk
    connection.delete()
    tasks.fetch_mailbox(key)
    tasks.try_mailbox(key)
    assert rung == []


def test_a_try_is_made_by_the_process_that_fetches(
    rung: Rung,
    connection: MailboxConnection,
    ada: User,
    at: datetime,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ask_for_trial(connection, by=ada, at=at)
    assert rung == [("intake.tasks.try_mailbox", (connection.pk,), "mail")]

    tasks.try_mailbox(connection.pk)
    connection.refresh_from_db()
    assert connection.trial is not None
    assert connection.trial["trouble"].startswith("Nobody answers at 127.0.0.1 on port 9.")
