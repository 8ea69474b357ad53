"""What an audit log of incidents says of itself: counted straight from its CSV file.

A script of its own on purpose: it shares no code with the importer, nor with the figures that it is held against, not
even the reading of a mapping. It can be run alone: `python helpdesk/truths/from_file.py FILE MAPPING`.
"""

import csv
import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

Number = int | float | str | None
OPEN_AGAIN = ("new", "open", "pending_requester", "pending_vendor", "on_hold")


class Unusable(Exception):
    """The file or its mapping cannot be counted; why, in a sentence."""


@dataclass
class Told:
    """Numbers by name, what each is made of by incident, and why the file itself makes another tool count otherwise."""

    numbers: dict[str, Number] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    why: dict[tuple[str, str], str] = field(default_factory=dict)
    """By name and incident."""
    keys: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Rows that were left out, each with the reason."""


@dataclass
class Row:
    number: int
    cells: dict[str, str]
    at: datetime | None
    opened: datetime | None
    resolved: datetime | None
    closed: datetime | None
    state: str

    @property
    def status(self) -> str:
        return self.state.split(":")[0]


def count(file: Path, mapping: Path) -> Told:
    """Count the file.

    Raises:
        Unusable: it is no such log.
    """
    reader = _Reader(file, mapping)
    told = Told()
    incidents: dict[str, list[Row]] = defaultdict(list)
    for key, row in reader.rows(told):
        incidents[key].append(row)
    if not reader.in_file_order:
        for rows in incidents.values():
            rows.sort(key=lambda row: (row.at is None, row.at))
    told.keys = list(incidents)
    _Counting(told, incidents, reader).all()
    return told


class _Reader:
    """The rows of the file, by what the mapping calls its columns."""

    def __init__(self, file: Path, mapping: Path) -> None:
        self.file = file
        try:
            says = yaml.safe_load(mapping.read_text(encoding="utf-8"))
            if says["mode"] != "snapshots" or not isinstance(says["key"], str):
                raise Unusable(
                    "Only a log with several rows an incident can be compared: `mode: snapshots`, one `key`."
                )
            self.key, self.columns = says["key"], says["columns"]
            self.values = says.get("values", {})
            self.defaults = says.get("defaults", {})
            self.remarks = says.get("remarks", {})
            self.counter = says.get("counts", {}).get("reassignments", "")
            self.updates = says.get("counts", {}).get("updates", "")
            self.in_file_order = says.get("order") == "file"
            form = says.get("format", {})
            dates = form.get("date", "iso")
            self.dates = [dates] if isinstance(dates, str) else list(dates)
            self.zone = ZoneInfo(form.get("timezone", "UTC"))
            self.unknown = {"", *form.get("null", [])}
            self.delimiter, self.encoding = form.get("delimiter", ","), form.get("encoding", "utf-8")
        except OSError as error:
            raise Unusable(f"{mapping} cannot be read: {error.strerror}.") from None
        except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
            raise Unusable(f"{mapping} is no mapping of an audit log: {error}") from None

    def rows(self, told: Told) -> Iterator[tuple[str, Row]]:
        encoding = "utf-8-sig" if self.encoding.lower() in ("utf-8", "utf8") else self.encoding
        try:
            with self.file.open(encoding=encoding, newline="") as file:
                lines = csv.DictReader(file, delimiter=self.delimiter)
                self.header = lines.fieldnames or []
                for number, cells in enumerate(lines, start=2):
                    try:
                        yield self._key(cells), self._row(number, cells)
                    except ValueError as error:
                        told.unreadable.append(f"Row {number}: {error}")
        except (OSError, UnicodeError, csv.Error) as error:
            raise Unusable(f"{self.file} cannot be read: {error}") from None

    def _key(self, cells: dict[str, str]) -> str:
        key = self.cell(cells, self.key)
        if key is None:
            raise ValueError("it has no key")
        return key

    def _row(self, number: int, cells: dict[str, str]) -> Row:
        if None in cells or None in cells.values():
            raise ValueError("it has more or fewer cells than the header")
        names = ("updated_at", "opened_at", "resolved_at", "closed_at")
        at, opened, resolved, closed = (self._time(cells, self.columns.get(name, "")) for name in names)
        return Row(number, cells, at, opened, resolved, closed, self._state(cells))

    def cell(self, cells: dict[str, str], column: str) -> str | None:
        value = (cells.get(column) or "").strip()
        return None if value in self.unknown else value

    def _time(self, cells: dict[str, str], column: str) -> datetime | None:
        value = self.cell(cells, column)
        if value is None:
            return None
        for form in self.dates:
            try:
                at = datetime.fromisoformat(value) if form == "iso" else datetime.strptime(value, form)  # noqa: DTZ007
            except ValueError:
                continue
            return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)
        raise ValueError(f"{column} is “{value}”, which is no time")

    def _state(self, cells: dict[str, str]) -> str:
        """In the words of the mapping: `open`, `on_hold:problem`."""
        found = self.code(cells, "state")
        if isinstance(found, dict):
            return (
                f"{found['status']}:{found['hold_reason']}" if found.get("hold_reason") else found["status"]
            )
        return str(found or self.defaults.get("state", "new"))

    def code(self, cells: dict[str, str], name: str) -> Any:
        known = self.values.get(name, {})
        value = self.cell(cells, self.columns.get(name, ""))
        if value is None:
            return self.defaults.get(name)
        if value not in known and "*" not in known:
            raise ValueError(f"the {name} “{value}” is not in the mapping")
        found = known[value] if value in known else known["*"]
        return self.defaults.get(name) if found is None else found


class _Counting:
    """Every number that the log tells, one after the other."""

    def __init__(self, told: Told, incidents: dict[str, list[Row]], reader: _Reader) -> None:
        self.told, self.incidents, self.reader = told, incidents, reader
        self.priority = {key: self._code(rows[-1], "priority") for key, rows in incidents.items()}

    def all(self) -> None:
        self.tell("incidents", dict.fromkeys(self.incidents, 1), total)
        self.tell("incidents still open", self.each(lambda rows: int(rows[-1].status in OPEN_AGAIN)), total)
        for level in (1, 2, 3, 4):
            self.tell(
                f"incidents of P{level}", {key: int(p == level) for key, p in self.priority.items()}, total
            )
        self._reassignments()
        self._reopenings()
        self._made_sla()
        self._times()
        self._states()
        self._changes()
        self._names()
        self._remarks()

    def tell(self, name: str, parts: dict[str, Any], add_up: Callable[[Iterable[Any]], Number]) -> None:
        """A number, and what it is made of by incident; incidents that say nothing have no part."""
        self.told.parts[name] = parts
        self.told.numbers[name] = add_up(parts.values())

    def each(self, of: Callable[[list[Row]], Any]) -> dict[str, Any]:
        return {key: of(rows) for key, rows in self.incidents.items()}

    # --- hands ---

    def _reassignments(self) -> None:
        group = self.reader.columns.get("group", "")
        changes = self.each(lambda rows: self._changes_of(rows, lambda row: self._cell(row, group)))
        self.tell("reassignments (changes of group from row to row)", changes, total)
        self.tell(
            "incidents reassigned at least once", {key: int(n > 0) for key, n in changes.items()}, total
        )
        if not self.reader.counter:
            return
        name = "reassignments (by the log's own counter)"
        counted = self.each(lambda rows: int(self._cell(rows[-1], self.reader.counter) or 0))
        self.tell(name, counted, total)
        for key, rows in self.incidents.items():
            if counted[key] != changes[key]:
                self.told.why[name, key] = " ".join(self._why_counted(rows, group))

    def _why_counted(self, rows: list[Row], group: str) -> Iterator[str]:
        """Where the log's counter and its own rows part."""
        counter, updates = self.reader.counter, self.reader.updates
        first = int(self._cell(rows[0], counter) or 0)
        if first:
            yield f"the counter stands at {first} in row {rows[0].number}, the first of it."
        for before, after in pairwise(rows):
            rise = int(self._cell(after, counter) or 0) - int(self._cell(before, counter) or 0)
            was, now = self._cell(before, group), self._cell(after, group)
            if rise == int(was != now):
                continue
            saved = [int(self._cell(row, updates) or 0) for row in (before, after)]
            if was == now is None:
                reason = "one unknown group may have followed another"
            elif saved[1] - saved[0] > 1:
                reason = f"{saved[1] - saved[0] - 1} updates before it are not in the log"
            else:
                reason = "no update is missing between the rows"
            yield (
                f"in row {after.number} the counter rises by {rise} while the group goes from "
                f"{was or 'unknown'} to {now or 'unknown'}: {reason}."
            )

    def _reopenings(self) -> None:
        reopened = self.each(
            lambda rows: sum(
                before.status not in OPEN_AGAIN and after.status in OPEN_AGAIN
                for before, after in pairwise(rows)
            )
        )
        self.tell("reopen count (from row to row)", reopened, total)
        if "reopen_count" in self.reader.header:
            counted = self.each(lambda rows: int(self._cell(rows[-1], "reopen_count") or 0))
            self.tell("reopen count", counted, total)
            self.tell(
                "incidents reopened at least once", {key: int(n > 0) for key, n in counted.items()}, total
            )

    def _made_sla(self) -> None:
        if "made_sla" not in self.reader.header or "made_sla" not in self.reader.remarks.values():
            return
        made = {
            key: int(cell.upper() == "TRUE")
            for key, rows in self.incidents.items()
            if (cell := self._cell(rows[-1], "made_sla")) is not None
        }
        self.tell("incidents that made their SLA", made, total)
        self.tell("made_sla share", made, share)
        for level in (1, 2, 3, 4):
            of = {key: value for key, value in made.items() if self.priority[key] == level}
            self.tell(f"made_sla share of P{level}", of, share)

    # --- times ---

    def _times(self) -> None:
        opened, resolved = self.each(_opened), self.each(_resolved)
        spans = {key: seconds(opened[key], at) for key, at in resolved.items() if at is not None}
        self._spans("resolution time", spans)
        for level in (1, 2, 3, 4):
            of = {key: value for key, value in spans.items() if self.priority[key] == level}
            self._spans(f"resolution time of P{level}", of)
        closed = {
            key: seconds(opened[key], rows[-1].closed)
            for key, rows in self.incidents.items()
            if rows[-1].status == "closed" and rows[-1].closed
        }
        self._spans("time until it was closed", closed)
        self.tell("first opening", opened, lambda found: iso(min(found, default=None)))
        self.tell("last opening", opened, lambda found: iso(max(found, default=None)))
        dated = {key: at for key, at in resolved.items() if at is not None}
        self.tell("last resolution", dated, lambda found: iso(max(found, default=None)))

    def _spans(self, name: str, spans: dict[str, int]) -> None:
        self.tell(f"{name}, median (seconds)", spans, lambda found: quantile(found, 0.5))
        self.tell(f"{name}, 90th percentile (seconds)", spans, lambda found: quantile(found, 0.9))

    # --- states ---

    def _states(self) -> None:
        paths = self.each(lambda rows: _runs(row.state for row in rows))
        names = sorted({state for path in paths.values() for state in path})
        for state in names:
            visited, entered = f"incidents that were in state {state}", f"times state {state} was entered"
            self.tell(visited, {key: int(state in path) for key, path in paths.items()}, total)
            self.tell(entered, {key: path.count(state) for key, path in paths.items()}, total)
        self.tell("states visited", {key: sorted(set(path)) for key, path in paths.items()}, distinct)
        self.tell("changes of state", {key: len(path) - 1 for key, path in paths.items()}, total)
        for key, path in paths.items():
            if path[0] != "new":
                first = path[0].replace(":", " ")
                reason = f"the log begins when they are {first}; a ticket is opened as new and goes on."
                for name in (
                    "incidents that were in state new",
                    "times state new was entered",
                    "states visited",
                    "changes of state",
                ):
                    self.told.why[name, key] = reason

    def _changes(self) -> None:
        self.tell(
            "changes of priority",
            self.each(lambda rows: self._changes_of(rows, lambda row: self._code(row, "priority"))),
            total,
        )
        self.tell(
            "incidents whose priority was confirmed",
            self.each(lambda rows: int(bool(self._code(rows[-1], "priority_confirmed")))),
            total,
        )

    # --- people and places ---

    def _names(self) -> None:
        for name, column in (("groups", "group"), ("assignees", "assignee"), ("callers", "requester")):
            self.tell(f"{name} that have a name", self.each(self._naming(column)), distinct)
        paths = self.reader.columns.get("category", "")
        top = paths if isinstance(paths, str) else paths[0]
        self.tell(
            "main categories at the end", self.each(lambda rows: _listed(self._cell(rows[-1], top))), distinct
        )
        channels = self.each(lambda rows: str(self._code(rows[-1], "channel")))
        for channel in sorted(set(channels.values())):
            of = {key: int(one == channel) for key, one in channels.items()}
            self.tell(f"incidents that came by {channel}", of, total)

    def _naming(self, name: str) -> Callable[[list[Row]], list[str]]:
        column = self.reader.columns.get(name, "")
        return lambda rows: sorted({cell for row in rows if (cell := self._cell(row, column))})

    def _remarks(self) -> None:
        """What has no column here and stands in the ticket's note."""
        for label, column in self.reader.remarks.items():
            if column in self.reader.header and column != "made_sla":
                said = {key: _listed(self._cell(rows[-1], column)) for key, rows in self.incidents.items()}
                self.tell(f"incidents with “{label}”", {key: len(one) for key, one in said.items()}, total)
                self.tell(f"different values of “{label}”", said, distinct)

    def _changes_of(self, rows: list[Row], of: Callable[[Row], Any]) -> int:
        return sum(of(before) != of(after) for before, after in pairwise(rows))

    def _cell(self, row: Row, column: str) -> str | None:
        return self.reader.cell(row.cells, column)

    def _code(self, row: Row, name: str) -> Any:
        return self.reader.code(row.cells, name)


