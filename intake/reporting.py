"""What an import did, in figures that add up, and every row that it could not take, with the reason."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TextIO


class Entries:
    """A list that may be as long as the file: kept on disk, so that memory does not grow with it."""

    def __init__(self) -> None:
        self.count = 0
        self._file: TextIO = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - lives as long as this

    def add(self, **entry: Any) -> None:
        self.count += 1
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def __iter__(self) -> Iterator[str]:
        self._file.seek(0)
        for line in self._file:
            yield line.rstrip("\n")

    def close(self) -> None:
        self._file.close()


@dataclass
class Report:
    """Used in a `with`: its long lists live in temporary files until then."""

    rows: int = 0
    rows_taken: int = 0
    tickets: int = 0
    events: int = 0
    unchanged: int = 0
    already_imported: int = 0
    open_tickets: int = 0
    moves: Counter[int] = field(default_factory=Counter)
    moves_by_file: Counter[int] = field(default_factory=Counter)
    moves_by_rows: Counter[int] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    skipped: Entries = field(default_factory=Entries)
    warnings: Entries = field(default_factory=Entries)
    differs: Entries = field(default_factory=Entries)

    def skip(self, row: int, reason: str) -> None:
        self.skipped.add(row=row, reason=reason)

    def check(self) -> None:
        """Every row of the file was either taken or skipped with a reason."""
        if self.rows != self.rows_taken + self.skipped.count:
            raise AssertionError(
                f"{self.rows} rows, but {self.rows_taken} taken and {self.skipped.count} skipped: this is a "
                "fault of the importer, not of the file."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for entries in (self.skipped, self.warnings, self.differs):
            entries.close()

    def write(self, path: Path, **about: Any) -> None:
        """As JSON. Long lists are copied line by line."""
        figures = about | {
            "rows": self.rows,
            "rows_taken": self.rows_taken,
            "rows_skipped": self.skipped.count,
            "unchanged_snapshots": self.unchanged,
            "tickets": self.tickets,
            "events": self.events,
            "already_imported": self.already_imported,
            "open_tickets": self.open_tickets,
            "notes": [{"note": note, "rows": count} for note, count in self.notes.most_common()],
        }
        with path.open("w", encoding="utf-8") as file:
            file.write("{\n")
            for name, value in figures.items():
                file.write(f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)},\n")
            file.write('  "reassignments": {\n')
            for name, counted in (
                ("events", self.moves),
                ("file_column", self.moves_by_file),
                ("file_rows", self.moves_by_rows),
            ):
                shown = {str(number): counted[number] for number in sorted(counted)}
                file.write(f'    "{name}": {json.dumps(shown)},\n')
            _write_list(file, "differs", self.differs, "    ")
            file.write("\n  },\n")
            _write_list(file, "warnings", self.warnings, "  ")
            file.write(",\n")
            _write_list(file, "skipped", self.skipped, "  ")
            file.write("\n}\n")


def _write_list(file: TextIO, name: str, entries: Entries, indent: str) -> None:
    file.write(f'{indent}"{name}": [')
    for index, line in enumerate(entries):
        file.write(f"{',' if index else ''}\n{indent}  {line}")
    file.write(f"\n{indent}]" if entries.count else "]")
