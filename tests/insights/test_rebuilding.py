"""A rebuild gives what following gave, while the old facts are read; the check finds what differs."""

import logging
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from insights.management.commands import check_facts
from insights.models import Cell, DeskCell, FactState, HandFact, PromiseFact, TicketFact
from insights.operations import keeping, rebuilding
from insights.operations.rebuilding import RebuildUnderWay, rebuild
from tests.insights.world import differences, follow
from tickets import operations
from tickets.models import Event, Ticket

TABLES = (*rebuilding.FACTS, *rebuilding.CELLS)


@pytest.fixture
def resolved(open_ticket, mira, later) -> Ticket:
    """One that is resolved, and one that is open."""
    open_ticket("Another")
    ticket = open_ticket("VPN\tdrops \\ again")
    operations.take(ticket, by=mira, at=later(minutes=5))
    return operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(minutes=65))


def rows():
    """All facts and cells, without their keys."""
    found = []
    for table in TABLES:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT to_jsonb(t) - 'id' FROM {table} t ORDER BY 1")
            found.append(cursor.fetchall())
    return found


def shape():
    """What belongs to the tables: columns, indexes, constraints, sequences."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT table_name || '.' || column_name,
                concat_ws(' ', data_type, column_default, is_nullable, is_identity)
            FROM information_schema.columns WHERE table_name = ANY(%(tables)s)
            UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%(tables)s)
            UNION ALL SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE conrelid::regclass::text = ANY(%(tables)s)
            UNION ALL SELECT relname::text, relkind::text FROM pg_class WHERE relname LIKE '%%insights_%%_id_seq'
            ORDER BY 1
            """,
            {"tables": list(TABLES)},
        )
        return cursor.fetchall()


def test_a_rebuild_gives_what_following_gave(resolved, at, later):
    follow(at)
    followed = rows()
    assert all(followed)
    assert rebuild(at=later(hours=3), processes=0) == rebuilding.Rebuilt(tickets=2, failed=0)
    assert rows() == followed
    assert FactState.objects.get().is_whole
    assert differences(later(hours=4)) == []


def test_the_new_tables_are_of_the_form_of_the_old_ones(resolved, at):
    before = shape()
    for _time in range(2):
        rebuild(at=at, processes=0)
    assert shape() == before
    assert not [table for table in connection.introspection.table_names() if table.startswith("new_")]


def test_what_happens_meanwhile_is_followed_afterwards(resolved, open_ticket, ines, at, later):
    happened = []

    def meanwhile(what, _total, _done):
        if what == "months" and not happened:
            happened.append(operations.reopen(resolved, text="Again.", by=ines, at=later(hours=2)))
            open_ticket("A third")

    rebuild(at=at, processes=0, progress=meanwhile)
    assert list(TicketFact.objects.values_list("resolved_at", flat=True)).count(None) == 1
    assert differences(later(hours=3)) == []
    assert list(TicketFact.objects.values_list("resolved_at", flat=True)) == [None, None, None]


def test_a_rebuild_that_is_killed_leaves_the_old_facts_and_the_next_one_begins_again(resolved, at):
    follow(at)
    before = rows()

    def killed(what, _total, _done):
        if what == "indexes of cells":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(at=at, processes=0, progress=killed)
    assert rows() == before
    rebuild(at=at, processes=0)
    assert rows() == before


def test_it_says_of_how_many_the_history_cannot_be_read(resolved, at, later, caplog):
    Event.objects.create(
        ticket=resolved, kind="ticket.changed", at=later(hours=2), changes={"created_at": ["", "no time"]}
    )
    with caplog.at_level(logging.CRITICAL):
        assert rebuild(at=at, processes=0) == rebuilding.Rebuilt(tickets=2, failed=1)
    assert TicketFact.objects.count() == 1


def test_no_ticket_no_facts(db, at):
    assert rebuild(at=at, processes=0).tickets == 0
    assert differences(at) == []


# --- the commands ---


def check(*arguments: str) -> tuple[int, list[str]]:
    out = StringIO()
    try:
        call_command("check_facts", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("at_once")
def test_the_check_catches_up_compares_and_prints_what_differs(resolved):
    assert check() == (
        0,
        ["2 tickets counted anew, 0 differ from their facts; 0 cells differ from what the facts add up to."],
    )
    TicketFact.objects.filter(pk=resolved.pk).update(resolution_seconds=7)
    PromiseFact.objects.filter(ticket=resolved, metric="resolution").delete()
    status, told = check()
    assert (status, told[-1].split(";")[0]) == (1, "2 tickets counted anew, 1 differ from their facts")
    assert f"{resolved.number} resolution_seconds: 3900 by its history, 7 in its facts" in told
    assert any(
        line.startswith(f"{resolved.number} promise only by its history: metric resolution") for line in told
    )
    assert any("resolution_seconds 3900 stored, 7 by facts" in line for line in told)
    call_command("rebuild_facts", "--processes", "0", stdout=StringIO())
    assert check("--sample", "1")[0] == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("at_once")
def test_two_never_keep_the_facts_at_the_same_time(resolved, at, monkeypatch):
    monkeypatch.setattr(rebuilding, "LOCK_SECONDS", 0.0)
    assert keeping.lock_for_long()

    def elsewhere(act):
        def acting():
            try:
                return act()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(acting).result()

    try:
        assert elsewhere(lambda: keeping.follow(at=at)).is_busy
        with pytest.raises(RebuildUnderWay):
            elsewhere(lambda: rebuild(at=at, processes=0))
    finally:
        keeping.unlock()
    assert not elsewhere(lambda: keeping.follow(at=at)).is_busy


@pytest.mark.parametrize(
    ("command", "option", "value"),
    [
        ("rebuild_facts", "--processes", "65"),
        ("rebuild_facts", "--processes", "x"),
        ("check_facts", "--sample", "0"),
    ],
)
def test_the_commands_say_what_they_cannot_use(db, command, option, value):
    with pytest.raises(CommandError, match=f"{option}: give a number of"):
        call_command(command, option, value)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("at_once")
def test_several_processes_rebuild_what_several_find_right(resolved, open_ticket, later, monkeypatch):
    monkeypatch.setattr(check_facts, "FEW", 0)
    for number in range(30):
        open_ticket(f"Ticket {number}", at=later(days=number))
    out = StringIO()
    call_command("rebuild_facts", "--processes", "2", stdout=out)
    assert out.getvalue().startswith("Facts of 32 tickets made anew in ")
    assert check()[0] == 0
    assert (TicketFact.objects.count(), HandFact.objects.count()) == (32, 2)
    assert Cell.objects.exists()
    assert DeskCell.objects.exists()
