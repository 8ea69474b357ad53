"""What an import of articles did, file by file."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

TAKEN, UNCHANGED, WAITING, REFUSED = "taken", "unchanged", "waits_for_review", "refused"
OUTCOMES = (TAKEN, UNCHANGED, WAITING, REFUSED)


@dataclass(frozen=True)
class Line:
    """One file, and what became of it.

    A refused one names the field and why; `kept` is the status in which the article stands all the same.
    """

    file: str
    slug: str
    outcome: str
    field: str = ""
    why: str = ""
    kept: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    folder: str
    lines: list[Line]

    def number(self, outcome: str) -> int:
        return Counter(line.outcome for line in self.lines)[outcome]

    def refused(self) -> Iterable[Line]:
        return (line for line in self.lines if line.outcome == REFUSED)

    def as_json(self) -> dict[str, Any]:
        numbers = {outcome: self.number(outcome) for outcome in OUTCOMES}
        return {
            "folder": self.folder,
            "files": len(self.lines),
            **numbers,
            "lines": [asdict(line) for line in self.lines],
        }
