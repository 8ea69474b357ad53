"""Why a rule's condition held or not: each condition with the value it found, as codes that can be kept."""

from datetime import date, datetime, timedelta
from typing import Any

from tickets.state import State
from tickets.vocabulary import AllOf, AnyOf, Condition, Facts, Field, Moment, Not, Tree


def explain(tree: Tree, state: State, facts: Facts, *, at: datetime) -> list[dict[str, Any]]:
    """Every condition of the tree, in order: field, operator, values asked for, value found, whether it held.

    A condition below `not` is marked, for there it helps by not holding.
    """
    return _explain(tree, state, facts, Moment(at, None), negated=False)


def _explain(
    tree: Tree, state: State, facts: Facts, moment: Moment, *, negated: bool
) -> list[dict[str, Any]]:
    match tree:
        case AllOf(parts) | AnyOf(parts):
            return [row for part in parts for row in _explain(part, state, facts, moment, negated=negated)]
        case Not(part):
            return _explain(part, state, facts, moment, negated=not negated)
        case Condition(field=known, op=op, raw=raw, values=values):
            found = known.read(state, facts)
            row: dict[str, Any] = {
                "field": known.name,
                "op": str(op),
                "value": list(raw),
                **_found(known, state, found),
                "held": known.holds(op, values, moment, found),
            }
            return [row | {"not": True}] if negated else [row]


def _found(known: Field, state: State, found: Any) -> dict[str, Any]:
    """The value, or for words of people the revision that keeps them: a firing outlives what is redacted."""
    if known.type != "text":
        return {"found": plain(found)}
    revision = state.words.get(known.name)
    return {"found": None} | ({"revision": revision} if revision is not None else {})


def plain(found: Any) -> Any:
    """A value of any field as JSON keeps it."""
    if isinstance(found, datetime | date):
        return found.isoformat()
    if isinstance(found, timedelta):
        return int(found.total_seconds())
    if isinstance(found, tuple | list | set | frozenset):
        return sorted((plain(one) for one in found), key=str)
    return found if isinstance(found, str | int | float | bool | None) else str(found)
