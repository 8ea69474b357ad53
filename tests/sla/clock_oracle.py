"""When each clock of a ticket ran, and for how long, by the slow and obvious road.

It shares nothing with the product's engine: it reads a ticket's history as plain data, looks at the whole of it for
one clock at a time, and counts minute by minute. Times are whole minutes (numbers, from the beginning of the test);
a calendar is a list that says of every minute whether it is worked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

OPEN = ("new", "open", "pending_requester", "pending_vendor", "on_hold")
ENDS = {"ticket.resolved": "met", "ticket.merged_into": "merged", "ticket.only_thanks": "void"}
VENDOR_TIER = 4

State = dict[str, Any]
Calendar = Sequence[bool]
Target = tuple[int, str]
"""Minutes, and the name of the calendar in which they count."""


@dataclass(frozen=True)
class Policy:
    """What is promised. Targets by metric and key: priority, tier level, or 0 for any vendor."""

    targets: Mapping[str, Mapping[int, Target]]
    pauses: tuple[str, ...] = ("pending_requester", "on_hold:appointment")
    pauses_responses: bool = False
    restarts: bool = False
    phone_is_response: bool = True


@dataclass(frozen=True)
class Moment:
    """One event: what happened, and how the ticket stood afterwards, judged by which policy."""

    kind: str
    at: int
    by: int | None
    data: Mapping[str, Any]
    state: State
    policy: Policy

    @property
    def is_open(self) -> bool:
        return self.state.get("status") in OPEN

    @property
    def is_automatic(self) -> bool:
        return bool(self.data.get("automatic"))

    @property
    def technician_spoke(self) -> bool:
        if self.kind == "ticket.resolved":
            return True
        if self.by is None or self.is_automatic:
            return False
        if self.kind == "ticket.replied":
            return bool(self.data["from_desk"])
        if self.kind == "ticket.reopened":
            return not self.data["from_requester"]
        return self.kind == "ticket.waits_for_requester"

    @property
    def requester_spoke(self) -> bool:
        if self.is_automatic:
            return False
        if self.kind == "ticket.reopened":
            return bool(self.data["from_requester"])
        return self.kind == "ticket.replied" and not self.data["from_desk"]

    @property
    def is_accepted(self) -> bool:
        begun = self.state.get("assignee_id") is not None or self.state.get("status") != "new"
        return self.state.get("unaccepted_since") is None and begun

    @property
    def vendor(self) -> int | None:
        has_it = self.state.get("tier_id") == VENDOR_TIER or self.state.get("status") == "pending_vendor"
        return self.state.get("vendor_id") if has_it and self.is_open else None


@dataclass
class Cycle:
    """What the oracle says of one cycle. `first` and `last` are the moments at which it began and ended."""

    metric: str
    scope: int
    first: int
    last: int | None
    outcome: str = ""
    goes_on: bool = False
    """With the time and the breach of the one before."""
    target: int = 0
    """Of a person's promise, which has no policy."""
    started: int = 0
    used: int = 0
    breached: int | None = None
    is_paused: bool = False
    due: int | None = None


