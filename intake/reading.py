"""Reading a CSV file row by row, in constant memory, with a sentence for each row that cannot be read."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from intake.mapping import Format

LONGEST_CELL = 1_000_000
"""Characters. A longer cell is nearly always a quote that was never closed and swallows what follows."""


class FileUnusable(Exception):
    """The whole file cannot be imported. `str()` says why, and what to do."""


@dataclass(frozen=True)
class Row:
    """`number` as a spreadsheet shows it: the header is row 1."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Unreadable:
    number: int
    reason: str


class Table:
    """A CSV file that is open. Iterating gives each record once, readable or not; blank lines are none."""

    def __init__(self, path: Path, format_: Format) -> None:
        self.path, self.format = path, format_
        self.size = _size(path)
        self._raw: FileIO
        self._text: TextIO

    def __enter__(self) -> Self:
        _refuse_other_encodings(self.path, self.format.encoding)
        self._text = self.path.open(encoding=self.format.encoding, errors="surrogateescape", newline="")
        self._raw = self._text.buffer.raw  # type: ignore[attr-defined]
        csv.field_size_limit(LONGEST_CELL)
        self._reader = csv.reader(self._text, delimiter=self.format.delimiter)
        try:
            self.header = self._read_header()
        except BaseException:
            self._text.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._text.close()

    @property
    def bytes_read(self) -> int:
        return self.size if self._raw.closed else self._raw.tell()

    def require(self, columns: set[str]) -> None:
        """Raises FileUnusable, naming the columns of the mapping that the file lacks."""
        missing = sorted(columns - set(self.header))
        if not missing:
            return
        hint = (
            f" The header is one single column, so `format.delimiter` ({self.format.delimiter!r}) may be wrong."
            if len(self.header) == 1
            else ""
        )
        raise FileUnusable(
            f"{self.path} has no column {_quoted(missing)}. It has {_quoted(self.header)}. "
            f"Correct the names under `columns` in the mapping, or export the file with these columns.{hint}"
        )

    def __iter__(self) -> Iterator[Row | Unreadable]:
        number = 1
        while True:
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                number += 1
                yield Unreadable(number, self._explain(error))
                continue
            if cells:
                number += 1
                yield self._row(number, cells)

    def _row(self, number: int, cells: list[str]) -> Row | Unreadable:
        if len(cells) != len(self.header):
            return Unreadable(
                number,
                f"It has {len(cells)} cells, the header has {len(self.header)} (line {self._reader.line_num} of "
                "the file). Put quotes around texts that hold the separator or a line break.",
            )
        row = dict(zip(self.header, cells, strict=True))
        if undecoded := [name for name, cell in row.items() if _has_raw_bytes(cell)]:
            return Unreadable(
                number,
                f"Column {_quoted(undecoded)} holds bytes that are not {self._encoding_name}. Save the file as "
                "UTF-8, or name its real encoding under `format.encoding`, such as cp1252.",
            )
        return Row(number, row)

    def _explain(self, error: csv.Error) -> str:
        if "field larger" in str(error):
            return (
                f"A cell is longer than {LONGEST_CELL:,} characters (around line {self._reader.line_num} of the "
                "file). Look for a quote that is never closed."
            )
        return f"It cannot be read around line {self._reader.line_num} of the file: {error}."

    def _read_header(self) -> list[str]:
        try:
            header = next((cells for cells in self._reader if cells), [])
        except csv.Error as error:
            raise FileUnusable(f"The header of {self.path} cannot be read: {error}") from None
        if any(_has_raw_bytes(name) for name in header):
            raise FileUnusable(
                f"The header of {self.path} is not {self._encoding_name}. Save the file as UTF-8, or name its "
                "real encoding under `format.encoding`, such as cp1252."
            )
        header = [name.strip() for name in header]
        if not any(header):
            raise FileUnusable(f"{self.path} is empty: it has no header.")
        if twice := sorted({name for name in header if header.count(name) > 1}):
            raise FileUnusable(f"{self.path} has the column {_quoted(twice)} twice. Rename one of them.")
        return header

    @property
    def _encoding_name(self) -> str:
        return self.format.encoding.removesuffix("-sig")


def _size(path: Path) -> int:
    if not path.exists():
        raise FileUnusable(f"There is no file {path}.")
    if not path.is_file():
        raise FileUnusable(f"{path} is a folder. Name the CSV file itself.")
    return path.stat().st_size


def _refuse_other_encodings(path: Path, encoding: str) -> None:
    """UTF-16 read as UTF-8 would make thousands of broken rows: say it once instead."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read: {error.strerror}.") from None
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) and "16" not in encoding:
        raise FileUnusable(
            f"{path} is UTF-16. Save it as UTF-8, or write `encoding: utf-16` under `format` in the mapping."
        )
    if start.startswith(b"PK\x03\x04"):
        raise FileUnusable(f"{path} is a spreadsheet or an archive. Save it as CSV.")


def _has_raw_bytes(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= mark <= "\udcff" for mark in text)


def _quoted(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
