"""What a change of a ticket does to its clocks: docs/sla.md line by line, in plain Python.

The same function runs live (sla.reactions), on the history of past tickets (sla.whatif), and for tickets that
get clocks late. It reads the ticket's state after the change and says which clocks should run; what differs
from those that do, it stops, pauses or starts, in this order: stop beats pause beats start. What the change ends is
not judged anew by it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sla.cycles import MICROSECOND, NOTHING, Cycle, HoursOf, Judged, Key, Told
from sla.models import Clock, Metric
from sla.reading import (
    STOPS,
    VENDOR_TIER,
    Change,
    is_accepted,
    is_waiting,
    vendor_of,
    waits_for_requester,
    working_tier,
)
from sla.spec import RESTART, PolicySpec
from tickets import events
from tickets.models import Status
from tickets.state import State

__all__ = ["Change", "Judgement", "Others", "Past", "begin", "react"]

RESPONSES = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)
ONE_BY_ONE = (Metric.FIRST_RESPONSE, Metric.RESOLUTION, Metric.WORK, Metric.VENDOR_RESOLVE)
"""Clocks whose next cycle goes on with the time of the last one."""
OF_REQUESTER = (*RESPONSES, Metric.UPDATE, Metric.RESOLUTION, Metric.PROMISE)
"""Clocks that another ticket takes over when theirs is merged into it."""
Outcome = Clock.Outcome


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

Past = Callable[[], Sequence[tuple[datetime, State]]]
"""The ticket's earlier states, each with the time at which it began, in their order."""


def react(
    cycles: list[Cycle],
    change: Change,
    judgement: Judgement,
    hours_of: HoursOf,
    *,
    rejudges: bool = False,
    others: Others = lambda _ticket: [],
    past: Past = tuple,
) -> list[Told]:
    """Bring a ticket's clocks to where the change leaves them. Changes `cycles` in place, appending new ones.

    Args:
        judgement: what new cycles are measured against; with `rejudges` the open ones too.
        others: for a merge, where the merged ticket's clocks are read.
        past: asked only where something is promised later than it began: then it counts as if it always had been.
            Without a past it counts from now on.
    """
    return _Reaction(cycles, change, judgement, hours_of, rejudges, others, past).told()


def begin(
    state: State, judgement: Judgement, hours_of: HoursOf, at: datetime, ticket_id: int
) -> tuple[list[Cycle], list[Told]]:
    """Clocks for an open ticket that has none: they began when the ticket's columns say, and are late if they are."""
    cycles: list[Cycle] = []
    change = Change(kind="", at=at, by_id=None, before=state, after=state)
    told = _Reaction(cycles, change, judgement, hours_of, False, lambda _ticket: [], tuple, ticket_id).told()
    return cycles, told


