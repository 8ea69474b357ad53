"""One ticket played through with draft rules: folded event by event, without what rules really caused.

The draft rules do theirs: set off by the same triggers, asked in the same order by the same `holds`, armed once a
root, ended by the same limit. What an action changes it says itself (`ActionType.predict`). A later act of a person
on the same column goes before it. Counts and the path are carried by what a person's act added to them. Warnings and
breaches are those that the timeline holds; a rule that waits fires when its span is over and nothing has begun it
anew.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from escalation.events import HANDED_OVER
from escalation.events import RETURNED as GIVEN_BACK
from escalation.rules import spec
from escalation.rules.actions import TYPES, nothing
from escalation.rules.book import Live
from escalation.rules.engine import LONGEST_CHAIN, ROOT, RULE
from escalation.rules.outcomes import NEVER
from escalation.rules.pasts import FactsThen, Pasts, Row
from escalation.rules.triggers import FIRING, triggers_of
from escalation.rules.waiting import hours_for
from tickets.models import OPEN_STATUSES
from tickets.state import COLUMNS, State, read_column
from tickets.vocabulary import holds

CARRIED = frozenset({"handoff_count", "bounce_count", "reopen_count", "news_asked_count", "path"})
"""Columns of which an event tells what it added."""
QUIET = frozenset({"notify", "webhook"})
"""Actions whose event does not touch the ticket."""
LISTED = ("team_id", "priority", "status", "category_id", "assignee_id", "kind", "impact", "urgency")
"""The columns whose changes are compared with what really happened. A move says all of a move."""
Values = dict[str, Any]


class Book:
    """Draft rules in their order, by what sets them off; and the period in which they are tried."""

    def __init__(self, rules: Sequence[Live], *, since: datetime, until: datetime) -> None:
        self.since, self.until = since, until
        self.order = {rule.rule: place for place, rule in enumerate(rules)}
        self.by_trigger: dict[str, list[Live]] = defaultdict(list)
        for rule in rules:
            for name in rule.spec.events:
                self.by_trigger[name].append(rule)
        waiting = [(rule, hours_for(rule.spec.time)) for rule in rules if rule.spec.time is not None]
        self.by_time = [
            (rule, hours) for rule, hours in waiting if hours is not None and rule.when is not None
        ]
        """The rules that wait, each with its hours as they are now."""

        self._known: dict[frozenset[str], Sequence[Live]] = {}

    def set_off_by(self, triggers: set[str]) -> Sequence[Live]:
        """The rules that one of these sets off, in their order; there are few different sets."""
        key = frozenset(triggers)
        if key not in self._known:
            names = triggers & self.by_trigger.keys()
            found = {rule.rule: rule for name in names for rule in self.by_trigger[name]}
            self._known[key] = sorted(found.values(), key=lambda rule: self.order[rule.rule])
        return self._known[key]


@dataclass
class Change:
    """One column as a draft rule would have changed it."""

    column: str
    was: Any
    now: Any
    really: str = NEVER
    really_at: datetime | None = None
    really_by: str | None = None
    """person or rule."""


@dataclass
class Fired:
    rule: str
    at: datetime
    root: int | None
    """The event at the beginning of the chain; none where time alone set it off."""
    changes: list[Change] = field(default_factory=list)
    is_limited: bool = False
    is_idle: bool = False


@dataclass(frozen=True)
class Real:
    """One column as it really changed within the period or after it."""

    id: int
    at: datetime
    column: str
    was: Any
    now: Any
    rule: int | None
    root: int | None
    depth: int


@dataclass
class Trail:
    """The values that rules gave each column in one chain, with the rules: where one comes back, they undo it."""

    values: dict[str, list[Any]] = field(default_factory=dict)
    rules: dict[str, list[str]] = field(default_factory=dict)

    def passes(self, rule: str, change: Change) -> tuple[list[Any], list[str]] | None:
        values = self.values.setdefault(change.column, [change.was])
        rules = self.rules.setdefault(change.column, [])
        rules.append(rule)
        came_back = change.now in values
        values.append(change.now)
        if not came_back:
            return None
        begin = values.index(change.now)
        return values[begin:], rules[begin:]


@dataclass
class Lived:
    """What came of one ticket."""

    ticket: int
    fired: list[Fired]
    real: list[Real]
    cycles: list[tuple[str, list[Any], list[str], datetime]]
    team: tuple[int | None, int | None]
    """Where it would lie open at the end of the period, and where it really did."""
    returns: int
    avoided: int
    real_until: int
    """How many of the real changes lie in the period."""


class Life:
    """One ticket played through."""

    def __init__(self, ticket: int, book: Book, pasts: Pasts) -> None:
        self.ticket, self.book = ticket, book
        self.values: Values = dict.fromkeys(COLUMNS) | {"path": (), "words": {}}
        self.facts = FactsThen(ticket, pasts)
        self.now = self.book.since
        self.begun = False
        self.version = self.begun_at_version = 0
        self._state: tuple[int, State] | None = None
        self.armed: set[tuple[int, Any]] = set()
        self.roots = 0
        self.writer: dict[str, int | None] = {}
        """Which rule wrote a column last; None for people and for time."""
        self.alone: Counter[int] = Counter()
        """How often a rule that waits has fired since a person did anything."""
        self.due: dict[tuple[int, datetime], datetime] = {}
        self.asked: dict[int, tuple[int, datetime]] = {}
        self.fired: list[Fired] = []
        self.cycles: list[tuple[str, list[Any], list[str], datetime]] = []
        self.before_handoff: dict[int, int | None] = {}
        """Where the draft had the ticket when it was really handed over, by the hand-off."""

    def lived(self, rows: Sequence[Row]) -> Lived:
        since, until = self.book.since, self.book.until
        last = len(rows)
        for place, row in enumerate(rows):
            if not self.begun and row.at >= since:
                self._begin()
            if self.begun and row.at >= until:
                last = place
                break
            if not self.begun:
                self._apply(row)
            elif FIRING not in row.data:
                self._happens(row)
        if not self.begun:
            self._begin()
        self._pass_time(until)
        return self._told(rows, rows[:last])

    def _begin(self) -> None:
        self.begun, self.begun_at_version = True, self.version

    # --- what people and clocks did ---

    def _happens(self, row: Row) -> None:
        self._pass_time(row.at)
        self.now = max(self.now, row.at)
        if row.kind == HANDED_OVER:
            self.before_handoff[row.data.get("handoff", 0)] = self.values["team_id"]
        if row.by_id is not None:
            self.alone.clear()
        changed = self._apply(row)
        if not self.book.by_trigger:
            return
        triggers = triggers_of(row.kind, changed, row.data)
        if row.kind == GIVEN_BACK and "team_id" in row.changes and "team_id" not in changed:
            triggers.discard(spec.RETURNED)  # the draft never handed it over
        if self.book.set_off_by(triggers) and self.values["created_at"] is not None:
            self._set_off(triggers, root=row.id, at=row.at, trail=Trail())

    def _apply(self, row: Row) -> Values:
        """The ticket after this event; answers what differs by it from what the draft had made of it."""
        values, changed = self.values, cast(Values, {})
        if values["created_at"] is None:  # the event that opens it tells every column
            values |= {name: read_column(name, after) for name, (_was, after) in row.changes.items()}
            values["changed_at"] = row.at
            self.version += 1
            return dict(row.changes)
        for column, (before, after) in row.changes.items():
            here = values.get(column)
            value = self._added(column, before, after) if column in CARRIED else read_column(column, after)
            if value != here:
                changed[column] = [here, value]
                values[column] = value
        if self.writer:
            for column in row.changes:
                self.writer[column] = None
        if not row.is_quiet:
            values["changed_at"] = row.at
            self.writer.pop("changed_at", None)
            self.version += 1
        return changed

    def _added(self, column: str, before: Any, after: Any) -> Any:
        """A count or the path: what the event added to it, upon what the draft has made of it."""
        here = self.values[column]
        if column != "path":
            return after if here is None else here + after - (before or 0)
        was, now = tuple(before or ()), tuple(after)
        return (*here, *now[len(was) :]) if here and now[: len(was)] == was else now

    @property
    def state(self) -> State:
        """As the values stand; made without the checks of a constructor, for it is made for every event."""
        if self._state is None or self._state[0] != self.version:
            made = object.__new__(State)
            made.__dict__.update(self.values)
            self._state = self.version, made
        return self._state[1]

    # --- what the draft does ---

    def _set_off(self, triggers: set[str], *, root: int, at: datetime, trail: Trail, depth: int = 0) -> None:
        """One event and all that rules do because of it, in the order in which deliveries would ask."""
        waiting = deque([(triggers, root, depth)])
        while waiting:
            triggers, root, depth = waiting.popleft()
            for rule in self.book.set_off_by(triggers):
                if (rule.rule, root) in self.armed or not self._holds(rule, at):
                    continue
                self.armed.add((rule.rule, root))
                found = self._fire(rule, root=root, depth=depth + 1, trail=trail)
                waiting.extend((more, root, depth + 1) for more in found)
                if rule.spec.stops or self.fired[-1].is_limited:
                    break

    def _holds(self, rule: Live, at: datetime) -> bool:
        if rule.when is None:
            return False
        self.facts.category, self.facts.at = self.values["category_id"], max(at, self.now)
        return holds(rule.when, self.state, at=at, facts=self.facts.facts)

    def _fire(self, rule: Live, *, root: int | None, depth: int, trail: Trail) -> list[set[str]]:
        """Carry it out on paper; answers the triggers of each event that it would cause."""
        fired = Fired(rule.name, self.now, root)
        self.fired.append(fired)
        if depth > LONGEST_CHAIN:
            fired.is_limited = True
            return []
        found = []
        fired.is_idle = True
        for action in rule.spec.actions:
            if action.do not in TYPES:
                continue
            kind, before = TYPES[action.do], self.values.copy()
            predicted = kind.predict(self.state, action.args, self.now)
            changed = {name: now for name, now in predicted.items() if now != before[name]}
            writes = kind.columns(action.args)
            predicts = bool(writes) and kind.predict is not nothing
            fired.is_idle = fired.is_idle and not changed and predicts
            if changed or (not writes and action.do not in QUIET):
                self._write(rule, changed)
            told = [name for name in LISTED if name in writes and name in changed]
            for name in told:
                self._note(rule, fired, trail, Change(name, before[name], changed[name]))
            names = [name for name in spec.WATCHED_COLUMNS if name in changed]
            if names:
                found.append({spec.CHANGED, *(f"{spec.CHANGED}:{name}" for name in names)})
        return found

    def _write(self, rule: Live, changed: Values) -> None:
        self.values |= changed | {"changed_at": self.now}
        for name in (*changed, "changed_at"):
            self.writer[name] = rule.rule
        self.version += 1

    def _note(self, rule: Live, fired: Fired, trail: Trail, change: Change) -> None:
        fired.changes.append(change)
        cycle = trail.passes(rule.name, change)
        if cycle is not None:
            self.cycles.append((change.column, *cycle, self.now))

    # --- rules that wait ---

    def _pass_time(self, until: datetime) -> None:
        """Fire what comes due before this moment, one after the other."""
        if not self.book.by_time or self.values["created_at"] is None:
            return
        while self.values["status"] in OPEN_STATUSES:
            found = self._next_due(until)
            if found is None:
                return
            moment, rule, since = found
            self.now = max(self.now, moment)
            self.asked[rule.rule] = (self.version, since)
            if not self._holds(rule, self.now):
                continue
            self.armed.add((rule.rule, since))
            column = rule.spec.time.since if rule.spec.time else ""
            if self.writer.get(column) == rule.rule:
                continue  # its own doing is no news that calls for another
            self.alone[rule.rule] += 1
            trail, depth = Trail(), self.alone[rule.rule]
            for triggers in self._fire(rule, root=None, depth=depth, trail=trail):
                self.roots -= 1
                self._set_off(triggers, root=self.roots, at=self.now, trail=trail, depth=depth)

    def _next_due(self, until: datetime) -> tuple[datetime, Live, datetime] | None:
        best: tuple[datetime, Live, datetime] | None = None
        for rule, hours in self.book.by_time:
            time = rule.spec.time
            since = self.values.get(time.since) if time is not None else None
            if time is None or since is None or (rule.rule, since) in self.armed:
                continue
            if self.asked.get(rule.rule) == (self.version, since):
                continue
            key = (rule.rule, since)
            if key not in self.due:
                self.due[key] = hours.add_working_time(since, time.span)
            due = self.due[key]
            if due < self.book.since and self.version == self.begun_at_version:
                continue  # it was due before the period began
            moment = max(due, self.now)
            if moment < until and (best is None or moment < best[0]):
                best = moment, rule, since
        return best

    # --- against what really happened ---

    def _told(self, rows: Sequence[Row], within: Sequence[Row]) -> Lived:
        compared = (
            rows if any(each.changes for each in self.fired) else [row for row in rows if _may_be_told(row)]
        )
        real = [change for row in compared for change in _real_changes(row, self.book.since)]
        last = within[-1].id if within else 0
        returns, avoided = self._returns(rows, within)
        return Lived(
            self.ticket,
            self.fired,
            real,
            self.cycles,
            (_team_if_open(self.values), _real_team(within)),
            returns,
            avoided,
            sum(change.id <= last for change in real),
        )

    def _returns(self, rows: Sequence[Row], within: Sequence[Row]) -> tuple[int, int]:
        """How many hand-offs were really returned in the period, and how many of these would not have been."""
        returned = [
            row for row in within if row.kind == GIVEN_BACK and row.at >= self.book.since and row.data
        ]
        if not returned:
            return 0, 0
        sent = {row.data.get("handoff"): row for row in rows if row.kind == HANDED_OVER}
        avoided = 0
        for row in returned:
            handed = sent.get(row.data.get("handoff"))
            if handed is not None and handed.at >= self.book.since:
                avoided += self._avoids(handed, row, rows)
        return len(returned), avoided

    def _avoids(self, handed: Row, back: Row, rows: Sequence[Row]) -> bool:
        if FIRING in handed.data:
            to, root = handed.changes["team_id"][1], handed.data.get(ROOT)
            return not any(
                fired.root == root and any(c.column == "team_id" and c.now == to for c in fired.changes)
                for fired in self.fired
            )
        away, sender = handed.changes.get("team_id", [None, None])[1], back.changes.get("team_id", [0, 0])[1]
        later = [row.changes["team_id"][1] for row in rows if row.id > back.id and "team_id" in row.changes]
        goal = next((team for team in later if team not in (away, sender)), None)
        return goal is not None and self.before_handoff.get(handed.data.get("handoff", 0)) == goal


def _may_be_told(row: Row) -> bool:
    """Whether it counts also where no draft rule has fired: a move, or what a rule did."""
    return "team_id" in row.changes or FIRING in row.data


def _real_changes(row: Row, since: datetime) -> list[Real]:
    if row.at < since or not row.changes:
        return []
    is_move = "team_id" in row.changes
    rule = row.data.get(RULE) if FIRING in row.data else None
    root, depth = row.data.get(ROOT), row.data.get("depth", 0)
    return [
        Real(row.id, row.at, column, row.changes[column][0], row.changes[column][1], rule, root, depth)
        for column in LISTED
        if column in row.changes and (column == "team_id" or not (is_move and rule is not None))
    ]


def _team_if_open(values: Mapping[str, Any]) -> int | None:
    return values["team_id"] if values["status"] in OPEN_STATUSES else None


def _real_team(rows: Iterable[Row]) -> int | None:
    values: Values = {"team_id": None, "status": None}
    for row in rows:
        for column in values:
            if column in row.changes:
                values[column] = row.changes[column][1]
    return _team_if_open(values)
