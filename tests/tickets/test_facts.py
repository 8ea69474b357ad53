"""What stands around a ticket: the same for one as among many, and for one by a statement that is planned once."""

from collections.abc import Callable

import pytest
from django.db import connection

from tests.sla.conftest import policy
from tickets import operations
from tickets.models import Ticket
from tickets.vocabulary.facts import Facts, facts_of


def test_one_ticket_is_read_as_it_is_among_many(open_ticket: Callable[..., Ticket], mira, vpn, later) -> None:
    policy(resolution=240)
    tickets = [open_ticket(category=vpn), open_ticket("A new chair")]
    operations.tag(tickets[0], names=["wifi"], by=mira, at=later())
    assert {ticket.pk: Facts.of(ticket) for ticket in tickets} == facts_of([ticket.pk for ticket in tickets])


def test_a_ticket_that_is_gone_has_none(db: None) -> None:
    with pytest.raises(Ticket.DoesNotExist):
        Facts.of(Ticket(pk=0))


def test_for_one_ticket_the_database_keeps_its_plan(ticket: Ticket) -> None:
    """It plans anew five times and then decides by cost: planning anew each time is ten times the work."""
    for _again in range(8):
        Facts.of(ticket)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT custom_plans, generic_plans > 0 FROM pg_prepared_statements "
            "WHERE statement LIKE '%%tag_names%%' AND statement LIKE '%%tickets_ticket\".\"id\" = $1%%'"
        )
        assert cursor.fetchall() == [(5, True)]
