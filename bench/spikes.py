"""Spikes on trial: `python -m bench.spikes [SEEDS]`. Made-up desks, so that what is planted is known.

A desk of a thousand tickets on a working day, with its week (quiet nights, a peak at ten, thin weekends), days that
are busier or quieter than others, categories, organisations, places and devices of very different size. Then, seeded:

- 90 days in which nothing is planted: how many alarms there are, a week;
- ten spikes, each one hour of three times the usual in one series: how many are raised within that hour. Planted are
  series and hours that usually have at least 20 tickets an hour; beside it the same for smaller ones, which chance
  itself makes look alike: no test finds all of them at one false alarm a week.

No database takes part: it is `insights.spikes` itself that judges, every five minutes as the beat does.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import json
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from insights.spikes import Series, spikes_among

HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60
EVERY = 5
"""Minutes between two looks."""
WEEKS = 8
QUIET_DAYS, SPIKES = 90, 10
TIMES = 3
A_DAY = 1000
SEEDS = (1, 2, 3, 4, 5)
BANDS = ((20, 60), (10, 20), (5, 10), (2, 5))
"""Tickets an hour that a series usually has when a spike is planted in it; the first is what must be found."""
HUSH = DAY
"""For so long after an alarm a series is asked no more: somebody looks at it."""
HOURS_OF_DAY = (1, 1, 1, 1, 1, 2, 6, 20, 55, 85, 95, 80, 55, 60, 80, 75, 60, 35, 15, 8, 5, 4, 3, 2)
DAYS_OF_WEEK = (1.15, 1.05, 1.0, 1.0, 0.9, 0.12, 0.08)
DAY_DIFFERS = 0.10

SHARES: dict[str, Sequence[float]] = {
    "category": (30, 22, 14, 10, 8, 6, 4, 3, 2, 1),
    "organisation": (25, 20, 12, 10, 8, 6, 5, 4, 3, 2, 2, 1, 1, 1),
    "location": (28, 20, 15, 10, 8, 6, 5, 4, 3, 1),
    "device": (*([1.0] * 60), 60),
}
"""Of devices sixty are named, each in a hundredth of a twentieth of tickets; the rest names none."""
UNNAMED = ("device", "60")


@dataclass
class Desk:
    """Arrivals by minute since it opened, kept in order for each series."""

    times: dict[Series | None, list[int]] = field(default_factory=lambda: defaultdict(list))
    tickets: dict[Series, list[int]] = field(default_factory=lambda: defaultdict(list))
    latest: int = 0

    def add(self, arrivals: Iterable[tuple[int, tuple[Series, ...]]]) -> None:
        for at, series in sorted(arrivals):
            self.latest += 1
            self.times[None].append(at)
            for each in series:
                self.times[each].append(at)
                self.tickets[each].append(self.latest)

    def between(self, series: Series | None, start: int, end: int) -> tuple[int, int]:
        row = self.times.get(series, [])
        return bisect.bisect_left(row, start), bisect.bisect_left(row, end)


class Now:
    """The desk's arrivals as they are counted at one minute (insights.spikes.Counts)."""

    def __init__(self, desk: Desk, at: int) -> None:
        self.desk, self.at = desk, at

    def series(self, hours: int) -> list[Series]:
        return [series for series in self.desk.times if series is not None]

    def known(self) -> int:
        return len(self.desk.times) - 1

    def share(self, series: Series) -> float:
        start = self.at - WEEKS * WEEK
        first, last = self.desk.between(series, start, self.at)
        all_first, all_last = self.desk.between(None, start, self.at)
        return (last - first) / max(1, all_last - all_first)

    def seen(self, series: Series | None, hours: int) -> int:
        first, last = self.desk.between(series, self.at - hours * HOUR, self.at)
        return last - first

    def past(self, series: Series | None, hours: int) -> list[int]:
        weeks = (self.at - week * WEEK for week in range(1, WEEKS + 1))
        found = (self.desk.between(series, at - hours * HOUR, at) for at in weeks)
        return [last - first for first, last in found]

    def tickets(self, series: Series, hours: int) -> frozenset[int]:
        first, last = self.desk.between(series, self.at - hours * HOUR, self.at)
        return frozenset(self.desk.tickets[series][first:last])


def usual(minute: int) -> float:
    """Tickets an hour that the desk usually has at this minute."""
    day, hour = minute // DAY % 7, minute % DAY // HOUR
    return A_DAY * DAYS_OF_WEEK[day] * HOURS_OF_DAY[hour] / sum(HOURS_OF_DAY)


