"""People out of a CSV file: what each row would do, before anything is written.

A person is known by the mail address, so the same file twice changes nothing the second time. A column
that the file lacks, and a cell that is empty, leave what is known of a person as it is.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext as _

COLUMNS = (
    "name",
    "email",
    "organisation",
    "employee_number",
    "phone",
    "location",
    "device",
    "manager",
    "teams",
    "role",
    "vip",
    "reach_by",
    "reach_when",
    "timezone",
    "language",
)
REQUIRED = ("name", "email")
OTHER_NAMES = {
    "e-mail": "email",
    "mail": "email",
    "full name": "name",
    "company": "organisation",
    "organization": "organisation",
    "telephone": "phone",
    "employee number": "employee_number",
    "number": "employee_number",
    "site": "location",
    "team": "teams",
    "time zone": "timezone",
    "tz": "timezone",
}
DELIMITERS = ",;\t|"


class Unreadable(Exception):
    """The file as a whole cannot be used; `str()` says why and what to do."""


class Outcome(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell, and the remedy. `row` counts as a spreadsheet does: the header is row 1."""

    row: int
    column: str
    message: str


@dataclass
class Row:
    number: int
    cells: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    @property
    def email(self) -> str:
        return self.cells.get("email", "").lower()

    def refuse(self, column: str, message: str) -> None:
        self.problems.append(Problem(self.number, column, message))


@dataclass(frozen=True)
class Sheet:
    rows: list[Row]
    ignored_columns: list[str]


def decode(raw: bytes) -> str:
    """The text of the file: UTF-8, or UTF-16 with its mark, as spreadsheets write it.

    Raises:
        Unreadable: naming the row whose bytes are no UTF-8.
    """
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unreadable(_("This is a spreadsheet, not a CSV file. In it choose “Save as… CSV UTF-8”."))
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as trouble:
        row = raw[: trouble.start].count(b"\n") + 1
        message = _(
            "Row %(row)d holds letters that are not UTF-8. Save the file anew as “CSV UTF-8” and try again."
        )
        raise Unreadable(message % {"row": row}) from trouble
    if "\x00" in text:
        row = text[: text.index("\x00")].count("\n") + 1
        raise Unreadable(
            _("Row %(row)d holds a NUL character, so this is no text. Save the file anew as “CSV UTF-8”.")
            % {"row": row}
        )
    return text


def read(text: str) -> Sheet:
    """The rows of the file, each under the names of its columns.

    Raises:
        Unreadable: no header, a needed column is missing, or a quote never ends.
    """
    lines = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True, strict=True
    )
    try:
        header = [_column(name) for name in next(lines, [])]
        _check_header(header)
        rows = list(_rows(lines, header))
    except csv.Error as trouble:
        raise Unreadable(
            _("Row %(row)d cannot be read (%(trouble)s). Often a quote is opened there and never closed.")
            % {"row": lines.line_num, "trouble": trouble}
        ) from trouble
    if not rows:
        raise Unreadable(_("The file has its columns but no row with a person."))
    _refuse_duplicates(rows)
    return Sheet(rows, [name for name in header if name and name not in COLUMNS])


def typed_lines(text: str) -> str:
    """Lines as people type them (name, mail address, team), as the text of a CSV file."""
    return "name,email,teams\n" + text.strip() + "\n"


def _rows(lines: Iterator[list[str]], header: list[str]) -> Iterator[Row]:
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        named = zip(header, cells, strict=False)
        row = Row(number, {name: " ".join(cell.split()) for name, cell in named if name in COLUMNS})
        if len(cells) > len(header):
            row.refuse(
                "",
                _("There are %(cells)d cells, but only %(columns)d columns. Put quotes around a comma.")
                % {"cells": len(cells), "columns": len(header)},
            )
        yield row


def _refuse_duplicates(rows: list[Row]) -> None:
    first: dict[str, int] = {}
    for row in rows:
        if not row.email:
            continue
        if row.email in first:
            row.refuse(
                "email",
                _("%(email)s stands in row %(row)d already. Keep one row for each person.")
                % {"email": row.email[:80], "row": first[row.email]},
            )
        else:
            first[row.email] = row.number


def _check_header(header: list[str]) -> None:
    if not any(header):
        raise Unreadable(_("The file is empty. It needs a line with the columns and a line for each person."))
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise Unreadable(
            _("Column missing: %(missing)s. The first row names the columns; this file has: %(found)s.")
            % {"missing": ", ".join(missing), "found": ", ".join(filter(None, header))[:200]}
        )
    twice = sorted({name for name in header if name in COLUMNS and header.count(name) > 1})
    if twice:
        raise Unreadable(_("Column named twice: %(names)s. Keep one.") % {"names": ", ".join(twice)})


def _column(name: str) -> str:
    plain = " ".join(name.strip().lower().split())
    plain = OTHER_NAMES.get(plain, plain)
    return plain.replace(" ", "_") if plain.replace(" ", "_") in COLUMNS else plain


def _delimiter(text: str) -> str:
    """The one that splits the header into the most columns; German Excel writes semicolons."""
    header = text.split("\n", 1)[0]
    return max(DELIMITERS, key=header.count)
