"""Facts and cells against a recount from raw history: first brought up to date, then compared."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from delivery.horizon import horizon
from insights.models import FactState, TicketFact
from insights.operations import keeping
from insights.queries.counting import differences_of_month, months_of, months_of_cells
from insights.queries.kept import HAND, PROMISE, TICKET, Row, Rows, facts_of, rows_of, stored_rows
from tickets.models import Ticket
from tickets.refusals import Refused

BATCH = 500
POLL_SECONDS = 0.1
PATIENCE = 60.0
"""Seconds for which somebody else may keep the facts, or a transaction be under way, before it is given up."""


class NotCaughtUp(Refused):
    """What was committed cannot be read yet, or somebody else is at the facts for long."""

    code = "not_caught_up"


@dataclass(frozen=True)
class Difference:
    """Something on which the history of a ticket and its facts do not agree."""

    ticket_id: int
    what: str

    def __str__(self) -> str:
        return f"{Ticket(pk=self.ticket_id).number} {self.what}"


def catch_up(
    *,
    at: datetime,
    before: int | None = None,
    progress: Callable[[keeping.Step], object] = lambda _step: None,
) -> None:
    """Follow the feed up to the last event that was committed when this was called.

    Args:
        before: the transaction before which all is read; by default all that have begun by now are waited for.
        progress: called after each batch.

    Raises:
        NotCaughtUp: a transaction is under way for long, or somebody else keeps the facts for long.
    """
    target = _next_transaction() if before is None else before
    until = time.monotonic() + PATIENCE
    while True:
        reached = before is not None or horizon() >= target
        step = keeping.follow(at=at, before=before)
        progress(step)
        if reached and not step.is_busy and not step.has_more:
            return
        if step.has_more:
            until = time.monotonic() + PATIENCE
            continue
        if time.monotonic() > until:
            raise NotCaughtUp(_BUSY if step.is_busy else _HELD_BACK)
        time.sleep(POLL_SECONDS)


_BUSY = "The facts are being rebuilt by somebody else. Try again when that is done."
_HELD_BACK = "A transaction has been under way for a minute: what was committed after it cannot be read yet."


def _next_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


# --- tickets ---


def all_tickets() -> list[int]:
    """The keys of all tickets, and of those of which facts are left though they are gone."""
    kept = TicketFact.objects.exclude(pk__in=Ticket.objects.values("pk")).values_list("pk", flat=True)
    return sorted({*Ticket.objects.order_by().values_list("pk", flat=True), *kept})


def batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


def differing(tickets: Collection[int]) -> list[Difference]:
    """What differs now. Somebody may be at work on these tickets: `still_differing` looks once more."""
    state = FactState.objects.get(pk=1)
    worked_out, failed = facts_of(tickets, state)
    stored = stored_rows(tickets)
    found: list[Difference] = []
    for key in tickets:
        facts = worked_out.get(key)
        if key in failed:
            found.append(Difference(key, "its facts cannot be worked out; the log says why"))
        else:
            found += [
                Difference(key, what) for what in _between(rows_of(facts) if facts else None, stored.get(key))
            ]
    return found


def compared(tickets: Collection[int]) -> tuple[int, list[Difference]]:
    """How many these are, with what differs: what a process among several answers."""
    return len(tickets), differing(tickets)


def still_differing(
    found: Iterable[Difference], *, at: datetime, before: int | None = None
) -> list[Difference]:
    """What of it is left when all that was committed meanwhile is in the facts."""
    keys = sorted({difference.ticket_id for difference in found})
    if not keys:
        return []
    catch_up(at=at, before=before)
    return [difference for batch in batches(keys) for difference in differing(batch)]


def _between(by_history: Rows | None, stored: Rows | None) -> Iterator[str]:
    if by_history is None or stored is None:
        if by_history is not stored:
            yield "has facts, and no history" if by_history is None else "has no facts"
        return
    yield from _columns(TICKET, by_history[0], stored[0])
    for what, columns, place in (("hands", HAND, 1), ("promise", PROMISE, 2)):
        yield from _rows(what, columns, by_history[place], stored[place])


def _columns(columns: Sequence[str], by_history: Row, stored: Row) -> Iterator[str]:
    for column, right, kept in zip(columns, by_history, stored, strict=True):
        if right != kept:
            yield f"{column}: {_said(right)} by its history, {_said(kept)} in its facts"


def _rows(
    what: str, columns: Sequence[str], by_history: Collection[Row], stored: Collection[Row]
) -> Iterator[str]:
    for row in sorted(set(by_history) ^ set(stored), key=str):
        told = ", ".join(f"{name} {_said(value)}" for name, value in zip(columns[1:], row[1:], strict=True))
        yield f"{what} {'only by its history' if row in by_history else 'only in its facts'}: {told}"


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)


# --- cells ---


def differing_cells(*, progress: Callable[[], object] = lambda: None) -> list[str]:
    """The cells that are not what the facts add up to, month by month."""
    found: list[str] = []
    for first in sorted({*months_of(), *months_of_cells()}):
        found += [str(difference) for difference in differences_of_month(first)]
        progress()
    return found
