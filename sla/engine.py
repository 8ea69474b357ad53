"""What a change of a ticket does to its clocks: docs/sla.md line by line, in plain Python.

The same function runs live (sla.reactions), on the history of past tickets (sla.whatif), and for tickets that
get clocks late. It reads the ticket's state after the change and says which clocks should run; what differs
from those that do, it stops, pauses or starts, in this order: stop beats pause beats start.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sla.cycles import NOTHING, Cycle, HoursOf, Judged, Key, Told
from sla.models import Clock, Metric
from sla.spec import ON_HOLD, PENDING_REQUESTER, RESTART, PolicySpec
from tickets import events
from tickets.models import Channel, Status
from tickets.state import State

VENDOR_TIER = 4
BY_VOICE = (Channel.PHONE, Channel.WALK_UP)
RESPONSES = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)
ONE_BY_ONE = (Metric.FIRST_RESPONSE, Metric.RESOLUTION, Metric.WORK)
"""Clocks whose next cycle goes on with the time of the last one."""
Outcome = Clock.Outcome


@dataclass(frozen=True)
class Change:
    """One event of a ticket, with the state before (None at the first) and after it."""

    kind: str
    at: datetime
    by_id: int | None
    before: State | None
    after: State
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def desk_spoke(self) -> bool:
        """A public reply of a person of the desk, or the words of a resolution by whomever.

        What a rule or a vendor says is no answer, nor are notes.
        """
        if self.kind == events.RESOLVED:
            return True
        if self.by_id is None:
            return False
        if self.kind == events.REPLIED:
            return bool(self.data.get("from_desk"))
        return self.kind == events.WAITS_REQUESTER or (
            self.kind == events.REOPENED and self.data.get("from_requester") is False
        )

    @property
    def requester_spoke(self) -> bool:
        """A message of the requester's side; what a machine sends in their name is none."""
        if self.data.get("automatic"):
            return False
        if self.kind == events.REPLIED:
            return not self.data.get("from_desk")
        return self.kind == events.REOPENED and bool(self.data.get("from_requester"))

    @property
    def is_by_voice(self) -> bool:
        """The first event of a ticket that somebody of the desk opened for a caller or passer-by."""
        state = self.after
        by_other = state.opened_by_id is not None and state.opened_by_id != state.requester_id
        return self.before is None and state.channel in BY_VOICE and by_other


@dataclass(frozen=True)
class Judgement:
    """The policy version that judges a ticket now, with the calendar versions in force."""

    policy: int
    spec: PolicySpec
    versions: Mapping[int, int | None]
    """The version in force of each calendar; None for one that is always open."""
    revision: int = 0

    def judged(self, key: Key, priority: int) -> Judged | None:
        """What this clock is measured against, or None where nothing is promised."""
        target = self.spec.target(key[0], priority=priority, scope=key[1])
        if target is None:
            return None
        return Judged(
            self.policy,
            self.versions[target.calendar],
            priority,
            target.span,
            tuple(self.spec.shares),
        )


Others = Callable[[int], list[Cycle]]
"""The cycles of another ticket, as they stand after it was merged."""


def react(
    cycles: list[Cycle],
    change: Change,
    judgement: Judgement,
    hours_of: HoursOf,
    *,
    rejudges: bool = False,
    others: Others = lambda _ticket: [],
) -> list[Told]:
    """Bring a ticket's clocks to where the change leaves them. Changes `cycles` in place, appending new ones.

    Args:
        judgement: what new cycles are measured against; with `rejudges` the open ones too.
        others: for a merge, where the merged ticket's clocks are read.
    """
    return _Reaction(cycles, change, judgement, hours_of, rejudges, others).told()


def begin(
    state: State, judgement: Judgement, hours_of: HoursOf, at: datetime, ticket_id: int
) -> tuple[list[Cycle], list[Told]]:
    """Clocks for an open ticket that has none: they began when the ticket's columns say, and are late if they are."""
    cycles: list[Cycle] = []
    change = Change(kind="", at=at, by_id=None, before=state, after=state)
    told = _Reaction(cycles, change, judgement, hours_of, False, lambda _ticket: [], ticket_id).told()
    return cycles, told


