"""Filters in addresses: ?status=open,new&team=3&created.after=2026-01-01&not.status=closed, and pills for them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts.models import User
from tickets.vocabulary.custom import field_named
from tickets.vocabulary.fields import NOT_LABELS, OP_LABELS, Field, Op, Unreadable
from tickets.vocabulary.trees import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Condition,
    Not,
    Tree,
    condition,
    conditions,
    parse,
    to_json,
)

RESERVED = frozenset(
    {"sort", "cursor", "after", "before", "page", "size", "q", "columns", "view", "next", "format", "limit"}
)
"""Parameters of lists that are no filters."""

WHOLE = "filter"
"""The parameter that holds, as JSON, what cannot be written flat."""
LONGEST_JSON = 8_000
NOT = "not."
ONE_VALUE = ("text", "many")
"""Types whose values may hold a comma: several are given by repeating the parameter."""


def tree_from_params(
    params: MultiValueDict[str, str], user: User | None = None
) -> tuple[Tree, list[Unreadable]]:
    """The filter in an address, and what of it could not be used (and was left out)."""
    parts: list[Tree] = []
    errors: list[Unreadable] = []
    for name in params:
        if name in RESERVED:
            continue
        try:
            given = [value for value in params.getlist(name) if value.strip()]
            if given:
                parts += _read_whole(given, user) if name == WHOLE else [_read(name, given, user)]
        except Unreadable as error:
            errors.append(error)
    return (AllOf(tuple(parts)) if parts else EVERYTHING), errors


def params_from_tree(tree: Tree) -> list[tuple[str, str]]:
    """The parameters that `tree_from_params` reads as the same filter; flat where the tree is."""
    parts = _parts(tree)
    if all(_is_flat(part) for part in parts):
        flat = [_flat(part) for part in parts]
        if len({pairs[0][0] for pairs in flat}) == len(flat):  # one parameter twice would mean "either"
            return [pair for pairs in flat for pair in pairs]
    return [(WHOLE, json.dumps(to_json(tree), separators=(",", ":"), ensure_ascii=False))]


@dataclass(frozen=True)
class Pill:
    """One part of a filter as people read it, and the query string of the filter without it."""

    label: str
    operator: str
    value: str
    without: str


def describe(tree: Tree) -> list[Pill]:
    """A pill for each part. Names of people and teams are read in bulk, one query a kind of row."""
    names = _names(conditions(tree))
    parts = _parts(tree)
    pills = []
    for place, part in enumerate(parts):
        rest = AllOf((*parts[:place], *parts[place + 1 :]))
        label, operator, value = _words(part, names)
        pills.append(Pill(label, operator, value, urlencode(params_from_tree(rest))))
    return pills


def _read(name: str, given: list[str], user: User | None) -> Tree:
    bare = name.removeprefix(NOT)
    known, op = _field_and_op(bare, user)
    if op == "not":
        return Not(condition(known.name, Op.IS, _split(known, given), user))
    found = condition(known.name, op, _split(known, given), user)
    return Not(found) if bare != name else found


def _field_and_op(name: str, user: User | None) -> tuple[Field, str]:
    known = field_named(name, user)
    if known is not None:
        return known, known.default_op
    stem, _dot, op = name.rpartition(".")
    known = field_named(stem, user) if stem else None
    if known is None:
        raise Unreadable(
            _("There is no field “%(name)s” to filter by; the filter is left out.") % {"name": name[:60]},
            name,
        )
    return known, op


def _split(known: Field, given: Iterable[str]) -> list[str]:
    if known.type in ONE_VALUE:
        return [value.strip() for value in given]
    return [part.strip() for value in given for part in value.split(",") if part.strip()]


def _read_whole(given: list[str], user: User | None) -> list[Tree]:
    trees = []
    for text in given:
        try:
            trees.append(parse(json.loads(text[:LONGEST_JSON]), user))
        except (ValueError, RecursionError) as error:
            if isinstance(error, Unreadable):
                raise
            raise Unreadable(_("The filter in the address is damaged; it is left out."), WHOLE) from None
    return trees


def _parts(tree: Tree) -> tuple[Tree, ...]:
    return tree.parts if isinstance(tree, AllOf) else (tree,)


def _is_flat(part: Tree) -> bool:
    return isinstance(part, Condition) or (isinstance(part, Not) and isinstance(part.part, Condition))


def _flat(part: Tree) -> list[tuple[str, str]]:
    found, prefix = (part.part, NOT) if isinstance(part, Not) else (part, "")
    if not isinstance(found, Condition):
        return []
    name = (
        found.field.name
        if found.op in (Op.IS, Op.CONTAINS) and found.op == found.field.default_op
        else f"{found.field.name}.{found.op}"
    )
    if found.field.type in ONE_VALUE or any("," in value for value in found.raw):
        return [(f"{prefix}{name}", value) for value in found.raw]
    return [(f"{prefix}{name}", ",".join(found.raw))]


Names = dict[str, dict[Any, str]]


def _names(found: Iterable[Condition]) -> Names:
    """Labels of every value by field."""
    values: dict[Field, list[Any]] = {}
    for each in found:
        if each.op != Op.EMPTY:
            values.setdefault(each.field, []).extend(each.values)
    return {known.name: known.labels(wanted) for known, wanted in values.items()}


def _words(part: Tree, names: Names) -> tuple[str, str, str]:
    match part:
        case Condition():
            return str(part.field.label), operator_words(part), _value(part, names)
        case Not(Condition() as inner):
            return str(inner.field.label), operator_words(inner, is_not=True), _value(inner, names)
    return "", "", _sentence(part, names)


def operator_words(found: Condition, *, is_not: bool = False) -> str:
    """What stands between the field and its value: "is", "is not", "does not contain"."""
    if found.op == Op.EMPTY:
        is_not = is_not != (True not in found.values)
    return str((NOT_LABELS if is_not else OP_LABELS)[found.op])


def _value(found: Condition, names: Names) -> str:
    if found.op == Op.EMPTY:
        return ""
    known = names[found.field.name]
    return _(" or ").join(known[value] for value in found.values)


def _sentence(part: Tree, names: Names) -> str:
    match part:
        case AllOf(parts):
            return _(" and ").join(_bracketed(each, names) for each in parts) or _("anything")
        case AnyOf(parts):
            return _(" or ").join(_bracketed(each, names) for each in parts) or _("nothing")
        case Not(inner) if not isinstance(inner, Condition):
            return _("not %(what)s") % {"what": _bracketed(inner, names)}
    return " ".join(filter(None, _words(part, names)))


def _bracketed(part: Tree, names: Names) -> str:
    text = _sentence(part, names)
    return f"({text})" if isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 else text