class _Reaction:
    def __init__(
        self,
        cycles: list[Cycle],
        change: Change,
        judgement: Judgement,
        hours_of: HoursOf,
        rejudges: bool,
        others: Others,
        past: Past,
        ticket_id: int = 0,
    ) -> None:
        self.cycles, self.change, self.judgement = cycles, change, judgement
        self.hours_of, self.rejudges, self.others, self.past = hours_of, rejudges, others, past
        self.state, self.at = change.after, change.at
        self.ticket_id = cycles[0].ticket_id if cycles else ticket_id
        self._told: list[Told] = []

    def told(self) -> list[Told]:
        for cycle in self._open():
            self._pass_thresholds(cycle)
        self._stop()
        if self.rejudges:
            self._rejudge()
        if self.change.kind == events.MERGED:
            self._take_over(self.change.data["other"])
        if self.state.is_open:
            self._start()
            self._pause_and_resume()
        return self._told

    @property
    def is_late(self) -> bool:
        """Clocks are begun for a ticket that had none: its columns are all that is known of its past."""
        return self.change.kind == ""

    def _open(self) -> list[Cycle]:
        return [cycle for cycle in self.cycles if cycle.is_open]

    def _find(self, key: Key) -> Cycle | None:
        return next((cycle for cycle in self.cycles if cycle.is_open and cycle.key == key), None)

    def _of(self, key: Key) -> list[Cycle]:
        return [cycle for cycle in self.cycles if cycle.key == key]

    def _pass_thresholds(self, cycle: Cycle) -> None:
        self._told += cycle.pass_thresholds(self.at, self.hours_of)

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
                self._pass_thresholds(cycle)

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
        if not self.state.is_open or STOPS[cycle.metric](self.change, cycle):
            return Outcome.MET
        return ""

    # --- merge ---

    def _take_over(self, other: int) -> None:
        """The surviving ticket keeps the earlier start and the worst breach of what the requester was promised."""
        theirs = [cycle for cycle in self.others(other) if cycle.metric in OF_REQUESTER]
        for cycle in theirs:
            if cycle.outcome == Outcome.MERGED:
                self._go_on_with(cycle)
        for key in {cycle.key: None for cycle in theirs}:
            breach = _worst([cycle for cycle in theirs if cycle.key == key])
            if breach is not None and _worst(self._of(key)) is None:
                self._keep_breach(breach)

    def _go_on_with(self, theirs: Cycle) -> None:
        """What ran there runs on here, as one clock with what runs here already."""
        if theirs.metric == Metric.PROMISE:
            judged: Judged | None = self._promised_in(theirs)
        else:
            judged = self.judgement.judged(theirs.key, self.state.priority)
        if judged is None:
            return
        ours = self._find(theirs.key)
        if ours is not None and ours.metric == Metric.PROMISE:
            self._keep_earlier(ours, judged)
            return
        if ours is None:
            ours = self._append(theirs.key, judged, at=self.at)
        if theirs.metric != Metric.PROMISE:
            self._absorb(ours, theirs)

    def _promised_in(self, theirs: Cycle) -> Judged:
        """A person's promise names a moment: what was left of it when the ticket was merged."""
        return replace(theirs.judged, target=max(theirs.target - theirs.used, MICROSECOND))

    def _keep_earlier(self, ours: Cycle, judged: Judged) -> None:
        """Of two promised moments the earlier one holds."""
        target = ours.used_at(self.at, self.hours_of) + judged.target
        if target < ours.target:
            self._told.append(ours.retarget(replace(judged, target=target), self.at, self.hours_of))
            self._pass_thresholds(ours)

    def _keep_breach(self, theirs: Cycle) -> None:
        """Told by a cycle of its own that is over at once: what is finished here is never rewritten."""
        judged = self.judgement.judged(theirs.key, self.state.priority) or theirs.judged
        carried = self._append(theirs.key, judged, at=self.at)
        self._absorb(carried, theirs)
        self._end(carried, Outcome.MET if theirs.outcome == Outcome.MET else Outcome.CANCELLED)

    def _absorb(self, ours: Cycle, theirs: Cycle) -> None:
        self._told.append(
            ours.absorb(
                ticket_id=theirs.ticket_id,
                started_at=theirs.started_at,
                used=theirs.used,
                breached_at=theirs.breached_at,
                at=self.at,
                hours_of=self.hours_of,
            )
        )
        self._pass_thresholds(ours)

    # --- start ---

    def _start(self) -> None:
        if self._was_answered_by_voice():
            first = self._begin((Metric.FIRST_RESPONSE, 0), self.at)
            if first is not None:
                self._end(first, Outcome.MET)
        for key, since in self._wanted():
            if self._find(key) is None:
                self._begin(key, since)

    def _was_answered_by_voice(self) -> bool:
        return self.change.is_by_voice and self.judgement.spec.phone_is_response

    def _begin(self, key: Key, since: datetime) -> Cycle | None:
        """Start the next cycle of a clock, if anything is promised; some go on with the time already used."""
        judged = self.judgement.judged(key, self.state.priority)
        if judged is None:
            return None
        before, wanted = self.change.before, since
        last = self._last(key)
        if before is not None and not before.is_open:
            since = max(since, self.at)  # time spent resolved or cancelled counts for nobody
        used, breached_at = self._carried(key, last, wanted)
        since = max(since, last.since) if last else since
        began = None
        if since < self.at and not self.is_late and self._could_rest(key):
            began, used, since = since, used + self._spent(key, judged, since), self.at
        cycle = self._append(key, judged, at=since, used=used, breached_at=breached_at, began=began)
        until = self._rests_since() if self._rests(key, self.state) else self.at
        self._told += cycle.pass_thresholds(until, self.hours_of)
        return cycle

    def _append(self, key: Key, judged: Judged, **says: Any) -> Cycle:
        told = Cycle.start(
            ticket_id=self.ticket_id,
            key=key,
            number=max((cycle.cycle for cycle in self._of(key)), default=0) + 1,
            judged=judged,
            hours_of=self.hours_of,
            revision=self.judgement.revision,
            **says,
        )
        self.cycles.append(told.cycle)
        self._told.append(told)
        return told.cycle

    def _last(self, key: Key) -> Cycle | None:
        """The one that it would go on from; what was taken back never was."""
        counted = [cycle for cycle in self._of(key) if cycle.outcome != Outcome.VOID]
        return max(counted, key=lambda cycle: (cycle.since, cycle.cycle), default=None)

    def _carried(self, key: Key, last: Cycle | None, wanted: datetime) -> tuple[timedelta, datetime | None]:
        """Time and breach of the cycle before, where this one goes on with it.

        Any clock does that was only cut off: by a promise that was taken away, or a ticket cancelled by mistake.
        """
        if last is None:
            return NOTHING, None
        restarts = key[0] == Metric.RESOLUTION and self.judgement.spec.reopening == RESTART
        was_cut_off = last.outcome == Outcome.CANCELLED and wanted <= last.since
        goes_on = (key[0] in ONE_BY_ONE and not (restarts and last.outcome == Outcome.MET)) or was_cut_off
        return (last.used, last.breached_at) if goes_on else (NOTHING, None)

    def _could_rest(self, key: Key) -> bool:
        return key[0] in (Metric.RESOLUTION, Metric.WORK, Metric.VENDOR_RESOLVE) or (
            key[0] in RESPONSES and self.judgement.spec.pauses_responses
        )

    def _spent(self, key: Key, judged: Judged, since: datetime) -> timedelta:
        """Business time that this clock would have counted from `since` until now, had it been promised."""
        hours, spent = self.hours_of(judged.calendar), NOTHING
        past = self.past()
        ends = [*(start for start, _state in past), self.at]
        for (start, end), (_start, state) in zip(pairwise(ends), past, strict=True):
            if state.is_open and self._is_about(key, state) and not self._rests(key, state):
                spent += hours.working_time_between(max(start, since), end)
        return spent

    def _is_about(self, key: Key, state: State) -> bool:
        match key[0]:
            case Metric.WORK:
                return key[1] == working_tier(state) and is_accepted(state)
            case Metric.VENDOR_RESOLVE:
                return key[1] == vendor_of(state)
        return True

    def _wanted(self) -> Iterator[tuple[Key, datetime]]:
        """The clocks that should be open now, each with the time at which it began."""
        state = self.state
        yield (Metric.RESOLUTION, 0), state.created_at
        answered = self._is_answered()
        if not answered:
            yield (Metric.FIRST_RESPONSE, 0), state.created_at
        elif (asked := self._asked_since()) is not None:
            yield (Metric.NEXT_RESPONSE, 0), asked
        if answered:
            yield (Metric.UPDATE, 0), self.at
        if is_accepted(state):
            yield (Metric.WORK, working_tier(state)), self._accepted_since()
        else:
            yield (Metric.ACCEPT, state.tier_id), state.unaccepted_since or state.tier_since
        yield from self._wanted_of_vendor()

    def _is_answered(self) -> bool:
        """Whether the first response is behind: the desk has spoken, or answered the phone."""
        first = self._of((Metric.FIRST_RESPONSE, 0))
        if any(cycle.is_open for cycle in first):
            return False
        if self.state.last_public_reply_at is not None:
            return True
        met = any(cycle.outcome == Outcome.MET for cycle in first)
        return met or self._was_answered_by_voice()

    def _asked_since(self) -> datetime | None:
        """Since when a message of the requester waits for its answer; several in a row keep the first."""
        waiting = self.state.requester_waiting_since
        if waiting is not None and self.state.last_public_reply_at is not None:
            return waiting
        return self.at if self.change.requester_spoke else None

    def _accepted_since(self) -> datetime:
        """Now, unless it was accepted before this change already and nothing was promised for it."""
        before = self.change.before
        if self.is_late or before is None or not before.is_open or not is_accepted(before):
            return self.at
        return self.state.created_at if working_tier(before) == working_tier(self.state) else self.at

    def _wanted_of_vendor(self) -> Iterator[tuple[Key, datetime]]:
        vendor = vendor_of(self.state)
        if vendor is None:
            return
        has_it = self.state.tier_id == VENDOR_TIER
        before = self.change.before
        arrives = vendor_of(before) != vendor or (
            has_it and before is not None and before.tier_id != VENDOR_TIER
        )
        since = self.state.tier_since if has_it else self.state.status_since
        if arrives or self.is_late:
            since = since if self.is_late else self.at
            if not (has_it and self.state.unaccepted_since is None):
                yield (Metric.VENDOR_RESPONSE, vendor), since
        yield (Metric.VENDOR_RESOLVE, vendor), since

    # --- pause and resume ---

    def _pause_and_resume(self) -> None:
        for cycle in self._open():
            rests = self._rests(cycle.key, self.state)
            if rests and cycle.is_running:
                self._told.append(cycle.pause(self._rests_since(), self.hours_of))
            elif not rests and not cycle.is_running:
                self._told.append(cycle.resume(self.at, self.hours_of))
                self._pass_thresholds(cycle)

    def _rests_since(self) -> datetime:
        """Live that is now; a clock that is started late rests since the status says so."""
        return self.state.status_since if self.is_late else self.at

    def _rests(self, key: Key, state: State) -> bool:
        waiting = is_waiting(state, self.judgement.spec.pauses)
        match key[0]:
            case Metric.RESOLUTION | Metric.UPDATE:
                return waiting
            case Metric.FIRST_RESPONSE | Metric.NEXT_RESPONSE:
                return waiting and self.judgement.spec.pauses_responses
            case Metric.WORK:
                return waiting or state.status == Status.PENDING_VENDOR
            case Metric.VENDOR_RESPONSE | Metric.VENDOR_RESOLVE:
                return waits_for_requester(state) or state.status == Status.ON_HOLD
        return False


def _worst(cycles: Sequence[Cycle]) -> Cycle | None:
    """The one that breached first, of those that count."""
    breached = [
        (cycle.breached_at, cycle.cycle, cycle)
        for cycle in cycles
        if cycle.breached_at is not None and cycle.outcome != Outcome.VOID
    ]
    return min(breached, key=lambda row: row[:2])[2] if breached else None
