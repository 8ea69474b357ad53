"""History and row are the same thing, told twice."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from escalation import operations as escalation
from tickets import operations
from tickets.models import Event, Revision, Ticket, folded_columns
from tickets.state import COLUMNS, State, check, fold


@pytest.fixture
def lived(ticket, ines, mira, dario, vpn, later) -> Ticket:
    """A ticket with a long history."""
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.reply(ticket, text="Which client?", by=mira, at=later(minutes=6))
    operations.change(
        ticket, subject="VPN drops", category=vpn, impact=1, location="Leeds", by=mira, at=later(minutes=7)
    )
    operations.wait_for_requester(ticket, question="Which client?", by=mira, at=later(minutes=8))
    operations.reply(ticket, text="The blue one.", by=ines, at=later(minutes=9))
    operations.hold(ticket, reason="part", until=later(days=1), by=mira, at=later(minutes=10))
    operations.resume(ticket, by=mira, at=later(minutes=11))
    escalation.hand_over(
        ticket, tier=2, reason="needs_expertise", summary="Logs attached.", by=mira, at=later(minutes=12)
    )
    escalation.return_(
        ticket, reason="information_missing", text="Which gateway?", by=dario, at=later(minutes=13)
    )
    operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(minutes=14))
    operations.reply(ticket, text="Not yet.", by=ines, at=later(minutes=15))
    return Ticket.objects.get(pk=ticket.pk)


def test_a_state_has_every_folded_column_and_no_other():
    assert sorted(COLUMNS) == sorted(folded_columns())


def test_folding_the_history_gives_the_row(lived):
    assert fold(lived.events.all()) == State.of(lived)
    assert check(lived) == []


def test_folding_up_to_an_event_gives_the_row_of_that_moment(ticket, mira, later):
    before, moment = State.of(Ticket.objects.get(pk=ticket.pk)), ticket.events.get().pk
    operations.take(ticket, by=mira, at=later(minutes=5))
    assert fold(ticket.events.all(), until=moment) == before
    assert fold(ticket.events.all()).assignee_id == mira.pk


def test_a_ticket_without_events_has_nothing_to_fold():
    with pytest.raises(ValueError, match="no history"):
        fold([])


def test_a_row_that_was_changed_behind_the_history_is_found(lived):
    Ticket.objects.filter(pk=lived.pk).update(priority=4, version=99, subject="Something else")
    found = {difference.column for difference in check(Ticket.objects.get(pk=lived.pk))}
    assert found == {"priority", "version", "subject"}


def test_a_gap_in_the_history_is_found(lived, later):
    Event.objects.create(
        ticket=lived, kind="ticket.changed", at=later(hours=1), changes={"priority": [3, lived.priority]}
    )
    Ticket.objects.filter(pk=lived.pk).update(version=lived.version + 1, changed_at=later(hours=1))
    [difference] = check(Ticket.objects.get(pk=lived.pk))
    assert difference.column.startswith("priority before event")


def test_words_are_compared_with_the_revision_that_history_names(lived):
    Revision.objects.filter(pk=lived.words["location"]).update(text="Nowhere")
    assert [str(difference) for difference in check(lived)] == [
        "location: 'Nowhere' by its history, 'Leeds' in its row"
    ]


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_history", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_checks_all_tickets_and_says_how_many(lived, open_ticket):
    open_ticket("Another")
    assert run() == (0, "2 tickets checked, 0 differ from their history.\n")


def test_the_command_fails_when_one_differs(lived, open_ticket):
    other = open_ticket("Another")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET priority = 1 WHERE id = %s", [other.pk])
    status, told = run()
    assert (status, told.splitlines()[-1]) == (1, "2 tickets checked, 1 differ from their history.")
    assert f"{other.number} priority: 4 by its history, 1 in its row" in told
    assert run("--ticket", lived.number) == (0, "1 tickets checked, 0 differ from their history.\n")


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("at_once")
def test_what_a_worker_writes_while_the_command_reads_is_no_difference(ticket, mira, later):
    written: list[str] = []

    def take() -> None:
        try:
            operations.take(ticket, by=mira, at=later(minutes=5))
        finally:
            connection.close()

    def meanwhile(execute, sql, *rest):
        """Between reading the rows and reading their events."""
        if not written and 'FROM "tickets_event"' in sql:
            written.append(sql)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(take).result()
        return execute(sql, *rest)

    with connection.execute_wrapper(meanwhile):
        assert run() == (0, "1 tickets checked, 0 differ from their history.\n")
    assert written
    assert Ticket.objects.get(pk=ticket.pk).assignee == mira


@pytest.mark.parametrize("number", ["TD-999999", "TD-x", "9" * 40])
def test_the_command_says_which_ticket_it_cannot_find(db, number):
    with pytest.raises(CommandError, match=number[:20]):
        call_command("check_history", "--ticket", number)


def test_the_command_reads_in_batches(open_ticket, django_assert_num_queries):
    for number in range(5):
        open_ticket(f"Ticket {number}")
    with django_assert_num_queries(5):  # the count, three for the batch, one that finds no more
        run()
