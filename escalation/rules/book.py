"""The rules in force, in order, read once a change and kept in the process."""

from dataclasses import dataclass, field
from time import monotonic
from typing import cast
from uuid import UUID

from django.conf import settings

from escalation.models import Rule, RuleBook, RuleVersion
from escalation.rules.spec import RuleSpec, from_json
from tickets.vocabulary import Tree, Unreadable, parse


@dataclass(frozen=True)
class Live:
    """A rule in its place. `when` is None where its condition cannot be read any more: it never fires."""

    rule: int
    version: int
    number: int
    name: str
    spec: RuleSpec
    when: Tree | None

    def is_set_off_by(self, triggers: set[str]) -> bool:
        return not triggers.isdisjoint(self.spec.events)


@dataclass(frozen=True)
class Rules:
    stamp: UUID
    rules: tuple[Live, ...]
    wanted: frozenset[str] = field(init=False)
    """What sets any of them off: asked at every act."""

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "wanted", frozenset(name for rule in self.rules for name in rule.spec.events)
        )

    @property
    def by_time(self) -> list[Live]:
        return [rule for rule in self.rules if rule.spec.time is not None]

    def set_off_by(self, triggers: set[str]) -> list[Live]:
        return [rule for rule in self.rules if rule.is_set_off_by(triggers)]


_kept: tuple[float, Rules] | None = None


def rules_in_force() -> Rules:
    """As they stood at most `DESK_CACHE_SECONDS` ago: what every act asks before it writes a delivery."""
    global _kept  # noqa: PLW0603 (one book for the whole process; threads may both read it)
    now = monotonic()
    if _kept is not None and now - _kept[0] < settings.DESK_CACHE_SECONDS:
        return _kept[1]
    stamp = RuleBook.objects.values_list("stamp", flat=True).get(pk=1)
    rules = _kept[1] if _kept is not None and _kept[1].stamp == stamp else _read(stamp)
    _kept = (now, rules)
    return rules


def forget() -> None:
    """Read the rules anew when they are asked for next."""
    global _kept  # noqa: PLW0603
    _kept = None


def _read(stamp: UUID) -> Rules:
    rows = Rule.objects.filter(is_enabled=True, current__isnull=False).select_related("current")
    return Rules(stamp, tuple(live(row, cast(RuleVersion, row.current)) for row in rows))


def live(rule: Rule, version: RuleVersion) -> Live:
    spec = from_json(version.spec)
    try:
        when = parse(dict(spec.when))
    except Unreadable:
        when = None
    return Live(rule.pk, version.pk, version.number, rule.name, spec, when)


def wants_any(triggers: set[str]) -> bool:
    """Whether a rule in force is set off by one of these."""
    return bool(triggers) and not triggers.isdisjoint(rules_in_force().wanted)
