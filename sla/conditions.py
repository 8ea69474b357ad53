"""Which tickets a policy is for: what may be asked, and which policies nobody can reach.

A policy chooses by what a ticket is, never by how it is being worked: a move between tiers, a new assignee or a
change of status must not touch the promises to the requester.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.refusals import Invalid
from tickets.vocabulary import (
    AllOf,
    AnyOf,
    Condition,
    Field,
    Not,
    Op,
    Tree,
    Unreadable,
    Word,
    all_fields,
    conditions,
    parse,
)
from tickets.vocabulary.custom import PREFIX

STEADY = frozenset(
    {
        "organisation",
        "plan",
        "kind",
        "category",
        "priority",
        "impact",
        "urgency",
        "requester",
        "vip",
        "channel",
        "tag",
        "location",
        "device",
        "opened_by",
        "care",
        "external",
    }
)
"""The fields that may stand in a policy's condition; custom fields may too. All others are refused."""

_MOVES = gettext_lazy(
    "it changes as the ticket is handed on, and a move must not touch the requester's clocks"
)
_WORK = gettext_lazy("it changes while the ticket is worked, and the promise must not change with it")
_TIME = gettext_lazy("it changes as time passes, and the promise must not change with it")
_CLOCKS = gettext_lazy("it follows from the clocks that the policy itself sets")
_WORDS = gettext_lazy("its words are edited freely; ask for a category or a tag")
_OTHER = gettext_lazy("it can change while the ticket is worked")

WHY_NOT: Mapping[str, str | Promise] = {
    **dict.fromkeys(("tier", "team", "assignee", "contact", "vendor", "unaccepted"), _MOVES),
    **dict.fromkeys(("handoffs", "bounces", "in_tier_since", "been_in_tier", "times_in_tier"), _MOVES),
    **dict.fromkeys(("status", "open", "hold_reason", "hold_until", "in_status_since"), _WORK),
    **dict.fromkeys(("reply_waits", "reopened", "news_asked", "minutes", "watcher", "rating"), _WORK),
    **dict.fromkeys(("resolution_code", "close_reason", "cancel_reason", "resolved", "closed"), _WORK),
    **dict.fromkeys(("created", "changed", "hours"), _TIME),
    **dict.fromkeys(("due", "breached", "breached_open", "clock_paused"), _CLOCKS),
    **dict.fromkeys(("resolution_share", "resolution_due"), _CLOCKS),
    "subject": _WORDS,
    "text": _WORDS,
}
"""Why a field may not stand there, as the end of a sentence; without an entry it is `_OTHER`."""


def is_steady(name: str) -> bool:
    return name in STEADY or name.startswith(PREFIX)


def steady_fields() -> list[Field]:
    """What a condition may be built from, by label."""
    found = [field for field in all_fields() if is_steady(field.name)]
    return sorted(found, key=lambda field: str(field.label).casefold())


def check_condition(when: Mapping[str, Any], *, field: str = "when") -> Tree:
    """The condition as a tree.

    Raises:
        Invalid: it cannot be read, or asks for what a policy may not ask; names the field and why.
    """
    try:
        tree = parse(dict(when))
    except Unreadable as error:
        raise Invalid(str(error), field=field) from error
    for each in conditions(tree):
        _check_steady(each, field)
    return tree


def _check_steady(found: Condition, field: str) -> None:
    if not is_steady(found.field.name):
        raise Invalid(
            _("A policy cannot be chosen by “%(field)s”: %(why)s. Choose from: %(known)s.")
            % {
                "field": found.field.label,
                "why": WHY_NOT.get(found.field.name, _OTHER),
                "known": get_text_list([str(each.label) for each in steady_fields()], _("or")),
            },
            field=field,
        )
    if {Word.ME, Word.MINE} & {value for value in found.values if isinstance(value, Word)}:
        raise Invalid(
            _("%(field)s: nobody reads a policy, so “me” means nobody. Name the person.")
            % {"field": found.field.label},
            field=field,
        )


