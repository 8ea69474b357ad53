"""How a promise was spent: so much in L1, in hand-off, in L2, with the vendor, waiting for the requester.

Whose hands a ticket lay in is read from its history, what the resolution clock counted from the clock's life. The
counted times add up to what that clock has used.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sla.cycles import NOTHING, HoursOf
from sla.models import Clock, Metric
from sla.queries.life import Happening, Life, Stretch
from sla.reading import VENDOR_TIER, Standing, is_accepted, vendor_of, waits_for_requester, working_tier
from tickets.models import Status
from tickets.state import State


class Who(StrEnum):
    TIER = "tier"
    HAND_OFF = "hand_off"
    """It lies with a tier that has not accepted it."""
    VENDOR = "vendor"
    REQUESTER = "requester"
    HOLD = "hold"
    NOBODY = "nobody"
    """Resolved or cancelled, until it was opened again."""
    CARRIED = "carried"
    """Time that was used before this clock ran here: in a merged ticket, or before it was promised."""


@dataclass(frozen=True)
class Segment:
    """A stretch of time in the same hands; `level` is the tier that has it, the receiving one in a hand-off."""

    since: datetime
    until: datetime
    who: Who
    level: int
    worked: timedelta
    """Business time in it, in the calendar that the clock counts in now."""
    counted: timedelta
    """What of it the resolution clock has used."""

    @property
    def counts(self) -> bool:
        return self.counted > NOTHING


@dataclass(frozen=True)
class Hands:
    since: datetime
    until: datetime
    who: Who
    level: int


def spent(
    history: Iterable[tuple[datetime, State]], lives: Iterable[Life], hours_of: HoursOf, *, at: datetime
) -> list[Segment]:
    """The segments of a ticket from its creation until `at`, in order of time; none where nothing was promised.

    Args:
        history: its states, each with the time at which it began (`tickets.state.states`).
        lives: those of its clocks (`sla.queries.life.lives_of`).
    """
    own = told(lives)
    if not own:
        return []
    runs, carried = counted(own)
    calendar = own[-1].cycle.calendar_id
    segments = [_segment(hands, runs, calendar, hours_of) for hands in hands_of(history, until=at)]
    segments += [Segment(when, when, Who.CARRIED, 0, span, span) for when, span in carried]
    return sorted(segments, key=lambda segment: (segment.since, segment.until))


def hands_of(history: Iterable[tuple[datetime, State]], *, until: datetime) -> list[Hands]:
    """In whose hands it lay, stretch by stretch; the time after its end is nobody's and not told."""
    begun: list[tuple[datetime, Who, int]] = []
    for since, who, level in _changes(history):
        if begun and begun[-1][0] == since:
            begun.pop()  # no time in it
        if not begun or begun[-1][1:] != (who, level):
            begun.append((since, who, level))
    ends = [*(since for since, _who, _level in begun[1:]), until]
    if begun and begun[-1][1] == Who.NOBODY:
        begun.pop()
    return [
        Hands(since, end, who, level)
        for (since, who, level), end in zip(begun, ends, strict=False)
        if end > since
    ]


def _changes(history: Iterable[tuple[datetime, State]]) -> Iterator[tuple[datetime, Who, int]]:
    """An act that is stamped before the last one happened right after it."""
    latest: datetime | None = None
    for since, state in history:
        latest = since if latest is None else max(latest, since)
        yield latest, *whose(state)


def whose(state: Standing) -> tuple[Who, int]:
    """In whose hands it is, and the level of the tier that has it."""
    who = _who(state)
    return who, working_tier(state) if who == Who.TIER else state.tier_id


def _who(state: Standing) -> Who:
    if not state.is_open:
        return Who.NOBODY
    if waits_for_requester(state):
        return Who.REQUESTER
    if state.status == Status.ON_HOLD:
        return Who.HOLD
    if state.tier_id == VENDOR_TIER or vendor_of(state) is not None:
        return Who.VENDOR
    return Who.TIER if is_accepted(state) else Who.HAND_OFF


def told(lives: Iterable[Life]) -> list[Life]:
    """Those that a resolution's time is told of: not taken back, and with time of their own. A breach that was only
    carried over has none."""
    return [life for life in lives if _is_told(life)]


def _is_told(life: Life) -> bool:
    cycle = life.cycle
    has_time = cycle.is_open or any(isinstance(line, Stretch) for line in life.lines)
    return cycle.metric == Metric.RESOLUTION and cycle.outcome != Clock.Outcome.VOID and has_time


def counted(lives: Sequence[Life]) -> tuple[list[Stretch], list[tuple[datetime, timedelta]]]:
    """The stretches that make up the clock's time, and what it took over from elsewhere, with the time of that."""
    runs: list[Stretch] = []
    carried: list[tuple[datetime, timedelta]] = []
    total = NOTHING
    for life in lives:
        for line in life.lines:
            if isinstance(line, Happening) and line.total < total:  # reopened, and begun from nothing
                runs, carried, total = [], [], NOTHING
            if isinstance(line, Happening) and line.total > total:
                carried.append((line.at, line.total - total))
            elif isinstance(line, Stretch) and line.is_counted:
                runs.append(line)
            total = line.total
    return runs, carried


def _segment(hands: Hands, runs: Sequence[Stretch], calendar: int | None, hours_of: HoursOf) -> Segment:
    counted = NOTHING
    for run in runs:
        since, until = max(run.since, hands.since), min(run.until, hands.until)
        counted += hours_of(run.calendar).working_time_between(since, until)
    worked = hours_of(calendar).working_time_between(hands.since, hands.until)
    return Segment(hands.since, hands.until, hands.who, hands.level, worked, counted)
