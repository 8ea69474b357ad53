"""Columns that are caches of what apps above keep: written without an event, not part of the fold."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from psycopg2.extras import execute_values

from accounts.prepared import update
from tickets.models import Ticket

_SET_MANY = """
    UPDATE tickets_ticket SET next_due_at = due.at FROM (VALUES %s) AS due (id, at)
    WHERE tickets_ticket.id = due.id AND tickets_ticket.next_due_at <> due.at
"""


def set_due(ticket: Ticket, due: datetime) -> None:
    """Say when the ticket is due next; `FAR` where nothing is. Called by sla alone, for a ticket that is locked."""
    if ticket.next_due_at != due:
        ticket.next_due_at = due
        if not ticket._state.adding:  # noqa: SLF001  (a new ticket's row is written when its clocks are known)
            update(ticket, ["next_due_at"])


def set_due_of_many(dues: Mapping[int, datetime]) -> None:
    """The same for many tickets by key, which are locked, in one statement."""
    if dues:
        with connection.cursor() as cursor:
            rows = list(dues.items())
            execute_values(cursor, _SET_MANY, rows, template="(%s, %s::timestamptz)", page_size=len(rows))