def usual_of(series: Series, minute: int) -> float:
    shares = SHARES[series[0]]
    return usual(minute) * shares[int(series[1])] / sum(shares)


def arrivals(chance: random.Random, first: int, last: int) -> list[tuple[int, tuple[Series, ...]]]:
    """Usual ones, from one midnight to another."""
    found = []
    for day in range(first, last, DAY):
        differs = math.exp(chance.gauss(-(DAY_DIFFERS**2) / 2, DAY_DIFFERS))
        for hour in range(day, day + DAY, HOUR):
            for _ticket in range(_poisson(chance, usual(hour) * differs)):
                found.append((hour + chance.randrange(HOUR), _drawn(chance)))
    return found


def planted(chance: random.Random, series: Series, start: int) -> list[tuple[int, tuple[Series, ...]]]:
    """What comes beside the usual within the hour after `start`, so that all is about three times the usual."""
    more = round((TIMES - 1) * usual_of(series, start))
    return [(start + chance.randrange(HOUR), _drawn(chance, series)) for _ticket in range(more)]


def quiet_alarms(seed: int, days: int = QUIET_DAYS) -> int:
    """Alarms in so many days in which nothing is planted, after eight weeks of past."""
    chance = random.Random(seed)
    begin = WEEKS * WEEK
    desk = Desk()
    desk.add(arrivals(chance, 0, begin + days * DAY))
    hushed: dict[Series, int] = {}
    alarms = 0
    for at in range(begin, begin + days * DAY, EVERY):
        quiet = {series for series, until in hushed.items() if until > at}
        for spike in spikes_among(Now(desk, at), quiet=quiet):
            hushed[spike.series] = at + HUSH
            alarms += 1
    return alarms


def found_spikes(seed: int, band: tuple[int, int], spikes: int = SPIKES) -> int:
    """Of so many planted ones how many are raised within their hour, for that series or one of the same tickets."""
    chance = random.Random(seed)
    found = 0
    for _spike in range(spikes):
        series, start = _place(chance, band)
        desk = Desk()
        desk.add([*arrivals(chance, 0, WEEKS * WEEK + WEEK), *planted(chance, series, start)])
        looks = range(start + EVERY, start + HOUR + 1, EVERY)
        found += any(
            spike.series == series or len(spike.tickets & Now(desk, at).tickets(series, 1)) > spike.seen / 2
            for at in looks
            for spike in spikes_among(Now(desk, at))
        )
    return found


def measure(seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    alarms = [quiet_alarms(seed) for seed in seeds]
    return {
        "row": "spikes",
        "seeds": len(seeds),
        "alarms_a_week": round(max(alarms) / (QUIET_DAYS / 7), 3),
        "alarms": alarms,
        "found": {
            f"{least}-{most} an hour": [found_spikes(seed, (least, most)) for seed in seeds]
            for least, most in BANDS
        },
        "of": SPIKES,
    }


# --- below ---


def _place(chance: random.Random, band: tuple[int, int]) -> tuple[Series, int]:
    """A series and an hour of the week after the past in which it usually has so many tickets."""
    every = [
        ((kind, str(number)), start)
        for kind, shares in SHARES.items()
        for number in range(len(shares))
        if (kind, str(number)) != UNNAMED
        for start in range(WEEKS * WEEK, WEEKS * WEEK + WEEK, HOUR)
        if band[0] <= usual_of((kind, str(number)), start) < band[1]
    ]
    return chance.choice(every)


def _drawn(chance: random.Random, series: Series | None = None) -> tuple[Series, ...]:
    drawn = [
        series if series and series[0] == kind else (kind, str(_choice(chance, kind))) for kind in SHARES
    ]
    return tuple(each for each in drawn if each != UNNAMED)


_SUMS = {kind: list(itertools.accumulate(shares)) for kind, shares in SHARES.items()}


def _choice(chance: random.Random, kind: str) -> int:
    sums = _SUMS[kind]
    return bisect.bisect_right(sums, chance.random() * sums[-1])


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's way, in pieces that do not underflow."""
    total = 0
    while mean > 0:
        piece = min(mean, 30.0)
        mean -= piece
        limit, product = math.exp(-piece), chance.random()
        while product > limit:
            product *= chance.random()
            total += 1
    return total


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m bench.spikes", description=__doc__)
    asked.add_argument("seeds", type=int, nargs="?", default=len(SEEDS))
    print(json.dumps(measure(range(1, asked.parse_args().seeds + 1))))
