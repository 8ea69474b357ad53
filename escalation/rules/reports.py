"""A simulation's outcome as people and programs read it: names in place of keys."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from accounts.models import Team, User
from escalation.models import Rule
from escalation.rules.outcomes import (
    CHANGED,
    FIRED,
    GONE,
    IDLE,
    LATER,
    LIMITED,
    MOVED,
    MOVES_IN,
    MOVES_OUT,
    NEVER,
    OPEN,
    REALLY,
    SAME,
    Outcome,
)
from tickets.models import NUMBER_PREFIX, Category

AS_OF_NOW = ("people", "organisations", "teams", "calendars", "tags", "words", "fields")
"""What history does not keep, and a simulation reads as it is now."""
OF_RULE = (FIRED, MOVED, CHANGED, SAME, LATER, NEVER, LIMITED, IDLE)
OF_TEAM = tuple(name for each in (MOVES_IN, MOVES_OUT, OPEN) for name in (each, REALLY + each))
NAMES: dict[str, Any] = {
    "team_id": lambda keys: Team.objects.filter(pk__in=keys).values_list("pk", "name"),
    "category_id": lambda keys: Category.objects.filter(pk__in=keys).values_list("pk", "full_name"),
    "assignee_id": lambda keys: User.objects.filter(pk__in=keys).values_list("pk", "name"),
}
"""Columns that hold keys, and the names of their rows."""


def report(outcome: Outcome) -> dict[str, Any]:
    """The whole answer. Times in UTC; columns as history names them; a team that is gone by its number."""
    names = _Names(outcome)
    return {
        "tickets": outcome.tickets,
        "changed_tickets": outcome.changed_tickets,
        "rules": [
            {"rule": name, **{each: counts[each] for each in OF_RULE}}
            for name, counts in outcome.rules.items()
        ],
        "teams": names.teams(),
        "returns": outcome.returns,
        "returns_avoided": outcome.avoided,
        "cycles": [names.cycle(cycle) for cycle in outcome.cycles],
        "without_effect": outcome.without_effect(),
        "against": {each: outcome.against[each] for each in (SAME, LATER, NEVER, GONE)},
        "rows_total": outcome.rows_total,
        "rows": [names.row(row) for row in outcome.rows],
        "as_of_now": list(AS_OF_NOW),
    }


class _Names:
    """The names of all that an outcome speaks of, in a query for each kind."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        wanted: dict[str, set[Any]] = {column: set() for column in NAMES}
        wanted["team_id"] |= {int(key) for key in outcome.teams}
        for row in outcome.rows:
            wanted.get(row["column"], set()).update((row["from"], row["to"]))
        for cycle in outcome.cycles:
            wanted.get(cycle["column"], set()).update(cycle["path"])
        self.known = {
            column: dict(NAMES[column](keys - {None})) if keys else {} for column, keys in wanted.items()
        }
        rules = {row["really_rule"] for row in outcome.rows if "really_rule" in row}
        self.rules = dict(Rule.objects.filter(pk__in=rules).values_list("pk", "name"))

    def name(self, column: str, value: Any) -> Any:
        if column not in NAMES or value is None:
            return value
        return self.known[column].get(value, f"#{value}")

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        column = row["column"]
        shown = {name: value for name, value in row.items() if name != "really_rule"}
        shown |= {side: self.name(column, row[side]) for side in ("from", "to")}
        if "really_rule" in row:
            shown["rule"] = self.rules.get(row["really_rule"], f"#{row['really_rule']}")
        return shown

    def cycle(self, cycle: dict[str, Any]) -> dict[str, Any]:
        path = [self.name(cycle["column"], value) for value in cycle["path"]]
        return cycle | {"path": path, "ticket": f"{NUMBER_PREFIX}{cycle['ticket']}"}

    def teams(self) -> list[dict[str, Any]]:
        rows: Iterable[tuple[str, Counter[str]]] = sorted(
            self.outcome.teams.items(), key=lambda item: str(self.name("team_id", int(item[0])))
        )
        return [
            {"team": self.name("team_id", int(key)), **{each: counts[each] for each in OF_TEAM}}
            for key, counts in rows
        ]
