"""Which series of arrivals are far above their own past at this moment. Pure: where the numbers come from is the
caller's (the database in `insights.queries.arrivals`, made-up days in the bench).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from insights.surprise import Observed, judge, profile_of

WINDOWS = (1, 24)
"""Hours that are looked at: what breaks at once, and what comes in slowly."""
FEWEST = 5
"""Arrivals that make a spike, however rare they are."""
TIMES = 2.0
"""How many times the usual it must be."""
SUSPICIOUS = 1.5
"""How many times what its share says, from which its own past is looked at."""
FEWEST_WEEKS = 2
"""Of past without which nothing is judged."""
ALARMS_A_WEEK = 0.6
"""False ones, of the whole desk: chance is allowed so many."""
LOOKS = 4.0
"""A window that moves on every few minutes looks about so many times at fresh numbers in its own length."""
HOURS_A_WEEK = 168
LEAST_SERIES = 20
SAME = 0.5
"""The share of its tickets that a spike has in common with another one, from which they are one cause."""

Series = tuple[str, str]
"""By what (category, organisation, location, device), and the value."""


class Counts(Protocol):
    """Arrivals as they are counted now. A series of None is the whole desk."""

    def series(self, hours: int) -> Iterable[Series]:
        """Those with arrivals within the last hours."""

    def known(self) -> int:
        """How many series have come often enough to be watched."""

    def share(self, series: Series) -> float:
        """Of all arrivals of the weeks that are compared with."""

    def seen(self, series: Series | None, hours: int) -> int: ...

    def past(self, series: Series | None, hours: int) -> Sequence[int]:
        """Within the same hours of each former week."""

    def tickets(self, series: Series, hours: int) -> frozenset[int]: ...


@dataclass(frozen=True)
class Spike:
    series: Series
    hours: int
    seen: int
    expected: float
    chance: float
    weeks: int
    tickets: frozenset[int]


def spikes_among(counts: Counts, *, quiet: Collection[Series] = ()) -> list[Spike]:
    """What is far above its own past now, the least probable first; of several that are one cause the first.

    Args:
        quiet: series that are not asked about.
    """
    found: list[Spike] = []
    for hours in WINDOWS:
        all_past = counts.past(None, hours)
        if len(all_past) < FEWEST_WEEKS:
            continue
        allowed = allowed_chance(counts.known(), hours)
        all_seen = counts.seen(None, hours)
        for series in counts.series(hours):
            if series not in quiet:
                spike = _spike(counts, series, hours, all_seen, all_past, allowed)
                found += [spike] if spike else []
    return without_doubles(sorted(found, key=lambda spike: (spike.chance, spike.hours, spike.series)))


def allowed_chance(series: int, hours: int) -> float:
    """How improbable it must be, so that all series and windows together give few false alarms (Bonferroni)."""
    looks = HOURS_A_WEEK / hours * LOOKS * max(series, LEAST_SERIES) * len(WINDOWS)
    return ALARMS_A_WEEK / looks


def without_doubles(spikes: Iterable[Spike]) -> list[Spike]:
    """One printer that fails is a spike of its category, its place and its organisation: the clearest stays."""
    kept: list[Spike] = []
    for spike in spikes:
        if not any(is_same_cause(spike.tickets, other.tickets) for other in kept):
            kept.append(spike)
    return kept


def is_same_cause(one: Collection[int], other: Collection[int]) -> bool:
    """Whether the smaller of the two has half of its tickets in the other."""
    smaller = min(len(one), len(other))
    return smaller > 0 and len(set(one) & set(other)) >= SAME * smaller


# --- below ---


def _spike(
    counts: Counts, series: Series, hours: int, all_seen: int, all_past: Sequence[int], allowed: float
) -> Spike | None:
    seen = counts.seen(series, hours)
    if seen < FEWEST:
        return None
    glance = Observed(seen, (), counts.share(series), all_seen, all_past)
    if seen < SUSPICIOUS * profile_of(glance):
        return None
    past = counts.past(series, hours)
    found = judge(Observed(seen, past, glance.share, all_seen, all_past))
    if found.chance > allowed or seen < TIMES * found.expected:
        return None
    return Spike(
        series, hours, seen, round(found.expected, 2), found.chance, len(past), counts.tickets(series, hours)
    )
