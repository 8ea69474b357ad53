"""How unusual a number of arrivals is beside the same hours of former weeks. Robust where numbers are small.

What is usual is a rate that nobody knows: it is reckoned from the same hours of former weeks, drawn towards what the
whole desk's hours and this series' share of them say, the more the fewer weeks there are. Given that rate arrivals
would be Poisson; the rate is uncertain and days differ, so they are negative binomial, which is wider. One week in
which everything was on fire hardly moves it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

PRIOR_WEEKS = 4.0
"""What the series' share of the desk's hours weighs, in weeks of its own record."""
PRIOR_ARRIVALS = 1.0
"""What is known of a rate at least, in arrivals."""
LEAST_USUAL = 0.25
"""What may always come: a place or an organisation that was never heard of before is no spike yet."""
USUAL_SPREAD = 0.1**2
"""The squared coefficient of variation of days as they come, where too little is known."""
PRIOR_SPREAD_WEEKS = 8.0
PRIOR_OTHERS = 40.0
"""Arrivals of others from which it is believed that the whole desk is busier than usual."""
QUIETEST, BUSIEST = 0.8, 3.0
ENOUGH = 1e-3
"""A tail is summed until what is left is so small a share of it."""


@dataclass(frozen=True)
class Observed:
    """Arrivals of one series within some hours, and what there is to compare them with."""

    seen: int
    past: Sequence[int]
    """Within the same hours of former weeks, as long as the desk has had tickets."""
    share: float
    """Of the series in all arrivals of those weeks, all hours together."""
    all_seen: int
    all_past: Sequence[int]
    """The whole desk's."""


@dataclass(frozen=True)
class Judgement:
    expected: float
    chance: float
    """That as many arrive by themselves, or more."""


def judge(observed: Observed) -> Judgement:
    """What would be usual, and how probable it is that as many arrive by themselves."""
    usual, known = _usual(observed)
    level = _level(observed, usual)
    spread = _spread(observed.all_past) + 1 / (known + PRIOR_ARRIVALS)
    expected = max(LEAST_USUAL, usual * level)
    return Judgement(expected, chance_of(observed.seen, expected, spread))


def profile_of(observed: Observed) -> float:
    """What is usual by the whole desk's hours and the series' share alone: quick, to see what is worth a look."""
    return observed.share * (fmean(observed.all_past) if observed.all_past else 0.0)


def chance_of(seen: int, expected: float, spread: float) -> float:
    """P(X >= seen) of a negative binomial with this mean and the variance mean + spread * mean²."""
    if seen <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    size = 1 / spread
    odds = expected / (size + expected)
    log_here = (
        math.lgamma(seen + size)
        - math.lgamma(size)
        - math.lgamma(seen + 1)
        + size * math.log(1 - odds)
        + seen * math.log(odds)
    )
    here = math.exp(log_here)
    total, k = here, seen
    while True:
        ratio = (k + size) / (k + 1) * odds
        here *= ratio
        total += here
        k += 1
        if k > expected and here * ratio / max(1 - ratio, 1e-9) < ENOUGH * total:
            return min(1.0, total)


# --- below ---


def _usual(observed: Observed) -> tuple[float, float]:
    """The mean of the rate (gamma, by its conjugate prior), and how many arrivals it is known from."""
    past = _without_fires(observed.past)
    arrivals = PRIOR_WEEKS * profile_of(observed) + sum(past)
    return arrivals / (PRIOR_WEEKS + len(past)), arrivals


def _without_fires(past: Sequence[int]) -> list[float]:
    """A week far above the others counts as much as one may differ by itself."""
    if not past:
        return []
    middle = median(past)
    most = middle + 3 * math.sqrt(middle + 1) + 1
    return [min(float(n), most) for n in past]


def _level(observed: Observed, usual: float) -> float:
    """How much busier the rest of the desk is than usual. Hardly below 1: a quiet day makes nothing suspicious."""
    others_seen = observed.all_seen - observed.seen
    others_usual = max(0.0, fmean(observed.all_past) - usual) if observed.all_past else 0.0
    level = (PRIOR_OTHERS + others_seen) / (PRIOR_OTHERS + others_usual)
    return min(BUSIEST, max(QUIETEST, level))


def _spread(all_past: Sequence[int]) -> float:
    """How much days differ beyond chance, from the whole desk's hours, drawn towards what is usual."""
    if len(all_past) < 2:
        return USUAL_SPREAD
    counts = _without_fires(all_past)
    mean = fmean(counts)
    if mean <= 0:
        return USUAL_SPREAD
    variance = sum((n - mean) ** 2 for n in counts) / (len(counts) - 1)
    found = max(0.0, (variance - mean) / mean**2)
    weeks = len(counts)
    return (PRIOR_SPREAD_WEEKS * USUAL_SPREAD + weeks * found) / (PRIOR_SPREAD_WEEKS + weeks)
