"""Importing tickets from a file: idempotent, in batches, each batch whole or not at all."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.db import OperationalError, connection, reset_queries, transaction
from django.db.models import Count

from escalation.events import HANDED_OVER
from escalation.importing import import_handoffs
from escalation.models import Handoff
from intake.directory import Directory
from intake.grouping import tickets_of
from intake.histories import Historian, History
from intake.mapping import Mapping
from intake.reading import FileUnusable, Table
from intake.reassignments import compare
from intake.reporting import Report
from intake.snapshots import Interpreter, Snapshot
from tickets.models import OPEN_STATUSES, Event, ExternalReference
from tickets.operations.importing import MOST_AT_ONCE, import_tickets, reserve_ids

Progress = Callable[[int], object]
"""Told how many bytes of the file have been read."""


class Importer:
    """One run over one file. `run` may be called again after a crash: what is in the database stays."""

    def __init__(
        self,
        path: Path,
        mapping: Mapping,
        *,
        report: Report,
        at: datetime,
        dry_run: bool = False,
        batch: int = 500,
        progress: Progress | None = None,
    ) -> None:
        self.path, self.mapping, self.dry_run = path, mapping, dry_run
        self.batch = min(max(batch, 1), MOST_AT_ONCE)
        self.progress = progress or (lambda _bytes: None)
        self.report = report
        self.interpreter = Interpreter(mapping)
        self.directory = Directory(mapping, at=at, dry_run=dry_run)
        self.historian = Historian(mapping, self.directory, handoff_keys=self._handoff_keys(), at=at)
        self._tables: list[Table] = []

    def run(self) -> None:
        """Import what is new.

        Raises:
            FileUnusable: the file as a whole cannot be imported, or somebody imports from this system now.
        """
        with _alone(self.mapping.system):
            waiting: list[list[Snapshot]] = []
            rows = 0
            for together in tickets_of(self._open, self.interpreter, self.report, self._columns()):
                waiting.append(together)
                rows += len(together)
                if rows >= self.batch:
                    self._take(waiting)
                    waiting, rows = [], 0
            self._take(waiting)
        self.report.notes += self.interpreter.notes
        self.report.notes.update(self.directory.notes)
        self.report.check()

    def _open(self) -> Table:
        table = Table(self.path, self.mapping.format)
        self._tables.append(table)
        return table

    def _columns(self) -> set[str]:
        mapping = self.mapping
        named = {name for names in mapping.columns.values() for name in names}
        named |= set() if mapping.by_content else set(mapping.key)
        named |= {*mapping.remarks.values(), *mapping.details.values()}
        return named | {name for name in (mapping.reassignments, mapping.updates) if name}

    def _take(self, waiting: Sequence[list[Snapshot]]) -> None:
        """Import a batch. What was imported before is skipped, and says so row by row."""
        known = _known(self.mapping.system, [together[0].key for together in waiting])
        new = []
        for together in waiting:
            if together[0].key in known:
                self._skip_known(together, known[together[0].key])
            else:
                new.append(together)
        if new:
            with transaction.atomic():
                self._write(new)
        # With DEBUG Django keeps the last 9,000 statements, and these are megabytes each.
        reset_queries()
        self.progress(self._tables[-1].bytes_read if self._tables else 0)

    def _skip_known(self, together: list[Snapshot], found: tuple[int, int]) -> None:
        ticket_id, moves = found
        self.report.already_imported += 1
        for snapshot in together:
            self.report.skip(snapshot.row, f"{snapshot.key} was imported before, as TD-{ticket_id}.")
        compare(self.report, self.mapping, together, moves)

    def _write(self, new: Sequence[list[Snapshot]]) -> None:
        self.directory.prepare(itertools.chain.from_iterable(new))
        histories = [self.historian.write(together) for together in new]
        if not self.dry_run:
            imported = import_tickets([history.plan for history in histories])
            import_handoffs(
                (move, ticket.ticket_id, message_id)
                for history, ticket in zip(histories, imported, strict=True)
                for index, move in history.moves
                if (message_id := ticket.message_ids[index]) is not None
            )
        for history, together in zip(histories, new, strict=True):
            self._count(history, together)

    def _count(self, history: History, together: list[Snapshot]) -> None:
        report = self.report
        report.tickets += 1
        report.events += len(history.plan.history)
        report.rows_taken += len(together)
        report.unchanged += history.unchanged
        report.open_tickets += together[-1].state.status in OPEN_STATUSES
        for row, text in history.warnings:
            report.warnings.add(row=row, key=together[0].key, text=text)
        compare(report, self.mapping, together, len(history.moves))

    def _handoff_keys(self) -> Iterator[int]:
        while not self.dry_run:
            yield from reserve_ids(Handoff, 100)
        yield from itertools.count(-1, -1)


def _known(system: str, keys: list[str]) -> dict[str, tuple[int, int]]:
    """Of these keys those that were imported: their ticket, and how many of its moves the import wrote."""
    found = dict(
        ExternalReference.objects.filter(system=system, key__in=keys).values_list("key", "ticket_id")
    )
    moves = dict(
        Event.objects.filter(ticket_id__in=found.values(), kind=HANDED_OVER, data__imported=True)
        .order_by()
        .values("ticket_id")
        .annotate(moves=Count("id"))
        .values_list("ticket_id", "moves")
    )
    return {key: (ticket_id, moves.get(ticket_id, 0)) for key, ticket_id in found.items()}


class _alone:  # noqa: N801 - reads as a verb: with _alone(system)
    """Only one import of a system at a time. PostgreSQL frees the lock with the connection, also on a kill -9."""

    def __init__(self, system: str) -> None:
        self.system = system

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            # A killed run's connection may live a moment longer.
            cursor.execute("SET lock_timeout = '10s'")
            try:
                cursor.execute("SELECT pg_advisory_lock(hashtext('intake'), hashtext(%s))", [self.system])
            except OperationalError:
                raise FileUnusable(
                    f"Another import from {self.system} is running. Wait until it has ended."
                ) from None
            finally:
                if not connection.in_atomic_block:
                    cursor.execute("RESET lock_timeout")

    def __exit__(self, *_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('intake'), hashtext(%s))", [self.system])