def _opened(rows: list[Row]) -> datetime:
    found = rows[0].opened or rows[0].at
    if found is None:
        raise Unusable(f"Row {rows[0].number} has neither a time of opening nor one of its own.")
    return found


def _resolved(rows: list[Row]) -> datetime | None:
    """When it was resolved for the last time; where the log does not date it, the first row that shows it so."""
    if rows[-1].status not in ("resolved", "closed"):
        return None
    if rows[-1].resolved is not None:
        return rows[-1].resolved
    latest, since = _opened(rows), None
    for row in rows:
        latest = max(latest, row.at or latest)
        if row.status in OPEN_AGAIN:
            since = None
        elif row.status == "resolved" and since is None:
            since = latest
    return since or rows[-1].closed


def _runs(states: Iterable[str]) -> list[str]:
    """States in their order, one that repeats once."""
    path: list[str] = []
    for state in states:
        if not path or path[-1] != state:
            path.append(state)
    return path


def _listed(cell: str | None) -> list[str]:
    return [] if cell is None else [cell]


def seconds(since: datetime, until: datetime | None) -> int:
    return max(0, int((until - since).total_seconds())) if until else 0


def total(parts: Iterable[int]) -> int:
    return sum(parts)


def share(parts: Iterable[int]) -> float | None:
    found = list(parts)
    return round(sum(found) / len(found), 4) if found else None


def distinct(parts: Iterable[list[str]]) -> int:
    return len({name for part in parts for name in part})


def quantile(parts: Iterable[int], of: float) -> int | None:
    """The smallest value that so many are at most: one that occurs, nothing between two."""
    found = sorted(parts)
    return found[math.ceil(of * len(found)) - 1] if found else None


def iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


if __name__ == "__main__":
    json.dump(count(Path(sys.argv[1]), Path(sys.argv[2])).numbers, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
