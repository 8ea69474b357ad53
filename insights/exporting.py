"""Lists as files: what can be exported, and how its rows are written. Where a list comes from, apps above teach."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

import xlsxwriter
from django.http import QueryDict  # noqa: TID251 (a list is asked for in the words of an address)
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import User
from accounts.spreadsheet import BYTE_ORDER_MARK, Line, safe

DIRECT = 10_000
"""Rows up to which a file is written while one waits; longer ones are written behind the page."""
MOST_IN_SHEET = 1_048_575
"""Rows that a sheet of XLSX holds, without its head."""
LONGEST_CELL = 32_767
MOST_DIGITS = 10**15
"""Numbers from here on lose digits in a spreadsheet, so they go as text."""
WIDTHS = (8, 60)
MOST_MEASURED = 200

Cell = str | int | float | bool | datetime | date | None
Cursor = Any
"""Behind which row a list goes on; plain JSON."""


@dataclass(frozen=True)
class Listing:
    """A list that somebody may see, ready to be written."""

    title: str
    name: str
    """Of the file, without its ending."""
    head: Sequence[str]
    count: Callable[[], int]
    pages: "Callable[[Cursor], Iterator[Page]]"
    """The rows behind a cursor (None: all), page by page."""

    def rows(self) -> Iterator[Sequence[Cell]]:
        return (row for page in self.pages(None) for row in page.rows)


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursor behind the last of them; None where it is known that nothing follows."""

    rows: Sequence[Sequence[Cell]]
    cursor: Cursor


Open = Callable[[User, QueryDict, datetime], Listing | None]
"""The list that an address asks for as this person may see it now; None where it is not theirs, or there is none."""
_sources: dict[str, Open | str] = {}


def teach(key: str, open_: Open | str) -> None:
    """Have lists of this name exported. Teaching the same again changes nothing.

    Args:
        open_: or where it is found, for what is not loaded before somebody exports.
    """
    known = _sources.setdefault(key, open_)
    if known != open_:
        raise ValueError(f"Another list is called {key!r} already: {known!r}.")


def known_lists() -> list[str]:
    """The names of all lists that can be exported."""
    return sorted(_sources)


def open_listing(key: str, person: User, query: str, *, at: datetime) -> Listing | None:
    """Asked anew whenever rows are read: what somebody may see changes.

    Raises:
        Invalid: it is theirs to ask for, and asked for by something that cannot be; `field` names it.
    """
    known = _sources.get(key)
    if known is None or not person.is_active:
        return None
    open_: Open = import_string(known) if isinstance(known, str) else known
    return open_(person, QueryDict(query), at)


def of_rows(title: str, name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Listing:
    """A short list that is there already: figures in a table."""
    found = list(rows)

    def pages(cursor: Cursor) -> Iterator[Page]:
        yield Page(found[cursor or 0 :], len(found))

    return Listing(title, name, head, lambda: len(found), pages)


# --- CSV ---


def csv_head(head: Sequence[str]) -> str:
    return BYTE_ORDER_MARK + csv_lines([head])


def csv_lines(rows: Iterable[Sequence[Cell]]) -> str:
    """No cell is one that a spreadsheet would carry out; numbers stay numbers."""
    write = csv.writer(Line()).writerow
    return "".join(str(write([_csv_cell(cell) for cell in row])) for row in rows)


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, int | float):
        return str(cell)
    return safe(cell)


# --- Rows on their way into a workbook ---


def packed(rows: Iterable[Sequence[Cell]]) -> str:
    """One line of JSON a row; moments as clocks of the current zone show them, for a sheet knows no zones."""
    return "".join(json.dumps([_plain(cell) for cell in row], ensure_ascii=False) + "\n" for row in rows)


def unpacked(lines: Iterable[str]) -> Iterator[list[Cell]]:
    return ([_cell(value) for value in json.loads(line)] for line in lines)


def _plain(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        return {"at": timezone.localtime(cell).replace(tzinfo=None, microsecond=0).isoformat()}
    return {"on": cell.isoformat()} if isinstance(cell, date) else _text_or_number(cell)


def _text_or_number(cell: Any) -> Any:
    return cell if cell is None or isinstance(cell, str | int | float) else str(cell)


def _cell(value: Any) -> Cell:
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    return datetime.fromisoformat(value["at"]) if "at" in value else date.fromisoformat(value["on"])


# --- XLSX ---


def write_workbook(
    path: Path, *, title: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], most: int = MOST_IN_SHEET
) -> int:
    """Write a workbook of one sheet, row by row: what it takes of memory does not grow with it.

    Args:
        rows: moments without a zone, or with one and then as clocks of the current zone show them.
        most: rows after which it stops; the rest of `rows` is left for the next file.

    Returns:
        how many rows it has.
    """
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(_sheet_name(title))
    bold = book.add_format({"bold": True, "bottom": 1})
    looks: dict[type, Any] = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    sheet.freeze_panes(1, 0)
    begin, rest = _looked_at(rows, most)
    for column, width in enumerate(_widths(_zoned(head, begin), begin)):
        sheet.set_column(column, column, width)
    for column, name in enumerate(_zoned(head, begin)):
        sheet.write_string(0, column, name, bold)
    n = 0
    for n, row in enumerate(islice(chain(begin, rest), most), start=1):
        for column, cell in enumerate(row):
            _write_cell(sheet, n, column, cell, looks)
    sheet.autofilter(0, 0, n, max(len(head) - 1, 0))
    book.close()
    return n


def _looked_at(
    rows: Iterable[Sequence[Cell]], most: int
) -> tuple[list[Sequence[Cell]], Iterator[Sequence[Cell]]]:
    """The first rows, for the widths of columns, and the rest."""
    rest = iter(rows)
    return list(islice(rest, min(MOST_MEASURED, most))), rest


def _zoned(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """The head, with the zone where a column holds moments: a sheet knows none."""
    zone = timezone.get_current_timezone_name()
    return [
        f"{name} ({zone})" if any(isinstance(row[column], datetime) for row in rows) else name
        for column, name in enumerate(head)
    ]


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, looks: dict[type, Any]) -> None:
    """Text is text, whatever it begins with: no sheet carries it out."""
    if cell is None or cell == "":
        return
    if isinstance(cell, datetime):
        shown = timezone.localtime(cell).replace(tzinfo=None) if cell.tzinfo else cell
        sheet.write_datetime(row, column, shown.replace(microsecond=0), looks[datetime])
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, datetime.combine(cell, datetime.min.time()), looks[date])
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float) and abs(cell) < MOST_DIGITS:
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, str(cell)[:LONGEST_CELL])


def _widths(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[int]:
    least, most = WIDTHS
    return [
        max(least, min(most, max([len(name), *(len(_shown(row[column])) for row in rows)]) + 2))
        for column, name in enumerate(head)
    ]


def _shown(cell: Cell) -> str:
    return "2026-11-26 20:00" if isinstance(cell, datetime) else str(cell if cell is not None else "")


def _sheet_name(title: str) -> str:
    """At most 31 characters, and none of those that a sheet may not be called by."""
    text = "".join(" " if letter in "[]:*?/\\'" else letter for letter in title)
    return " ".join(text.split())[:31] or "Sheet1"
