"""What one row of a file says about a ticket, in our words: codes, times and names instead of cells."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils.text import slugify

from intake.mapping import OTHERWISE, Mapping, State
from intake.reading import Row

LONGEST_KEY = 120
LONGEST = {"location": 120, "device": 80, "vendor_reference": 80}
LONGEST_SUBJECT = 250
LONGEST_TEXT = 100_000
LONGEST_NAME = 80


class RowRefused(Exception):
    """A row that cannot become part of a ticket; `str()` is the reason for the report."""


@dataclass(frozen=True)
class Person:
    mail: str
    name: str
    is_requester: bool


@dataclass(frozen=True)
class Snapshot:
    """How a ticket stood when its row was written. None: the file does not say."""

    row: int
    key: str
    at: datetime | None
    opened_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    state: State
    group: str | None
    requester: Person
    assignee: Person | None
    opened_by: Person | None
    updated_by: Person | None
    category: tuple[str, ...]
    columns: dict[str, Any]
    """Ticket columns that are taken as they are: codes and short words."""
    description: str
    remarks: str
    reassignments: int | None
    updates: str


class Interpreter:
    """Reads rows by a mapping. `notes` counts what was bent to fit, for the report."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.notes: Counter[str] = Counter()
        self._seen_contents: Counter[bytes] = Counter()
        self._parse = lru_cache(maxsize=4096)(self._parse_date)

    def key(self, row: Row) -> str:
        """The ticket's key in the other system.

        Raises:
            RowRefused: it is empty or too long.
        """
        if self.mapping.by_content:
            return self._content_key(row)
        parts = [self._cell(row, column) for column in self.mapping.key]
        if any(part is None for part in parts):
            raise RowRefused(f"The key ({', '.join(self.mapping.key)}) is empty.")
        key = " / ".join(part for part in parts if part)
        if len(key) > LONGEST_KEY:
            raise RowRefused(f"The key has {len(key)} characters; at most {LONGEST_KEY} can be kept.")
        return key

    def read(self, row: Row, key: str) -> Snapshot:
        """
        Raises:
            RowRefused: a value that the mapping cannot place, or a time that is none.
        """
        words = self._words(row)
        description, subject = self._texts(row, key, words.pop("subject"))
        return Snapshot(
            row=row.number,
            key=key,
            at=self._time(row, "updated_at"),
            opened_at=self._time(row, "opened_at"),
            resolved_at=self._time(row, "resolved_at"),
            closed_at=self._time(row, "closed_at"),
            state=self._state(row),
            group=self._cell(row, self.mapping.column("group")),
            requester=self._requester(row),
            assignee=self._person(row, "assignee"),
            opened_by=self._person(row, "opened_by"),
            updated_by=self._person(row, "updated_by"),
            category=self._category(row),
            columns=self._codes(row) | words | {"subject": subject},
            description=description,
            remarks=self._labelled(row, self.mapping.remarks),
            reassignments=self._count(row),
            updates=self._cell(row, self.mapping.updates) or "",
        )

    def _content_key(self, row: Row) -> str:
        content = "\x1f".join(f"{name}\x1e{cell}" for name, cell in row.cells.items())
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()[:16]
        self._seen_contents[digest] += 1
        return f"{digest.hex()}-{self._seen_contents[digest]}"

    def _cell(self, row: Row, column: str) -> str | None:
        """A cell without what PostgreSQL cannot keep; None where the file says that it is unknown."""
        if not column:
            return None
        cell = row.cells[column].replace("\x00", "").strip()
        return None if cell in self.mapping.format.null else cell

    def _time(self, row: Row, name: str) -> datetime | None:
        column = self.mapping.column(name)
        cell = self._cell(row, column)
        if cell is None:
            return None
        try:
            return self._parse(cell)
        except (ValueError, OverflowError):
            known = " or ".join(self.mapping.format.dates)
            raise RowRefused(
                f"{column} is “{cell[:40]}”, which is no time of the form {known}. Correct the cell, add the form "
                "under `format.date`, or list the value under `format.null`."
            ) from None

    def _parse_date(self, cell: str) -> datetime:
        for form in self.mapping.format.dates:
            try:
                moment = datetime.fromisoformat(cell) if form == "iso" else datetime.strptime(cell, form)  # noqa: DTZ007
            except ValueError:
                continue
            return moment if moment.tzinfo else moment.replace(tzinfo=self.mapping.format.zone)
        raise ValueError(cell)

    def _state(self, row: Row) -> State:
        cell = self._cell(row, self.mapping.column("state"))
        states = self.mapping.states
        if cell is None:
            default: State = self.mapping.defaults["state"]
            return default
        if cell in states:
            return states[cell]
        if OTHERWISE not in states:
            raise RowRefused(f"The state “{cell[:60]}” is not in the mapping. Add it under `values.state`.")
        self.notes[
            f"The state “{cell[:60]}” is not in the mapping: taken as {states[OTHERWISE].status}."
        ] += 1
        return states[OTHERWISE]

    def _codes(self, row: Row) -> dict[str, Any]:
        codes = {name: self._code(row, name) for name in self.mapping.values}
        codes["priority_confirmed"] = bool(codes["priority_confirmed"])
        return codes

    def _code(self, row: Row, name: str) -> Any:
        cell, known = self._cell(row, self.mapping.column(name)), self.mapping.values[name]
        code = known.get(cell) if cell is not None else None
        if cell is not None and cell not in known:
            if OTHERWISE not in known:
                raise RowRefused(
                    f"The {name} “{cell[:60]}” is not in the mapping. Add it under `values.{name}`."
                )
            code = known[OTHERWISE]
            self.notes[
                f"The {name} “{cell[:60]}” is not in the mapping: taken as {code or 'not given'}."
            ] += 1
        return self.mapping.defaults.get(name) if code is None else code

    def _words(self, row: Row) -> dict[str, str]:
        words = {}
        for name, longest in LONGEST.items():
            text = " ".join((self._cell(row, self.mapping.column(name)) or "").split())
            if len(text) > longest:
                self.notes[f"{name} was cut to {longest} characters."] += 1
            words[name] = text[:longest]
        parts = [self._cell(row, column) for column in self.mapping.columns.get("subject", ())]
        words["subject"] = " · ".join(" ".join(part.split()) for part in parts if part)
        return words

    def _texts(self, row: Row, key: str, subject: str) -> tuple[str, str]:
        """The first message and the subject; where one is missing or too long the other makes up for it."""
        description = (self._cell(row, self.mapping.column("description")) or "").replace("\r\n", "\n")
        if not subject:
            subject = " ".join(description[:1000].split())[:80].rstrip() or key
            self.notes[
                "The subject is empty: the first words of the text, or else the key, stand in for it."
            ] += 1
        if len(subject) > LONGEST_SUBJECT:
            description = f"{subject}\n\n{description}".strip()
            subject = f"{subject[: LONGEST_SUBJECT - 1].rstrip()}…"
            self.notes[
                f"The subject was cut to {LONGEST_SUBJECT} characters; the text begins with all of it."
            ] += 1
        details = self._labelled(row, self.mapping.details)
        description = "\n\n".join(part for part in (description, details) if part)
        if len(description) > LONGEST_TEXT:
            self.notes[f"A text was cut to {LONGEST_TEXT:,} characters."] += 1
            description = description[:LONGEST_TEXT]
        return description, subject

    def _labelled(self, row: Row, labels: dict[str, str]) -> str:
        cells = [(label, self._cell(row, column)) for label, column in labels.items()]
        return "\n".join(f"- {label}: {cell}" for label, cell in cells if cell is not None)[:LONGEST_TEXT]

    def _category(self, row: Row) -> tuple[str, ...]:
        """The path from the root; it ends where a level is unknown."""
        path: list[str] = []
        prefixes = self.mapping.category_prefixes
        for depth, column in enumerate(self.mapping.columns.get("category", ())):
            cell = self._cell(row, column)
            if cell is None:
                break
            prefix = f"{prefixes[depth]} " if depth < len(prefixes) else ""
            path.append(shortened(prefix + cell, LONGEST_NAME))
        return tuple(path)

    def _requester(self, row: Row) -> Person:
        found = self._person(row, "requester", is_requester=True)
        return found or self._named(self.mapping.people.nobody, is_requester=True)

    def _person(self, row: Row, name: str, *, is_requester: bool = False) -> Person | None:
        called = self._cell(row, self.mapping.column(name))
        mail = self._cell(row, self.mapping.column(f"{name}_mail"))
        if mail and "@" in mail and " " not in mail and len(mail) <= 254:
            return Person(mail.lower(), shortened(called or mail.partition("@")[0], 120), is_requester)
        return self._named(called, is_requester=is_requester) if called else None

    def _named(self, name: str, *, is_requester: bool) -> Person:
        """An address made from the name, the same every time, and never the same for two names."""
        name = " ".join(name.split())
        local = slugify(name)[:40]
        if "-" in name or local != name.lower().replace(" ", "-"):
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            local = f"{local}-{digest}" if local else digest
        return Person(f"{local}@{self.mapping.people.domain}", shortened(name, 120), is_requester)

    def _count(self, row: Row) -> int | None:
        cell = self._cell(row, self.mapping.reassignments) if self.mapping.reassignments else None
        return int(cell) if cell and cell.isdecimal() else None


def shortened(name: str, longest: int) -> str:
    """A name that fits its column; two long names that differ only at the end stay two."""
    name = " ".join(name.split())
    if len(name) <= longest:
        return name
    return f"{name[: longest - 10].rstrip()}… {hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
