"""A draft of what might be promised: the YAML of a policy, or calendars, or both. Nothing of it is stored.

`calendars` beside the keys of a policy gives hours by name. One that there is already counts in the draft's
hours for every policy, a new one is for this text's targets:

    calendars:
      Business hours: {zone: Europe/Berlin, hours: {monday: "07:00-20:00", ...}, country: DE, subdivision: BE,
                       own_days: ["2026-12-24 07:00-12:00 Christmas Eve"]}
      Night shift: {zone: Europe/Berlin, hours: always}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from sla.book import Rule, Rules
from sla.business_time import AlwaysOpen, WorkingTime
from sla.calendar_spec import DAYS, CalendarSpec, check, tidied
from sla.cycles import HoursOf
from sla.durations import day_of
from sla.exchange import Draft, read_piece
from sla.expansion import working_time
from sla.hours_text import parse_day, parse_own_days
from sla.models import CalendarVersion
from sla.queries.hours import hours_of
from sla.queries.named import KnownCalendar, Named, named
from sla.yaml_lines import Piece, parse
from tickets.refusals import Invalid
from tickets.vocabulary import parse as parse_tree

ALWAYS = "always"
DRAFT_VERSION = 0
"""Stands for the version of the draft policy, where cycles name the one that judges them."""


@dataclass(frozen=True)
class Proposal:
    """What a text proposes. Calendars by key: that of the one it replaces, or a negative one of its own."""

    policy: Draft | None = None
    calendars: Mapping[int, CalendarSpec] = field(default_factory=dict)
    calendar_names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called where there is room for a line."""
        names = [self.policy.name] if self.policy else []
        return ", ".join([*names, *self.calendar_names])

    def rules(self, rules: Rules) -> Rules:
        """The book in force with the proposal in it.

        A policy with the name of one in force takes its place in the order, and stays the default if that is
        one. One with a new name comes first.
        """
        versions = dict(rules.versions) | {
            key: None if spec.is_always_open else _version(key) for key, spec in self.calendars.items()
        }
        return replace(rules, rules=_with(self.policy, rules.rules), versions=versions)

    def hours_of(self, years: Iterable[int]) -> HoursOf:
        """Hours by version, the draft's own among them, with the public holidays of these years."""
        known: dict[int, WorkingTime] = {}
        for key, spec in self.calendars.items():
            is_open = spec.is_always_open
            known[_version(key)] = AlwaysOpen() if is_open else working_time(spec.hours(sorted(set(years))))
        return lambda version: known[version] if version in known else hours_of(version)


def read(text: str) -> Proposal:
    """What a text proposes.

    Raises:
        Invalid: with the line and the place in the text, and the remedy.
    """
    parts = dict(parse(text).mapping(None))
    known, calendars = named(), parts.pop("calendars", None)
    specs = _calendars(calendars) if calendars is not None else {}
    keys = _keys(specs, known)
    policy = read_piece(Piece(parts, "", 1), _with_calendars(known, keys, specs)) if parts else None
    if policy is None and not specs:
        raise Invalid(_("The text proposes nothing: neither a policy nor calendars."), field="yaml")
    return Proposal(policy, {keys[name]: spec for name, spec in specs.items()}, tuple(specs))


def _with(draft: Draft | None, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    if draft is None:
        return rules
    replaced = next((rule for rule in rules if rule.name == draft.name), None)
    rule = Rule(
        policy=replaced.policy if replaced else 0,
        version=DRAFT_VERSION,
        name=draft.name,
        is_default=replaced is not None and replaced.is_default,
        spec=draft.spec,
        when=parse_tree(dict(draft.spec.when)),
    )
    if replaced is None:
        return (rule, *rules)
    return tuple(rule if each is replaced else each for each in rules)


def _version(key: int) -> int:
    """A key that no stored version has, whether the calendar is stored (positive) or not (negative)."""
    return -2 * key if key > 0 else 2 * key - 1


def _keys(specs: Iterable[str], known: Named) -> dict[str, int]:
    keys = {}
    for place, name in enumerate(specs, start=1):
        stored = known.calendar_named(name)
        keys[name] = -place if stored is None else stored
    return keys


def _with_calendars(known: Named, keys: Mapping[str, int], specs: Mapping[str, CalendarSpec]) -> Named:
    own = {}
    for name, spec in specs.items():
        version = CalendarVersion(
            zone=spec.zone, is_always_open=spec.is_always_open, weekly=[list(day) for day in spec.weekly]
        )
        has_hours = spec.is_always_open or any(spec.weekly) or any(day.intervals for day in spec.own_days)
        own[keys[name]] = KnownCalendar(name, day_of(version), spec.is_always_open, has_hours)
    return replace(known, calendars={**known.calendars, **own})


# --- calendars in YAML ---


def _calendars(piece: Piece) -> dict[str, CalendarSpec]:
    return {name: read_calendar(part) for name, part in piece.mapping(None).items()}


def read_calendar(piece: Piece) -> CalendarSpec:
    """What a calendar says in YAML or JSON, checked."""
    parts = piece.mapping(["zone", "hours", "country", "subdivision", "own_days"])
    for needed in ("zone", "hours"):
        if needed not in parts:
            piece.refuse(
                _("A calendar has a zone and hours: {zone: Europe/Berlin, hours: {monday: 08:00-18:00}}.")
            )
    hours = parts["hours"]
    own_days = [each.text() for each in parts["own_days"].items()] if "own_days" in parts else []
    try:
        spec = CalendarSpec(
            zone=parts["zone"].text(),
            weekly=tuple(tuple(day) for day in _week(hours)),
            is_always_open=hours.value == ALWAYS,
            country=parts["country"].text().upper() if "country" in parts else "",
            subdivision=parts["subdivision"].text().upper() if "subdivision" in parts else "",
            own_days=tuple(parse_own_days("\n".join(own_days), field="own_days")),
        )
        check(spec)
    except Invalid as refusal:
        named_at = refusal.field or ""
        if named_at.startswith(f"{hours.path}."):
            raise  # it says already where in the hours it is
        days = hours.value if isinstance(hours.value, dict) else {}
        (parts.get(named_at) or days.get(named_at) or piece).refuse(str(refusal))
    return tidied(spec)


def _week(piece: Piece) -> list[list[tuple[int, int]]]:
    if piece.value == ALWAYS:
        return [[] for _day in DAYS]
    days = piece.mapping(DAYS)
    return [_day(days[name], name) if name in days else [] for name in DAYS]


def _day(piece: Piece, name: str) -> list[tuple[int, int]]:
    try:
        return parse_day(piece.text(), field=name)
    except Invalid as refusal:
        piece.refuse(str(refusal))