@dataclass
class Oracle:
    """All moments of one ticket, the calendars by name, and what time it is."""

    moments: Sequence[Moment]
    calendars: Mapping[str, Calendar]
    now: int
    lives: list[tuple[int, int | None]] = field(default_factory=list)
    """The times in which the ticket was open: the moments at which each began and ended."""

    def __post_init__(self) -> None:
        begun: int | None = None
        for index, moment in enumerate(self.moments):
            if moment.is_open and begun is None:
                begun = index
            elif not moment.is_open and begun is not None:
                self.lives.append((begun, index))
                begun = None
        if begun is not None:
            self.lives.append((begun, None))

    # --- which cycles there are ---

    def clocks(self) -> dict[tuple[str, int, int], Cycle]:
        """Every cycle that there should be, by metric, scope and number."""
        found: dict[tuple[str, int, int], Cycle] = {}
        for metric, cycles in self._all().items():
            by_scope: dict[int, list[Cycle]] = {}
            for cycle in cycles:
                if metric != "promise" and self._target(cycle, cycle.first) is None:
                    continue
                before = by_scope.setdefault(cycle.scope, [])
                self._measure(cycle, [one for one in before if one.outcome != "void"])
                before.append(cycle)
                found[metric, cycle.scope, len(before)] = cycle
        return found

    def _all(self) -> dict[str, list[Cycle]]:
        return {
            "resolution": list(self._resolution()),
            "first_response": list(self._first_response()),
            "next_response": list(self._next_response()),
            "update": list(self._update()),
            "accept": list(self._in_tier("accept", is_accepted=False)),
            "work": list(self._in_tier("work", is_accepted=True)),
            "vendor_response": list(self._vendor_response()),
            "vendor_resolve": list(self._vendor_resolve()),
            "promise": list(self._promises()),
        }

    def _ending(self, last: int | None) -> str:
        return "" if last is None else ENDS.get(self.moments[last].kind, "cancelled")

    def _cycle(self, metric: str, scope: int, first: int, last: int | None, life_end: int | None) -> Cycle:
        """One that ended on its own account was met, one that ended with the ticket ends as the ticket did."""
        outcome = "" if last is None else self._ending(last) if last == life_end else "met"
        return Cycle(metric, scope, first, last, outcome)

    def _during(self, first: int, last: int | None) -> range:
        return range(first, len(self.moments) if last is None else last + 1)

    def _resolution(self) -> Iterator[Cycle]:
        for first, last in self.lives:
            cycle = self._cycle("resolution", 0, first, last, last)
            begins = self.moments[first]
            cycle.goes_on = begins.kind == "ticket.restored" or not begins.policy.restarts
            yield cycle

    def _is_answered(self, until: int) -> bool:
        """Whether the desk has spoken up to this moment (with it), in words or on the phone."""
        opening = self.moments[0]
        by_voice = opening.data.get("by_voice") and opening.policy.phone_is_response
        return bool(by_voice) or any(one.technician_spoke for one in self.moments[: until + 1])

    def _first_response(self) -> Iterator[Cycle]:
        opening = self.moments[0]
        if opening.data.get("by_voice") and opening.policy.phone_is_response:
            yield Cycle("first_response", 0, 0, 0, "met")
            return
        for first, last in self.lives:
            if self._is_answered(first):
                continue
            end = next((n for n in self._during(first, last) if self.moments[n].technician_spoke), last)
            cycle = self._cycle("first_response", 0, first, end, last)
            cycle.goes_on = True
            yield cycle

    def _next_response(self) -> Iterator[Cycle]:
        waited = False
        for first, last in self.lives:
            was_waiting = waited and self.moments[first].kind == "ticket.restored"
            asked = first if was_waiting else None
            for n in self._during(first, last):
                moment = self.moments[n]
                if asked is not None and (n == last or moment.technician_spoke):
                    cycle = self._cycle("next_response", 0, asked, n, last)
                    cycle.goes_on = was_waiting and asked == first
                    yield cycle
                    asked, waited = None, n == last
                elif asked is None and n != last and moment.requester_spoke and self._is_answered(n):
                    asked = n
                elif n == last:
                    waited = False
            if asked is not None:
                cycle = self._cycle("next_response", 0, asked, None, last)
                cycle.goes_on = was_waiting and asked == first
                yield cycle

    def _update(self) -> Iterator[Cycle]:
        for first, last in self.lives:
            begun: int | None = None
            for n in self._during(first, last):
                spoke = self.moments[n].technician_spoke
                if begun is not None and (n == last or spoke):
                    yield self._cycle("update", 0, begun, n, last)
                    begun = None
                if begun is None and n != last and self._is_answered(n):
                    begun = n
            if begun is not None:
                yield self._cycle("update", 0, begun, None, last)

    def _runs(self, of: Callable[[Moment], Any]) -> Iterator[tuple[Any, int, int | None, int | None]]:
        """Maximal stretches of a life in which this stays the same: value, first, last, the life's end."""
        for first, last in self.lives:
            begun, value = first, of(self.moments[first])
            for n in self._during(first, last):
                if n == last:
                    yield value, begun, n, last
                elif of(self.moments[n]) != value:
                    yield value, begun, n, last
                    begun, value = n, of(self.moments[n])
            if last is None:
                yield value, begun, None, None

    def _in_tier(self, metric: str, *, is_accepted: bool) -> Iterator[Cycle]:
        for value, first, last, end in self._runs(lambda one: (one.state.get("tier_id"), one.is_accepted)):
            if value[1] == is_accepted:
                cycle = self._cycle(metric, value[0], first, last, end)
                cycle.goes_on = metric == "work" or self.moments[first].kind == "ticket.restored"
                yield cycle

    def _vendor_resolve(self) -> Iterator[Cycle]:
        for vendor, first, last, end in self._runs(lambda one: one.vendor):
            if vendor is not None:
                cycle = self._cycle("vendor_resolve", vendor, first, last, end)
                cycle.goes_on = True
                yield cycle

    def _vendor_response(self) -> Iterator[Cycle]:
        """Asked when it comes to the vendor, and anew when it is handed to them; told by a word, or by accepting."""
        for vendor, first, last, end in self._runs(lambda one: one.vendor):
            if vendor is None:
                continue
            asked: int | None = None
            for n in self._during(first, last):
                moment, on_tier = self.moments[n], self.moments[n].state.get("tier_id") == VENDOR_TIER
                if n == last:
                    break
                arrives = n == first or (on_tier and self.moments[n - 1].state.get("tier_id") != VENDOR_TIER)
                has_accepted = on_tier and moment.state.get("unaccepted_since") is None
                spoke = moment.kind == "ticket.vendor_replied"
                if asked is not None and (spoke or has_accepted):
                    yield self._cycle("vendor_response", vendor, asked, n, end)
                    asked = None
                if asked is None and arrives and not has_accepted:
                    asked = n
            if asked is not None:
                yield self._cycle("vendor_response", vendor, asked, last, end)

    def _promises(self) -> Iterator[Cycle]:
        for first, last in self.lives:
            begun: int | None = None
            for n in self._during(first, last):
                moment = self.moments[n]
                promises, spoke = moment.kind == "sla.promised", moment.technician_spoke
                if begun is not None and (n == last or promises or spoke):
                    cycle = self._cycle("promise", 0, begun, n, last)
                    cycle.outcome = "cancelled" if promises else cycle.outcome
                    cycle.target = self.moments[begun].data["minutes"]
                    yield cycle
                    begun = None
                if promises and n != last:
                    begun = n
            if begun is not None:
                yield Cycle("promise", 0, begun, None, target=self.moments[begun].data["minutes"])

    # --- how long each ran ---

    def _target(self, cycle: Cycle, n: int) -> Target | None:
        """What it is measured against after this moment."""
        if cycle.metric == "promise":
            return cycle.target, "always"
        moment = self.moments[n]
        rows = moment.policy.targets.get(cycle.metric, {})
        if cycle.metric in ("accept", "work"):
            return rows.get(cycle.scope)
        return rows.get(0 if cycle.metric.startswith("vendor") else moment.state["priority"])

    def _rests(self, cycle: Cycle, n: int) -> bool:
        moment = self.moments[n]
        status, policy = moment.state.get("status"), moment.policy
        hold = f"on_hold:{moment.state.get('hold_reason')}"
        waits = status in policy.pauses or (status == "on_hold" and hold in policy.pauses)
        match cycle.metric:
            case "resolution" | "update":
                return waits
            case "first_response" | "next_response":
                return waits and policy.pauses_responses
            case "work":
                return waits or status == "pending_vendor"
            case "vendor_response" | "vendor_resolve":
                return status in ("pending_requester", "on_hold")
        return False

    def _measure(self, cycle: Cycle, before: Sequence[Cycle]) -> None:
        """Walk through its moments and, between them, through the minutes."""
        if cycle.goes_on and before:
            cycle.used, cycle.breached = before[-1].used, before[-1].breached
        at, rests = self.moments[cycle.first].at, False
        cycle.started = at
        target: Target = (0, "always")
        reached: int | None = None
        for n in self._during(cycle.first, cycle.last):
            moment = self.moments[n]
            for minute in range(at, moment.at):
                reached = self._tick(cycle, minute, target, rests, reached)
            at = moment.at
            if n == cycle.last and n != cycle.first:
                break
            rested = rests
            found = self._target(cycle, n)
            assert found is not None, "an oracle for promises that come and go is another one"
            target, rests = found, self._rests(cycle, n)
            if cycle.used > target[0] and cycle.breached is None:
                cycle.breached = at
            if n == cycle.first or self._is_judged_anew(cycle, n) or (rested and not rests):
                since = at if cycle.breached is None else cycle.breached
                reached = since if cycle.used >= target[0] else None
        if cycle.last is None:
            for minute in range(at, self.now):
                reached = self._tick(cycle, minute, target, rests, reached)
            cycle.is_paused = rests
            cycle.due = None if rests else self._due(cycle, target, reached)

    def _is_judged_anew(self, cycle: Cycle, n: int) -> bool:
        now, before = self.moments[n], self.moments[n - 1]
        has_changed = now.policy is not before.policy or now.state["priority"] != before.state["priority"]
        return has_changed and cycle.metric != "promise"

    def _tick(
        self, cycle: Cycle, minute: int, target: Target, rests: bool, reached: int | None
    ) -> int | None:
        """One minute. Who is still running in a minute after the target was reached is late since then."""
        if rests:
            return reached
        if reached is not None and cycle.breached is None:
            cycle.breached = reached
        if self.calendars[target[1]][minute]:
            cycle.used += 1
            if cycle.used == target[0]:
                return minute + 1
        return reached

    def _due(self, cycle: Cycle, target: Target, reached: int | None) -> int | None:
        if cycle.used >= target[0]:
            return reached
        left = target[0] - cycle.used
        for minute in range(self.now, len(self.calendars[target[1]])):
            left -= self.calendars[target[1]][minute]
            if not left:
                return minute + 1
        return None
