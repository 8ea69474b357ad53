"""Rows of one ticket, brought together: in constant memory where they stand together in the file."""

import hashlib
from collections.abc import Callable, Iterator

from intake.reading import Row, Table, Unreadable
from intake.reporting import Report
from intake.snapshots import Interpreter, RowRefused, Snapshot

Together = list[Snapshot]
OpenTable = Callable[[], Table]


def tickets_of(
    open_table: OpenTable, interpreter: Interpreter, report: Report, columns: set[str]
) -> Iterator[Together]:
    """The snapshots of each ticket. Rows that cannot be read go to the report, with the reason.

    A ticket comes as soon as its last row was read. A file that is not sorted by ticket is read twice:
    first to learn where the last rows are.
    """
    if interpreter.mapping.snapshots:
        last_rows = _last_rows(open_table, interpreter, columns)
        yield from _snapshots(open_table, interpreter, report, columns, last_rows)
    else:
        yield from _single_rows(open_table, interpreter, report, columns)


def _single_rows(
    open_table: OpenTable, interpreter: Interpreter, report: Report, columns: set[str]
) -> Iterator[Together]:
    seen: dict[bytes, int] = {}
    for row, key in _keyed(open_table, interpreter, report, columns):
        first = seen.setdefault(_short(key), row.number)
        if first != row.number:
            report.skip(row.number, f"The key {key} stood in row {first} already; one row makes one ticket.")
            continue
        snapshot = _read(interpreter, row, key, report)
        if snapshot is not None:
            yield [snapshot]


def _snapshots(
    open_table: OpenTable,
    interpreter: Interpreter,
    report: Report,
    columns: set[str],
    last_rows: dict[bytes, int],
) -> Iterator[Together]:
    pending: dict[str, Together] = {}
    previous = ""
    for row, key in _keyed(open_table, interpreter, report, columns):
        if not last_rows and key != previous and previous in pending:
            yield pending.pop(previous)
        previous = key
        snapshot = _read(interpreter, row, key, report)
        if snapshot is not None:
            pending.setdefault(key, []).append(snapshot)
        if last_rows.get(_short(key)) == row.number and key in pending:
            yield pending.pop(key)
    yield from pending.values()


def _last_rows(open_table: OpenTable, interpreter: Interpreter, columns: set[str]) -> dict[bytes, int]:
    """The last row of each key; empty where the rows of each ticket stand together."""
    last: dict[bytes, int] = {}
    together, previous = True, b""
    with open_table() as table:
        table.require(columns)
        for row in table:
            if isinstance(row, Unreadable):
                continue
            try:
                key = _short(interpreter.key(row))
            except RowRefused:
                continue
            together = together and (key == previous or key not in last)
            last[key] = row.number
            previous = key
    return {} if together else last


def _keyed(
    open_table: OpenTable, interpreter: Interpreter, report: Report, columns: set[str]
) -> Iterator[tuple[Row, str]]:
    with open_table() as table:
        table.require(columns)
        for row in table:
            report.rows += 1
            if isinstance(row, Unreadable):
                report.skip(row.number, row.reason)
                continue
            try:
                key = interpreter.key(row)
            except RowRefused as refused:
                report.skip(row.number, str(refused))
            else:
                yield row, key


def _read(interpreter: Interpreter, row: Row, key: str, report: Report) -> Snapshot | None:
    try:
        return interpreter.read(row, key)
    except RowRefused as refused:
        report.skip(row.number, f"{key}: {refused}")
        return None


def _short(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
