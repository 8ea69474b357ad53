"""A filter as a tree of all, any, not and conditions: read from JSON, written back, evaluated twice."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from tickets.state import State
from tickets.vocabulary.custom import field_named
from tickets.vocabulary.facts import Facts
from tickets.vocabulary.fields import Field, Moment, Op, Unreadable

DEEPEST = 8
MOST_CONDITIONS = 200
MOST_VALUES = 100


@dataclass(frozen=True)
class Condition:
    """A field compared with any of these values. `raw` is what was written, `values` what it means."""

    field: Field
    op: Op
    raw: tuple[str, ...]
    values: tuple[Any, ...] = dataclasses.field(compare=False)


@dataclass(frozen=True)
class AllOf:
    """True when every part is; without parts always."""

    parts: "tuple[Tree, ...]" = ()


@dataclass(frozen=True)
class AnyOf:
    """True when at least one part is; without parts never."""

    parts: "tuple[Tree, ...]" = ()


@dataclass(frozen=True)
class Not:
    part: "Tree"


Tree = AllOf | AnyOf | Not | Condition
EVERYTHING = AllOf()


def condition(name: str, op: str, raw: list[str], user: User | None = None) -> Condition:
    """A checked condition.

    Raises:
        Unreadable: no such field for this reader, no such operator, a value that it does not take.
    """
    known = field_named(name, user)
    if known is None:
        raise Unreadable(_("There is no field “%(name)s” to filter by.") % {"name": name[:60]}, name)
    if op not in known.operators:
        raise Unreadable(
            _("%(field)s cannot be compared by “%(op)s”; use one of: %(known)s.")
            % {"field": known.label, "op": op[:40], "known": ", ".join(known.operators)},
            name,
        )
    if not raw or len(raw) > MOST_VALUES:
        raise Unreadable(
            _("%(field)s: give 1 to %(most)d values.") % {"field": known.label, "most": MOST_VALUES}, name
        )
    values = [value.strip() for value in raw]
    return Condition(known, Op(op), tuple(values), tuple(known.parse(Op(op), value) for value in values))


def parse(json: Any, user: User | None = None) -> Tree:
    """A tree from JSON: {"all": [...]}, {"any": [...]}, {"not": ...} or {"field", "op", "value"}.

    Raises:
        Unreadable: naming what is wrong; also when it is too deep or too large.
    """
    budget = iter(range(MOST_CONDITIONS))
    return _parse(json, user, DEEPEST, lambda: next(budget, None) is not None)


def _parse(json: Any, user: User | None, levels: int, may_grow: Callable[[], bool]) -> Tree:
    if levels < 1:
        raise Unreadable(_("The filter is nested more than %(n)d deep; make it flatter.") % {"n": DEEPEST})
    if not isinstance(json, dict):
        raise Unreadable(_("Each part of a filter is an object with all, any, not or field."))
    if not may_grow():
        raise Unreadable(_("The filter has more than %(n)d parts; leave some out.") % {"n": MOST_CONDITIONS})
    match json:
        case {"all": list(parts), **rest} if not rest:
            return AllOf(tuple(_parse(part, user, levels - 1, may_grow) for part in parts))
        case {"any": list(parts), **rest} if not rest:
            return AnyOf(tuple(_parse(part, user, levels - 1, may_grow) for part in parts))
        case {"not": part, **rest} if not rest:
            return Not(_parse(part, user, levels - 1, may_grow))
        case {"field": str(name), "op": str(op), "value": value, **rest} if not rest:
            return _read_condition(name, op, value, user)
    raise Unreadable(
        _("A part of a filter is one of {all: [...]}, {any: [...]}, {not: ...} or {field, op, value}.")
    )


def _read_condition(name: str, op: str, value: Any, user: User | None) -> Tree:
    raw = [_text(each, name) for each in (value if isinstance(value, list) else [value])]
    if op == "not":
        return Not(condition(name, Op.IS, raw, user))
    return condition(name, op, raw, user)


def _text(value: Any, name: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise Unreadable(_("%(field)s: a value is a text, a number, true or false.") % {"field": name[:60]}, name)


def to_json(tree: Tree) -> dict[str, Any]:
    """What `parse` reads again as the same tree."""
    match tree:
        case AllOf(parts):
            return {"all": [to_json(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [to_json(part) for part in parts]}
        case Not(part):
            return {"not": to_json(part)}
        case Condition(field=known, op=op, raw=raw):
            return {"field": known.name, "op": str(op), "value": list(raw)}


def as_q(tree: Tree, *, at: datetime, user: User | None = None) -> Q:
    """The tree for sets of tickets. Every to-many field is an `Exists`: no ticket comes twice."""
    return _as_q(tree, Moment(at, user))


def _as_q(tree: Tree, moment: Moment) -> Q:
    match tree:
        case AllOf(parts):
            found = ~Q(pk__in=[])
            for part in parts:
                found &= _as_q(part, moment)
            return found
        case AnyOf(parts):
            found = Q(pk__in=[])
            for part in parts:
                found |= _as_q(part, moment)
            return found
        case Not(part):
            return ~_as_q(part, moment)
        case Condition(field=known, op=op, values=values):
            return known.as_q(op, values, moment)


def holds(tree: Tree, state: State, *, at: datetime, facts: Facts, user: User | None = None) -> bool:
    """The tree for one ticket, in plain Python, on its state at any moment."""
    return _holds(tree, state, facts, Moment(at, user))


def _holds(tree: Tree, state: State, facts: Facts, moment: Moment) -> bool:
    match tree:
        case AllOf(parts):
            return all(_holds(part, state, facts, moment) for part in parts)
        case AnyOf(parts):
            return any(_holds(part, state, facts, moment) for part in parts)
        case Not(part):
            return not _holds(part, state, facts, moment)
        case Condition(field=known, op=op, values=values):
            return known.holds(op, values, moment, known.read(state, facts))


def conditions(tree: Tree) -> Iterator[Condition]:
    """Every condition in the tree, in order."""
    match tree:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from conditions(part)
        case Not(part):
            yield from conditions(part)
        case Condition():
            yield tree