# --- which policies nobody can reach ---


def shadows(when: Tree, earlier: Sequence[tuple[str, Tree]]) -> list[str]:
    """The names of the earlier policies that take every ticket this one could match; empty if some may be left.

    Read from the shape of the conditions alone, so it may miss a shadow but never invents one.
    """
    alone = next((name for name, tree in earlier if implies(when, tree)), None)
    if alone is not None:
        return [alone]
    if not implies(when, AnyOf(tuple(tree for _name, tree in earlier))):
        return []
    needed = list(earlier)
    for each in earlier:
        rest = [other for other in needed if other is not each]
        if implies(when, AnyOf(tuple(tree for _name, tree in rest))):
            needed = rest
    return [name for name, _tree in needed]


def is_impossible(when: Tree) -> bool:
    """Whether the condition contradicts itself, as far as its shape tells: it matches no ticket at all."""
    match when:
        case AnyOf(parts):
            return all(is_impossible(part) for part in parts)
        case AllOf(parts):
            return any(is_impossible(part) for part in parts) or _contradict(parts)
        case Not(part):
            return implies(AllOf(), part)
    return False


def implies(one: Tree, other: Tree) -> bool:
    """Whether whatever `one` matches is matched by `other`; False where the shape does not tell."""
    return _Implication().holds(_single(one), other)


class _Implication:
    """Answers by pair of nodes, so that the work grows with the product of the sizes and not beyond."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bool] = {}

    def holds(self, one: Tree, other: Tree) -> bool:
        key = (id(one), id(other))
        if key not in self._known:
            self._known[key] = self._holds(one, other)
        return self._known[key]

    def _holds(self, one: Tree, other: Tree) -> bool:
        if isinstance(one, AnyOf):
            return all(self.holds(part, other) for part in one.parts)
        if isinstance(other, AllOf):
            return all(self.holds(one, part) for part in other.parts)
        if isinstance(one, AllOf) and any(self.holds(part, other) for part in one.parts):
            return True
        if isinstance(other, AnyOf):
            return any(self.holds(one, part) for part in other.parts)
        if isinstance(one, Not) and isinstance(other, Not):
            return self.holds(other.part, one.part)
        return isinstance(one, Condition) and isinstance(other, Condition) and _covers(other, one)


def _covers(wide: Condition, narrow: Condition) -> bool:
    """A condition holds where any of its values does: more values, more tickets."""
    same = wide.op == narrow.op or (narrow.op, wide.op) == (Op.IS, Op.UNDER)
    return same and wide.field.name == narrow.field.name and set(narrow.values) <= set(wide.values)


def _single(tree: Tree) -> Tree:
    """The same with each condition of several values as an "any" of single ones; not below a "not"."""
    match tree:
        case AllOf(parts):
            return AllOf(tuple(_single(part) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_single(part) for part in parts))
        case Condition(values=values, raw=raw) if len(values) > 1:
            pairs = zip(raw, values, strict=True)
            return AnyOf(tuple(Condition(tree.field, tree.op, (text,), (value,)) for text, value in pairs))
    return tree


ONE_VALUE = ("choice", "key", "flag")
"""Types of fields of which a ticket has exactly one value."""


def _contradict(parts: Iterable[Tree]) -> bool:
    """Whether two of them ask one field for values that have nothing in common."""
    wanted: dict[str, set[Any]] = {}
    for part in _flat(parts):
        if part.op != Op.IS or part.field.type not in ONE_VALUE or part.field.name.startswith(PREFIX):
            continue
        known = wanted.setdefault(part.field.name, set(part.values))
        known &= set(part.values)
        if not known:
            return True
    return False


def _flat(parts: Iterable[Tree]) -> Iterator[Condition]:
    for part in parts:
        if isinstance(part, AllOf):
            yield from _flat(part.parts)
        elif isinstance(part, Condition):
            yield part
