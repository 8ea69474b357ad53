"""The facts of tickets as their history has them, and as they are kept: both as plain values, to be compared."""

import logging
from collections.abc import Collection, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models

from insights.models import FactState, HandFact, PromiseFact, TicketFact
from insights.queries.beside import add_what_stands_beside
from insights.queries.records import records
from insights.record import Facts, work_out
from sla.book import rules_in_force

logger = logging.getLogger(__name__)

Row = tuple[Any, ...]
Rows = tuple[Row, frozenset[Row], frozenset[Row]]
"""All facts of a ticket as plain values: of itself, of hands, of promises."""


def facts_of(tickets: Collection[int], state: FactState) -> tuple[dict[int, Facts], set[int]]:
    """The facts of these tickets as their history has them, and those whose history cannot be read.

    One that cannot is logged and left as it is: it holds up no other, and `manage.py check_facts` names it.
    """
    rules_in_force()  # calendars that got further holidays meanwhile are read anew
    zone, found, failed = ZoneInfo(state.zone), dict[int, Facts](), set[int]()
    for record in records(tickets):
        try:
            found[record.ticket_id] = work_out(record, zone=zone, usual_calendar=state.usual_calendar)
        except Exception:  # whatever is odd about one ticket must not keep the others from being counted
            logger.exception("The facts of ticket %s cannot be worked out", record.ticket_id)
            failed.add(record.ticket_id)
    add_what_stands_beside(found.values())
    return found, failed


def columns_of(model: type[models.Model], *, without: str = "id") -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.attname != without]


TICKET, HAND, PROMISE = columns_of(TicketFact), columns_of(HandFact), columns_of(PromiseFact)


def rows_of(facts: Facts) -> Rows:
    return (
        _row(facts.ticket, TICKET),
        frozenset(_row(hand, HAND) for hand in facts.hands),
        frozenset(_row(promise, PROMISE) for promise in facts.promises),
    )


def _row(fact: models.Model, columns: Iterable[str]) -> Row:
    return tuple([getattr(fact, column) for column in columns])


def stored_rows(tickets: Collection[int]) -> dict[int, Rows]:
    """The facts that are kept of these tickets. Three queries."""
    hands = _grouped(HandFact.objects.filter(ticket__in=tickets).values_list(*HAND))
    promises = _grouped(PromiseFact.objects.filter(ticket__in=tickets).values_list(*PROMISE))
    rows = TicketFact.objects.filter(ticket__in=tickets).values_list(*TICKET)
    nothing: frozenset[Row] = frozenset()
    return {row[0]: (row, hands.get(row[0], nothing), promises.get(row[0], nothing)) for row in rows}


def _grouped(rows: Iterable[Row]) -> dict[int, frozenset[Row]]:
    found: dict[int, set[Row]] = {}
    for row in rows:
        found.setdefault(row[0], set()).add(row)
    return {key: frozenset(rows) for key, rows in found.items()}
