"""A second start of the demo looks only whether anything has changed."""

import os
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.utils import timezone

from delivery.models import Heartbeat
from helpdesk.local import prepared

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def url() -> str:
    """Of the test's database, as `make demo` knows its own."""
    server = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(server._replace(path=f"/{connection.settings_dict['NAME']}"))


@pytest.fixture
def noted() -> None:
    with connection.cursor() as cursor:
        prepared.note_prepared(cursor)


def test_a_database_that_nobody_prepared_is_not(url: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'COMMENT ON DATABASE "{connection.settings_dict["NAME"]}" IS NULL')
    assert not prepared.is_prepared(url)


def test_one_that_was_is_and_forgets_who_answered_in_the_last_run(url: str, noted: None) -> None:
    Heartbeat.objects.create(name="worker", at=timezone.now())

    assert prepared.is_prepared(url)
    assert not Heartbeat.objects.exists()


def test_a_migration_taken_back_or_made_makes_it_unprepared(url: str, noted: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('demo', '1', now())")
    assert not prepared.is_prepared(url)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'demo'")
    assert prepared.is_prepared(url)


def test_another_file_makes_it_unprepared(url: str, noted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MADE_BY", (*prepared.MADE_BY, "README.md"))
    assert not prepared.is_prepared(url)


def test_a_server_that_is_not_there_is_no_trouble_of_this(url: str) -> None:
    assert not prepared.is_prepared("postgresql://nobody@localhost:1/nothing")
