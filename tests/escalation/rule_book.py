"""Short ways to write rules in tests."""

from datetime import datetime
from typing import Any

from escalation.models import Rule
from escalation.operations import rules
from escalation.rules.spec import Action, RuleSpec, TimeTrigger
from tests.conftest import MONDAY

EVERYTHING: dict[str, Any] = {"all": []}


def is_(field: str, *values: Any, op: str = "is") -> dict[str, Any]:
    """A condition of the vocabulary."""
    return {"field": field, "op": op, "value": [str(value) for value in values]}


def both(*parts: Any) -> dict[str, Any]:
    return {"all": list(parts)}


def says(
    *actions: tuple[str, dict[str, Any]],
    on: tuple[str, ...] = (),
    waits: tuple[str, int] | tuple[str, int, int | None] | None = None,
    when: Any = EVERYTHING,
    stops: bool = False,
) -> RuleSpec:
    """A rule's words: actions as (type, arguments); `waits` as (column, minutes, calendar)."""
    return RuleSpec(
        events=on,
        time=TimeTrigger(*waits) if waits else None,
        when=when if "all" in when else {"all": [when]},
        actions=tuple(Action(do, args) for do, args in actions),
        stops=stops,
    )


def rule(name: str, *actions: tuple[str, dict[str, Any]], at: datetime = MONDAY, **words: Any) -> Rule:
    """A rule in use, written by the system."""
    return rules.create_rule(name=name, spec=says(*actions, **words), is_enabled=True, by=None, at=at)


TO_L2 = ("move", {"tier": 2, "reason": "needs_expertise"})
TO_L3 = ("move", {"tier": 3, "reason": "needs_expertise"})
NOTE = ("note", {"text": "Looked at by a rule."})


def tag(name: str) -> tuple[str, dict[str, Any]]:
    return ("tag", {"name": name})