def is_waiting(state: State, pauses: tuple[str, ...]) -> bool:
    """Whether the ticket's status is one in which this policy's resolution clock pauses.

    A requester's message resumes what waited for them, whatever the status says.
    """
    if state.status == Status.PENDING_REQUESTER:
        spoke = state.requester_waiting_since
        return PENDING_REQUESTER in pauses and not (spoke and spoke > state.status_since)
    if state.status == Status.ON_HOLD:
        return ON_HOLD in pauses or f"{ON_HOLD}:{state.hold_reason}" in pauses
    return state.status in pauses


def is_accepted(state: State) -> bool:
    """Whether the team that has it has taken it on: accepted, assigned, or begun."""
    return state.unaccepted_since is None and (state.assignee_id is not None or state.status != Status.NEW)


def vendor_of(state: State | None) -> int | None:
    """The vendor it lies with: by a team on L4, or by waiting for one."""
    if state is None or not state.is_open:
        return None
    is_there = state.tier_id == VENDOR_TIER or state.status == Status.PENDING_VENDOR
    return state.vendor_id if is_there else None


class _Reaction:
    def __init__(
        self,
        cycles: list[Cycle],
        change: Change,
        judgement: Judgement,
        hours_of: HoursOf,
        rejudges: bool,
        others: Others,
        ticket_id: int = 0,
    ) -> None:
        self.cycles, self.change, self.judgement = cycles, change, judgement
        self.hours_of, self.rejudges, self.others = hours_of, rejudges, others
        self.state, self.at = change.after, change.at
        self.ticket_id = cycles[0].ticket_id if cycles else ticket_id
        self._told: list[Told] = []

    def told(self) -> list[Told]:
        for cycle in self._open():
            self._told += cycle.pass_thresholds(self.at, self.hours_of)
        if self.rejudges:
            self._rejudge()
        self._stop()
        if self.change.kind == events.MERGED:
            self._absorb(self.change.data["other"])
        if self.state.is_open:
            self._start()
            self._pause_and_resume()
        return self._told

    def _open(self) -> list[Cycle]:
        return [cycle for cycle in self.cycles if cycle.is_open]

    def _find(self, key: Key) -> Cycle | None:
        return next((cycle for cycle in self.cycles if cycle.is_open and cycle.key == key), None)

    # --- judge ---

    def _rejudge(self) -> None:
        """Time used stays, the due time moves; a promise that no longer exists ends."""
        for cycle in self._open():
            if cycle.metric == Metric.PROMISE:
                continue
            judged = self.judgement.judged(cycle.key, self.state.priority)
            cycle.revision = self.judgement.revision
            if judged is None:
                self._end(cycle, Outcome.CANCELLED)
            elif judged != cycle.judged:
                self._told.append(cycle.retarget(judged, self.at, self.hours_of))
                self._told += cycle.pass_thresholds(self.at, self.hours_of)

    # --- stop ---

    def _stop(self) -> None:
        for cycle in self._open():
            outcome = self._outcome(cycle)
            if outcome:
                self._end(cycle, outcome)

    def _end(self, cycle: Cycle, outcome: str) -> None:
        self._told.append(cycle.end(outcome, self.at, self.hours_of))

    def _outcome(self, cycle: Cycle) -> str:
        """How this clock ends by the change; empty where it goes on."""
        if self.change.kind == events.THANKED:
            return Outcome.VOID  # what runs was started by a reopening that was none
        if self.state.status == Status.CANCELLED:
            return Outcome.MERGED if self.state.merged_into_id else Outcome.CANCELLED
        if not self.state.is_open or _STOPS[cycle.metric](self.change, cycle):
            return Outcome.MET
        return ""

    # --- merge ---

    def _absorb(self, other: int) -> None:
        """The surviving ticket keeps the earlier start and the worst breach."""
        ended = [cycle for cycle in self.others(other) if cycle.outcome == Outcome.MERGED]
        for theirs in ended:
            if theirs.metric not in (*RESPONSES, Metric.RESOLUTION):
                continue
            ours = self._find(theirs.key)
            if ours is None and theirs.metric in RESPONSES:
                ours = self._find((Metric.FIRST_RESPONSE, 0)) or self._find((Metric.NEXT_RESPONSE, 0))
                ours = ours or self._begin((Metric.NEXT_RESPONSE, 0), self.at)
            if ours is not None:
                self._told.append(
                    ours.absorb(
                        ticket_id=other,
                        started_at=theirs.started_at,
                        used=theirs.used,
                        breached_at=theirs.breached_at,
                        at=self.at,
                        hours_of=self.hours_of,
                    )
                )

    # --- start ---

    def _start(self) -> None:
        for key, since in self._wanted():
            if self._find(key) is None:
                self._begin(key, since)
        if self.change.is_by_voice and self.judgement.spec.phone_is_response:
            first = self._find((Metric.FIRST_RESPONSE, 0))
            if first is not None:
                self._end(first, Outcome.MET)

    def _begin(self, key: Key, since: datetime) -> Cycle | None:
        """Start the next cycle of a clock, if anything is promised; some go on with the time already used."""
        judged = self.judgement.judged(key, self.state.priority)
        if judged is None:
            return None
        past = [cycle for cycle in self.cycles if cycle.key == key]
        last = max(past, key=lambda cycle: cycle.cycle, default=None)
        used, breached_at = self._carried(key, past)
        told = Cycle.start(
            ticket_id=self.ticket_id,
            key=key,
            number=last.cycle + 1 if last else 1,
            judged=judged,
            at=max(since, last.since) if last else since,
            hours_of=self.hours_of,
            revision=self.judgement.revision,
            used=used,
            breached_at=breached_at,
        )
        self.cycles.append(told.cycle)
        self._told.append(told)
        self._told += told.cycle.pass_thresholds(self.at, self.hours_of)
        return told.cycle

    def _carried(self, key: Key, past: list[Cycle]) -> tuple[timedelta, datetime | None]:
        if key[0] not in ONE_BY_ONE:
            return NOTHING, None
        counted = [cycle for cycle in past if cycle.outcome != Outcome.VOID]
        last = max(counted, key=lambda cycle: cycle.cycle, default=None)
        restarts = key[0] == Metric.RESOLUTION and self.judgement.spec.reopening == RESTART
        if last is None or restarts:
            return NOTHING, None
        return last.used, last.breached_at

    def _wanted(self) -> Iterator[tuple[Key, datetime]]:
        """The clocks that should be open now, each with the time at which it began."""
        state = self.state
        yield (Metric.RESOLUTION, 0), self.at if self._has_been(Metric.RESOLUTION) else state.created_at
        answered = self._is_answered()
        if not answered:
            first_since = self.at if self._has_been(Metric.FIRST_RESPONSE) else state.created_at
            yield (Metric.FIRST_RESPONSE, 0), first_since
        elif (asked := self._asked_since()) is not None:
            yield (Metric.NEXT_RESPONSE, 0), asked
        if answered:
            yield (Metric.UPDATE, 0), self.at
        if is_accepted(state):
            yield (Metric.WORK, state.tier_id), self.at
        else:
            yield (Metric.ACCEPT, state.tier_id), state.unaccepted_since or state.tier_since
        yield from self._wanted_of_vendor()

    def _has_been(self, metric: str) -> bool:
        return any(cycle.metric == metric for cycle in self.cycles)

    def _is_answered(self) -> bool:
        """Whether the first response is behind: the desk has spoken, or answered the phone."""
        if self.state.last_public_reply_at is not None:
            return True
        met = any(
            cycle.metric == Metric.FIRST_RESPONSE and cycle.outcome == Outcome.MET for cycle in self.cycles
        )
        return met or (self.change.is_by_voice and self.judgement.spec.phone_is_response)

    def _asked_since(self) -> datetime | None:
        """Since when a message of the requester waits for its answer; several in a row keep the first."""
        if self.change.data.get("automatic"):
            return None
        waiting = self.state.requester_waiting_since
        if waiting is not None and self.state.last_public_reply_at is not None:
            return waiting
        return self.at if self.change.requester_spoke else None

    def _wanted_of_vendor(self) -> Iterator[tuple[Key, datetime]]:
        vendor = vendor_of(self.state)
        if vendor is None:
            return
        is_late = self.change.kind == ""
        by_team = self.state.tier_id == VENDOR_TIER
        arrived = self.state.tier_since if by_team else self.state.status_since
        since = arrived if is_late else self.at
        if vendor_of(self.change.before) != vendor or is_late:
            yield (Metric.VENDOR_RESPONSE, vendor), since
        yield (Metric.VENDOR_RESOLVE, vendor), since

    # --- pause and resume ---

    def _pause_and_resume(self) -> None:
        for cycle in self._open():
            rests = self._rests(cycle)
            if rests and cycle.is_running:
                self._told.append(cycle.pause(self._rests_since(cycle), self.hours_of))
            elif not rests and not cycle.is_running:
                self._told.append(cycle.resume(self.at, self.hours_of))

    def _rests_since(self, cycle: Cycle) -> datetime:
        """Live that is now; a clock that is started late rests since the status says so."""
        return self.state.status_since if self.change.kind == "" else self.at

    def _rests(self, cycle: Cycle) -> bool:
        waiting = is_waiting(self.state, self.judgement.spec.pauses)
        match cycle.metric:
            case Metric.RESOLUTION | Metric.UPDATE:
                return waiting
            case Metric.FIRST_RESPONSE | Metric.NEXT_RESPONSE:
                return waiting and self.judgement.spec.pauses_responses
            case Metric.WORK:
                return waiting or self.state.status == Status.PENDING_VENDOR
            case Metric.VENDOR_RESPONSE | Metric.VENDOR_RESOLVE:
                return self.state.status in (Status.PENDING_REQUESTER, Status.ON_HOLD)
        return False


