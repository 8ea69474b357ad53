"""What a file says and what the desk says, line by line; and why they differ, where they do."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from helpdesk.truths.from_desk import Counted, Number
from helpdesk.truths.from_file import Told

NAMED = 5
"""So many incidents are named before the rest is a number."""


@dataclass(frozen=True)
class Line:
    """One truth. `explained` says why the two differ; empty where they do not, or where nobody knows."""

    name: str
    ours: Number
    from_file: Number
    equal: bool
    explained: str = ""

    @property
    def is_settled(self) -> bool:
        """Equal, or it is known why not."""
        return self.equal or bool(self.explained)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def compare(told: Told, counted: Counted) -> list[Line]:
    """A line for everything that the file tells, in its order, and then what only the desk tells."""
    names = [*told.numbers, *(name for name in counted.numbers if name not in told.numbers)]
    return [_line(name, told, counted) for name in names if _is_told(name, told, counted)]


def _is_told(name: str, told: Told, counted: Counted) -> bool:
    """What the desk counts of a column that the file has not got is no truth of the file."""
    return name in told.numbers or bool(counted.numbers[name] and name in counted.parts and _is_state(name))


def _is_state(name: str) -> bool:
    return "state " in name


def _line(name: str, told: Told, counted: Counted) -> Line:
    ours, from_file = counted.numbers.get(name, 0), told.numbers.get(name, 0)
    return Line(name, ours, from_file, ours == from_file, _explained(name, told, counted))


def _explained(name: str, told: Told, counted: Counted) -> str:
    """Why, incident by incident; empty as soon as one of them is not explained."""
    theirs, here = told.parts.get(name, {}), counted.parts.get(name)
    if here is None:
        return ""
    reasons: dict[str, list[str]] = defaultdict(list)
    for key in _differing(theirs, here):
        reason = told.why.get((name, key)) or _reason(key, counted)
        if not reason:
            return ""
        reasons[reason].append(key)
    return " ".join(f"{_named(keys)}: {reason}" for reason, keys in reasons.items())


def _differing(theirs: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    for key in [*theirs, *(key for key in here if key not in theirs)]:
        if theirs.get(key) != here.get(key):
            yield key


def _reason(key: str, counted: Counted) -> str:
    return "changed here after the import." if key in counted.changed_here else ""


def _named(keys: list[str]) -> str:
    more = len(keys) - NAMED
    return ", ".join(keys) if more <= 0 else f"{', '.join(keys[:NAMED])} and {more} more"
