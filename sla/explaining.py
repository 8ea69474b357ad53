"""Why a ticket is judged by this policy and not by another: each condition with what the ticket says."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from sla.book import LazyFacts, Rule, Rules, matches
from sla.models import Clock, PolicyVersion
from tickets.models import Ticket
from tickets.state import State
from tickets.vocabulary import (
    AllOf,
    AnyOf,
    Condition,
    Facts,
    Field,
    Flag,
    Not,
    Op,
    Tree,
    field_named,
    holds,
    operator_words,
)


@dataclass(frozen=True)
class Line:
    """One part of a condition: what it asks, what the ticket says to it, whether it holds."""

    depth: int
    asks: str
    found: str
    holds: bool

    @property
    def steps(self) -> range:
        """One for each level it stands in."""
        return range(self.depth)


@dataclass(frozen=True)
class Tried:
    """One policy as it was tried on a ticket."""

    rule: Rule
    matches: bool
    lines: list[Line]


@dataclass(frozen=True)
class JudgedNow:
    """Open clocks of a ticket that one version judges."""

    version: PolicyVersion
    clocks: list[Clock]
    is_match: bool
    """It is the version that matches now: nothing is left to be judged anew."""


def try_policies(ticket: Ticket, rules: Rules, *, reader: User, at: datetime) -> list[Tried]:
    """Every policy in its order up to the one that matches, as the ticket stands now.

    Values of fields that are marked for a higher tier than the reader's are not told.
    """
    state, facts = State.of(ticket), LazyFacts.of(ticket)
    found = []
    for rule in rules.rules:
        found.append(
            Tried(
                rule,
                matches(rule, state, facts, at=at),
                list(_lines(rule.when, state, facts, reader, at, 0)) if rule.when is not None else [],
            )
        )
        if found[-1].matches:
            break
    return found


def judged_now(ticket: Ticket, match: Rule | None) -> list[JudgedNow]:
    """The versions that judge its open clocks; a person's own promise has none."""
    rows = Clock.objects.filter(ticket=ticket, policy__isnull=False).exclude(state=Clock.State.ENDED)
    by_version: dict[PolicyVersion, list[Clock]] = {}
    for clock in rows.select_related("policy__policy").order_by("metric", "scope"):
        if clock.policy is not None:
            by_version.setdefault(clock.policy, []).append(clock)
    return [
        JudgedNow(version, clocks, match is not None and version.pk == match.version)
        for version, clocks in by_version.items()
    ]


def _lines(tree: Tree, state: State, facts: Facts, reader: User, at: datetime, depth: int) -> Iterator[Line]:
    held = holds(tree, state, at=at, facts=facts)
    match tree:
        case AllOf(parts) if len(parts) == 1 or (not depth and parts):
            for part in parts:
                yield from _lines(part, state, facts, reader, at, depth)
            return
        case AllOf(parts):
            yield Line(depth, _("all of these") if parts else _("all tickets"), "", held)
        case AnyOf(parts):
            yield Line(depth, _("any of these") if parts else _("no ticket"), "", held)
        case Not(Condition() as inner):
            yield Line(depth, _words(inner, is_not=True), _found(inner, state, facts, reader), held)
            return
        case Not(part):
            parts = (part,)
            yield Line(depth, _("not"), "", held)
        case Condition():
            yield Line(depth, _words(tree, is_not=False), _found(tree, state, facts, reader), held)
            return
    for part in parts:
        yield from _lines(part, state, facts, reader, at, depth + 1)


def _words(asked: Condition, *, is_not: bool) -> str:
    operator = operator_words(asked, is_not=is_not)
    if asked.op == Op.EMPTY:
        return f"{asked.field.label} {operator}"
    labels = asked.field.labels(asked.values)
    return f"{asked.field.label} {operator} {_(' or ').join(labels[value] for value in asked.values)}"


def _found(asked: Condition, state: State, facts: Facts, reader: User) -> str:
    """What the ticket says to the field, in words."""
    field = asked.field
    if field_named(field.name, reader) is None:
        return _("hidden from you")
    return value_words(field, field.read(state, facts))


MOST_SHOWN = 10


def value_words(field: Field, found: Any) -> str:
    if isinstance(found, tuple):  # a category with all above it
        found = found[-1] if found else None
    if isinstance(field, Flag):
        found = bool(found)
    if found is None or found in ("", frozenset()):
        return _("nothing")
    if isinstance(found, frozenset):
        values = sorted(found)
        labels = field.labels(values[:MOST_SHOWN])
        more = len(values) - len(labels)
        tail = [ngettext("%(n)d more", "%(n)d more", more) % {"n": more}] if more else []
        return ", ".join([*labels.values(), *tail])
    try:
        return field.labels([found])[found]
    except (
        ValueError,
        TypeError,
    ):  # a custom field's own text, which need not be a value of its type any more
        return str(found)
