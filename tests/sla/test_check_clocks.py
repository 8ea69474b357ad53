"""Every clock is the replay of its events: what differs is told, and written anew when somebody says so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from sla.models import Clock, Metric, Repair
from sla.operations.repairing import check_one, repair
from tickets import operations
from tickets.models import FAR, Ticket


def check(*arguments: str) -> tuple[int, str]:
    """The exit status and what was printed."""
    said = StringIO()
    try:
        call_command("check_clocks", *arguments, stdout=said)
    except SystemExit as exit_:
        return int(exit_.code or 0), said.getvalue()
    return 0, said.getvalue()


@pytest.fixture
def lived(ticket: Ticket, mira: User, ines: User, vpn: Any, later: Callable[..., datetime]) -> Ticket:
    """A ticket that was taken, answered, paused, resumed, resolved and reopened."""
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.reply(ticket, text="Hello", by=mira, at=later(minutes=10))
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(minutes=15))
    operations.reply(ticket, text="That one", by=ines, at=later(hours=2))
    operations.override_priority(ticket, priority=1, reason="Payroll", by=mira, at=later(hours=3))
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(hours=4))
    return operations.reopen(ticket, text="No", by=ines, at=later(hours=5))


def test_clocks_that_operations_kept_agree_with_their_events(lived: Ticket) -> None:
    clocks = Clock.objects.count()
    status, said = check()
    assert status == 0
    assert said == f"{clocks} clocks of 1 tickets replayed, 0 tickets differ from their events.\n"


def test_a_column_that_differs_is_named_with_both_values(lived: Ticket) -> None:
    row = Clock.objects.get(ticket=lived, metric=Metric.RESOLUTION, cycle=1)
    Clock.objects.filter(pk=row.pk).update(used=row.used + timedelta(minutes=1))
    status, said = check("--ticket", lived.number)
    assert status == 1
    assert (
        said.splitlines()[0]
        == f"{lived.number} resolution 1 used: {row.used} by its events, {row.used + timedelta(minutes=1)} stored"
    )


def test_the_revision_is_no_difference(lived: Ticket) -> None:
    Clock.objects.update(revision=99)
    assert check()[0] == 0


def test_a_wrong_due_time_of_a_ticket_is_found(lived: Ticket) -> None:
    due = Ticket.objects.get(pk=lived.pk).next_due_at
    Ticket.objects.filter(pk=lived.pk).update(next_due_at=FAR)
    status, said = check()
    assert (status, said.splitlines()[0]) == (
        1,
        f"{lived.number} ticket next_due_at: {due.isoformat()} by its events, never stored",
    )


def test_a_row_that_is_missing_and_one_without_events_are_found(lived: Ticket) -> None:
    first = Clock.objects.get(ticket=lived, metric=Metric.FIRST_RESPONSE)
    Clock.objects.filter(pk=first.pk).update(cycle=7)
    found = [(row.clock, row.column, row.by_events) for row in check_one(lived.pk).differences]
    assert found == [("first_response 1", "row", "there"), ("first_response 7", "row", None)]


def test_repairing_shows_what_differs_and_writes_nothing_unless_told(lived: Ticket) -> None:
    Clock.objects.filter(ticket=lived, metric=Metric.RESOLUTION).update(used=timedelta(0))
    with pytest.raises(CommandError, match="add --yes"):
        call_command("check_clocks", "--repair", stdout=StringIO())
    assert Repair.objects.count() == 0
    assert check()[0] == 1


def test_repairing_writes_what_the_events_say_and_keeps_what_was_wrong(
    lived: Ticket, later: Callable[..., datetime]
) -> None:
    before = list(Clock.objects.order_by("ticket", "metric", "scope", "cycle").values())
    Clock.objects.filter(ticket=lived, metric=Metric.RESOLUTION, cycle=1).update(used=timedelta(0))
    Clock.objects.filter(ticket=lived, metric=Metric.FIRST_RESPONSE).update(cycle=7)
    Clock.objects.filter(ticket=lived, metric=Metric.WORK, state="running").update(
        state="ended", outcome="met", ended_at=later(hours=1), due_at=None, next_at=FAR
    )
    Ticket.objects.filter(pk=lived.pk).update(next_due_at=FAR)
    status, said = check("--repair", "--yes")
    assert (status, said.splitlines()[-1]) == (
        0,
        "1 tickets repaired. What was wrong is kept with each of them.",
    )
    after = list(Clock.objects.order_by("ticket", "metric", "scope", "cycle").values())
    for rows in (before, after):
        for row in rows:
            del row["id"], row["revision"]  # a row that is made anew is nobody's judgement yet
    assert after == before
    kept = Repair.objects.get()
    assert (kept.ticket, kept.by) == (lived, None)
    assert [row[:2] for row in kept.differences if row[0] == "resolution 1"] == [["resolution 1", "used"]]
    assert check()[0] == 0


def test_a_ticket_that_is_right_is_not_repaired(lived: Ticket, at: datetime) -> None:
    assert repair(lived.pk, by=None, at=at) is None
    assert Repair.objects.count() == 0


def test_events_that_cannot_be_replayed_are_told_and_left_alone(lived: Ticket, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE sla_clockevent DISABLE TRIGGER clock_event_is_append_only")
        cursor.execute("DELETE FROM sla_clockevent WHERE kind = 'started' AND metric = 'work'")
        cursor.execute("ALTER TABLE sla_clockevent ENABLE TRIGGER clock_event_is_append_only")
    status, said = check("--repair", "--yes")
    assert status == 1
    assert "cannot be replayed" in said
    assert repair(lived.pk, by=None, at=at) is None


def test_a_number_that_is_none_is_refused(ticket: Ticket) -> None:
    with pytest.raises(CommandError, match="no ticket number"):
        call_command("check_clocks", "--ticket", "ten", stdout=StringIO())
    with pytest.raises(CommandError, match="There is no ticket"):
        call_command("check_clocks", "--ticket", "TD-99999999", stdout=StringIO())
    with pytest.raises(CommandError, match="goes with --repair"):
        call_command("check_clocks", "--yes", stdout=StringIO())
