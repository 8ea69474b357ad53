"""What became of a promise: the worst of a clock's cycles, as every figure counts it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sla.cycles import Cycle, HoursOf, Key
from sla.engine import OF_REQUESTER
from sla.models import Clock, Metric

Outcome = Clock.Outcome


class Verdict(StrEnum):
    MET = "met"
    RUNNING = "running"
    """Not decided yet: it runs or rests, in time so far."""
    BREACHED = "breached"


RANK = {Verdict.MET: 0, Verdict.RUNNING: 1, Verdict.BREACHED: 2}


@dataclass(frozen=True)
class Judged:
    """The verdict of one clock, and the cycle that decides it."""

    verdict: Verdict
    target: timedelta
    used: timedelta

    @property
    def over(self) -> timedelta:
        """Business time beyond the target; negative where some was left."""
        return self.used - self.target


class Judgeable(Protocol):
    """What of a cycle its verdict is read from: a `Cycle`, or whatever reads like one."""

    @property
    def metric(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def is_open(self) -> bool: ...
    @property
    def breached_at(self) -> datetime | None: ...


def verdict_of(cycle: Judgeable) -> Verdict | None:
    """None for one that counts nowhere: taken back, cancelled in time, or gone on in another ticket.

    A breach that had already happened counts, also of a ticket that was cancelled later; what a tier or a vendor
    broke counts where they broke it, though the ticket went on in another.
    """
    if cycle.outcome == Outcome.VOID or (cycle.outcome == Outcome.MERGED and cycle.metric in OF_REQUESTER):
        return None
    if cycle.breached_at is not None:
        return Verdict.BREACHED
    if cycle.is_open:
        return Verdict.RUNNING
    return Verdict.MET if cycle.outcome == Outcome.MET else None


def verdicts(cycles: Iterable[Cycle], *, at: datetime, hours_of: HoursOf) -> dict[Key, Judged]:
    """By clock the worst of its cycles. A person's own promises are left out: no policy makes them.

    Cycles do not know what became of their ticket: whoever reads them leaves out those of tickets that were set aside
    as no request (`countable`).
    """
    found: dict[Key, Judged] = {}
    for cycle in cycles:
        verdict = verdict_of(cycle)
        if verdict is None or cycle.metric == Metric.PROMISE:
            continue
        judged = Judged(verdict, cycle.target, cycle.used_at(at, hours_of))
        known = found.get(cycle.key)
        if known is None or _weight(judged) > _weight(known):
            found[cycle.key] = judged
    return found


def by_metric(found: dict[Key, Judged]) -> dict[str, Verdict]:
    """The worst over all tiers or vendors of a metric."""
    worst: dict[str, Verdict] = {}
    for (metric, _scope), judged in found.items():
        known = worst.get(metric)
        if known is None or RANK[judged.verdict] > RANK[known]:
            worst[metric] = judged.verdict
    return worst


def _weight(judged: Judged) -> tuple[int, timedelta]:
    return RANK[judged.verdict], judged.over
