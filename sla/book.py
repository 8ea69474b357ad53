"""The policies and calendars in force, read once a publication and kept in the process.

Whoever judges a ticket passes the stamp that it has just read (`Book.stamp`); what is kept under another stamp
is read anew. So no process judges by what another has replaced. Conditions on custom fields are read anew when
such a field has changed, too: one that was removed makes its policy match nothing.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from accounts.prepared import Prepared
from sla import models
from sla.conditions import check_condition
from sla.engine import Judgement
from sla.queries import hours
from sla.spec import PolicySpec, from_json
from tickets.events import write_row
from tickets.models import CustomField, Ticket
from tickets.refusals import Invalid
from tickets.state import State
from tickets.vocabulary import Facts, Tree, holds
from tickets.vocabulary.custom import PREFIX


@dataclass(frozen=True)
class Rule:
    """A policy in its place. `when` is None where its condition cannot be read any more: it matches nothing."""

    policy: int
    version: int
    name: str
    is_default: bool
    spec: PolicySpec
    when: Tree | None
    problem: str = ""
    """Why the condition cannot be read."""


@dataclass(frozen=True)
class Rules:
    """The whole book: policies in their order, the default last, and the calendars' versions in force."""

    stamp: UUID
    revision: int
    rules: tuple[Rule, ...]
    versions: Mapping[int, int | None]
    asks: frozenset[str] = frozenset()
    """The keys of the custom fields that its conditions name, also of those that are gone."""
    custom: tuple[Any, ...] = ()
    """Those custom fields as they were when the book was read."""

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
        self._ticket = ticket

    def __getattr__(self, name: str) -> Any:
        """Asked for what is not here yet: from then on it is, and this is not called any more."""
        if "subject" not in self.__dict__:
            write_row(self._ticket)
            self.__dict__.update(vars(Facts.of(self._ticket)))
            return getattr(self, name)
        raise AttributeError(name)

    @classmethod
    def of(cls, ticket: Ticket) -> Facts:
        return cast(Facts, cls(ticket))


_kept: Rules | None = None


_stamp = Prepared(lambda: models.Book.objects.filter(pk=1).values_list("stamp"))


def rules_in_force(stamp: UUID | None = None) -> Rules:
    """The book as it stands; one query where the caller has not read the stamp, none where it has not changed."""
    global _kept  # noqa: PLW0603 (one book for the whole process; threads may both read it)
    if stamp is None:
        ((stamp,),) = _stamp()
    kept = _kept
    if kept is None or kept.stamp != stamp or kept.custom != _custom(kept.asks):
        _kept = kept = read_rules()
    return kept


def _custom(keys: Collection[str]) -> tuple[Any, ...]:
    """The custom fields with these keys, as their rows say now; no query where there are none."""
    if not keys:
        return ()
    rows = CustomField.objects.filter(key__in=sorted(keys)).order_by("pk")
    return tuple(rows.values_list("pk", "key", "type", "choices", "is_active", "label"))


def read_rules() -> Rules:
    """The book read anew, whatever is kept."""
    book = models.Book.objects.get(pk=1)
    hours.forget()  # a year of public holidays may have been added to a version
    rows = models.Policy.objects.filter(is_enabled=True, current__isnull=False).select_related("current")
    calendars = models.Calendar.objects.filter(current__isnull=False).values_list(
        "pk", "current_id", "current__is_always_open"
    )
    rules = tuple(rule_of(row) for row in rows)
    names = {name for rule in rules for name in _names(rule.spec.when)}
    asks = frozenset(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX))
    return Rules(
        stamp=book.stamp,
        revision=book.revision,
        rules=rules,
        versions={pk: None if is_always_open else version for pk, version, is_always_open in calendars},
        asks=asks,
        custom=_custom(asks),
    )


def rule_of(policy: models.Policy, version: models.PolicyVersion | None = None) -> Rule:
    """A policy as one of its versions says, by default the one in force."""
    version = version or cast(models.PolicyVersion, policy.current)
    spec = from_json(version.spec)
    when, problem = None, ""
    try:
        when = check_condition(spec.when)
    except Invalid as refusal:
        problem = str(refusal)
    return Rule(policy.pk, version.pk, policy.name, policy.is_default, spec, when, problem)


def _names(json: Any) -> Iterator[str]:
    """Every field that a condition names, also one that cannot be read any more."""
    for each in json.values() if isinstance(json, dict) else json if isinstance(json, list) else ():
        yield from _names(each)
    if isinstance(json, dict) and isinstance(json.get("field"), str):
        yield json["field"]
