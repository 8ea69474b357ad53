"""What a simulation has found: counts by rule and team, what would have changed, cycles. Plain data, kept as JSON."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

MOST_LISTED = 2_000
"""Rows that are kept for reading; all are counted."""
MOST_CYCLES = 50

SAME, LATER, NEVER, GONE = "same", "later", "never", "gone"
"""Against what really happened: a rule did the same; it came to it later, by a person or a rule; it never came
to it; a rule really did it, and the draft does not."""

FIRED, MOVED, CHANGED, LIMITED, IDLE = "fired", "moved", "changed", "limited", "idle"
"""What is counted of a rule: firings; moves; other changes; firings that the limit of chains stopped; firings that
changed nothing and told nobody."""
MOVES_IN, MOVES_OUT, OPEN = "moves_in", "moves_out", "open"
REALLY = "really_"
"""Before the name of a team's count: as it really was."""


@dataclass
class Outcome:
    """What has been found so far; can be written down and gone on with."""

    tickets: int = 0
    changed_tickets: int = 0
    """Tickets on which a rule would have fired."""
    last_ticket: int = 0
    rules: dict[str, Counter[str]] = field(default_factory=dict)
    teams: dict[str, Counter[str]] = field(default_factory=dict)
    """By the team's key."""
    returns: int = 0
    """Hand-offs that were really returned."""
    avoided: int = 0
    """Those of them that would not have been: the draft does not make them, or had brought the ticket where it
    went in the end."""
    cycles: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    rows_total: int = 0
    against: Counter[str] = field(default_factory=Counter)
    """Rows by what really happened."""

    def to_json(self) -> dict[str, Any]:
        return {
            **self.__dict__,
            "rules": {name: dict(counts) for name, counts in self.rules.items()},
            "teams": {key: dict(counts) for key, counts in self.teams.items()},
            "against": dict(self.against),
        }

    @classmethod
    def from_json(cls, json: dict[str, Any]) -> "Outcome":
        return cls(
            **{
                **json,
                "rules": {name: Counter(counts) for name, counts in json["rules"].items()},
                "teams": {key: Counter(counts) for key, counts in json["teams"].items()},
                "against": Counter(json["against"]),
            }
        )

    def rule(self, name: str) -> Counter[str]:
        return self.rules.setdefault(name, Counter())

    def team(self, key: int) -> Counter[str]:
        return self.teams.setdefault(str(key), Counter())

    def add_row(self, row: dict[str, Any]) -> None:
        self.rows_total += 1
        self.against[row["really"]] += 1
        if len(self.rows) < MOST_LISTED:
            self.rows.append(row)

    def add(self, later: "Outcome") -> None:
        """What was found of the tickets behind these."""
        self.tickets += later.tickets
        self.changed_tickets += later.changed_tickets
        self.last_ticket = later.last_ticket
        self.returns += later.returns
        self.avoided += later.avoided
        for name, counts in later.rules.items():
            self.rule(name).update(counts)
        for key, counts in later.teams.items():
            self.team(int(key)).update(counts)
        for cycle in later.cycles:
            self._add_cycle(cycle)
        self.against.update(later.against)
        self.rows_total += later.rows_total
        self.rows += later.rows[: MOST_LISTED - len(self.rows)]

    def add_cycle(self, column: str, path: list[Any], rules: list[str], ticket: int, at: str) -> None:
        """Cycles of the same rules over the same values are one, counted."""
        self._add_cycle(
            {"column": column, "path": path, "rules": rules, "ticket": ticket, "at": at, "times": 1}
        )

    def _add_cycle(self, found: dict[str, Any]) -> None:
        for known in self.cycles:
            if all(known[name] == found[name] for name in ("column", "path", "rules")):
                known["times"] += found["times"]
                return
        if len(self.cycles) < MOST_CYCLES:
            self.cycles.append(found)

    def without_effect(self) -> list[str]:
        """The rules that never fired, or fired and did nothing."""
        return [
            name for name, counts in self.rules.items() if counts[FIRED] == counts[IDLE] + counts[LIMITED]
        ]
