"""Retention is the one way in which history goes."""

import pytest
from django.core.management import call_command
from django.db import connection

from tickets import operations
from tickets.models import Event, Message, Purge, Ticket
from tickets.operations.retaining import purge
from tickets.refusals import Invalid, NotAllowed


@pytest.fixture
def closed(ticket, ines, mira, at):
    operations.note(ticket, text="A note", by=mira, at=at, minutes=5)
    operations.tag(ticket, names=["old"], by=mira, at=at)
    operations.resolve(ticket, code="fixed", summary="Done", by=mira, at=at)
    return operations.confirm(ticket, by=ines, at=at)


def test_what_was_closed_long_ago_goes_with_all_that_hangs_on_it(closed, open_ticket, ada, later):
    kept = open_ticket("Still open")
    run = purge(closed_before=later(days=400), reason="kept one year", by=ada, at=later(days=800))
    assert (run.tickets, run.events, run.first_number) == (1, 5, closed.pk)
    assert list(Ticket.objects.all()) == [kept]
    assert set(Event.objects.values_list("ticket_id", flat=True)) == {kept.pk}
    assert set(Message.objects.values_list("ticket_id", flat=True)) == {kept.pk}


def test_what_ended_later_stays(closed, ada, at, later):
    assert purge(closed_before=at, reason="x", by=ada, at=later(days=1)) is None
    assert Ticket.objects.exists()


def test_what_a_kept_ticket_points_to_stays(closed, open_ticket, ines, mira, ada, later):
    operations.reply(closed, text="It is back", by=ines, at=later(days=3))
    assert purge(closed_before=later(days=400), reason="x", by=ada, at=later(days=800)) is None


def test_only_an_administrator_with_a_reason(closed, mira, ada, later):
    with pytest.raises(NotAllowed):
        purge(closed_before=later(days=9), reason="x", by=mira, at=later(days=9))
    with pytest.raises(Invalid):
        purge(closed_before=later(days=9), reason="", by=ada, at=later(days=9))


def test_afterwards_the_door_is_shut_again(closed, open_ticket, ada, later):
    open_ticket()
    purge(closed_before=later(days=9), reason="x", by=ada, at=later(days=9))
    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_event")


def test_the_command_counts_before_it_deletes(closed, capsys):
    call_command("purge_tickets", "--closed-before", "2027-01-01", "--dry-run")
    assert "2027-01-01: 1" in capsys.readouterr().out
    call_command("purge_tickets", "--closed-before", "2027-01-01", "--reason", "rule 7")
    assert Purge.objects.get().reason == "rule 7"
