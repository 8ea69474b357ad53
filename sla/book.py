"""The policies and calendars in force, read once a publication and kept in the process.

Whoever judges a ticket passes the stamp that it has just read (`Book.stamp`); what is kept under another stamp
is read anew. So no process judges by what another has replaced.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sla import models
from sla.engine import Judgement
from sla.spec import PolicySpec, from_json
from tickets.models import Ticket
from tickets.state import State
from tickets.vocabulary import Facts, Tree, Unreadable, holds, parse


@dataclass(frozen=True)
class Rule:
    """A policy in its place. `when` is None where its condition cannot be read any more: it matches nothing."""

    policy: int
    version: int
    name: str
    is_default: bool
    spec: PolicySpec
    when: Tree | None


@dataclass(frozen=True)
class Rules:
    """The whole book: policies in their order, the default last, and the calendars' versions in force."""

    stamp: UUID
    revision: int
    rules: tuple[Rule, ...]
    versions: Mapping[int, int | None]

    def match(self, state: State, facts: Facts, *, at: datetime) -> Rule | None:
        """The first policy that matches; None only where there is not even a default."""
        return next((rule for rule in self.rules if matches(rule, state, facts, at=at)), None)

    def judgement(self, rule: Rule) -> Judgement:
        return Judgement(rule.version, rule.spec, self.versions, self.revision)

    def of_version(self, version: int | None) -> Rule | None:
        """The policy whose version in force this is."""
        return next((rule for rule in self.rules if rule.version == version), None)


def matches(rule: Rule, state: State, facts: Facts, *, at: datetime) -> bool:
    return rule.is_default or (rule.when is not None and holds(rule.when, state, at=at, facts=facts))


class LazyFacts:
    """What stands around a ticket, read from the database by the first condition that asks."""

    def __init__(self, ticket: Ticket) -> None:
        self._ticket, self._facts = ticket, cast(Facts | None, None)

    def __getattr__(self, name: str) -> Any:
        if self._facts is None:
            self._facts = Facts.of(self._ticket)
        return getattr(self._facts, name)

    @classmethod
    def of(cls, ticket: Ticket) -> Facts:
        return cast(Facts, cls(ticket))


_kept: Rules | None = None


def rules_in_force(stamp: UUID | None = None) -> Rules:
    """The book as it stands; one query where the caller has not read the stamp, none where it has not changed."""
    global _kept  # noqa: PLW0603 (one book for the whole process; threads may both read it)
    if stamp is None:
        stamp = models.Book.objects.values_list("stamp", flat=True).get(pk=1)
    kept = _kept
    if kept is None or kept.stamp != stamp:
        _kept = kept = _read()
    return kept


def _read() -> Rules:
    book = models.Book.objects.get(pk=1)
    rows = models.Policy.objects.filter(is_enabled=True, current__isnull=False).select_related("current")
    calendars = models.Calendar.objects.filter(current__isnull=False).values_list(
        "pk", "current_id", "current__is_always_open"
    )
    return Rules(
        stamp=book.stamp,
        revision=book.revision,
        rules=tuple(rule_of(row) for row in rows),
        versions={pk: None if is_always_open else version for pk, version, is_always_open in calendars},
    )


def rule_of(policy: models.Policy) -> Rule:
    version = cast(models.PolicyVersion, policy.current)
    spec = from_json(version.spec)
    try:
        when = parse(dict(spec.when))
    except Unreadable:
        when = None
    return Rule(policy.pk, version.pk, policy.name, policy.is_default, spec, when)