def _accept_stops(change: Change, cycle: Cycle) -> bool:
    """Accepted, moved on, or handed to another team of the same tier, where it begins anew."""
    state, was = change.after, change.before
    moved = was is not None and (was.team_id != state.team_id or was.tier_id != state.tier_id)
    return is_accepted(state) or cycle.scope != state.tier_id or moved


def _work_stops(change: Change, cycle: Cycle) -> bool:
    return cycle.scope != change.after.tier_id or not is_accepted(change.after)


def _vendor_responded(change: Change, cycle: Cycle) -> bool:
    accepted = change.after.tier_id == VENDOR_TIER and change.after.unaccepted_since is None
    return change.kind == events.VENDOR_REPLIED or accepted or _vendor_is_gone(change, cycle)


def _vendor_is_gone(change: Change, cycle: Cycle) -> bool:
    return vendor_of(change.after) != cycle.scope


_STOPS: dict[str, Callable[[Change, Cycle], bool]] = {
    Metric.FIRST_RESPONSE: lambda change, _cycle: change.desk_spoke,
    Metric.NEXT_RESPONSE: lambda change, _cycle: change.desk_spoke,
    Metric.UPDATE: lambda change, _cycle: change.desk_spoke,
    Metric.RESOLUTION: lambda _change, _cycle: False,
    Metric.ACCEPT: _accept_stops,
    Metric.WORK: _work_stops,
    Metric.VENDOR_RESPONSE: _vendor_responded,
    Metric.VENDOR_RESOLVE: _vendor_is_gone,
    Metric.PROMISE: lambda change, _cycle: change.desk_spoke,
}
