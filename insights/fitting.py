"""What will not fit today: the work that is due before closing against the working time of who is here.

Plain reckoning: no query, no clock of its own. Tickets are worked in the order in which they are due, each by whoever
is free first; nobody has to have it already. What nobody can finish before closing takes no time from the rest: it
could be begun, but not done. Times are aware, spans are working time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sla.business_time import Interval

NOTHING = timedelta(0)


class Source(StrEnum):
    """From what it is known how long a ticket takes."""

    MINUTES = "minutes"
    """The median of the minutes that were logged on resolved ones like it."""
    HANDS = "hands"
    """The median of the business time that such ones lay with its tier."""
    TARGET = "target"
    """What its tier, or else the desk, has promised."""
    NOTHING = "nothing"
    """Nothing: it is taken to need no time."""


@dataclass(frozen=True)
class Job:
    """A ticket that is due before closing, or over already, and what it is expected to take."""

    ticket: int
    due_at: datetime
    work: timedelta
    source: Source = Source.MINUTES


@dataclass(frozen=True)
class Worker:
    """Somebody who is here: when they work until closing, in order and apart.

    `teams` is in how many teams they sit: this one gets its part of their time, no more.
    """

    key: int
    spans: tuple[Interval, ...]
    teams: int = 1

    @property
    def left(self) -> timedelta:
        """Their working time for this team until closing."""
        return sum((end - start for start, end in self.spans), NOTHING) / self.teams


@dataclass(frozen=True)
class Worked:
    """A job, and when it is done; None where it cannot be finished before closing."""

    job: Job
    done_at: datetime | None
    fits: bool


@dataclass(frozen=True)
class Fit:
    """How the day of a team comes out. `jobs` stand in the order in which they are worked."""

    at: datetime
    closing: datetime
    jobs: tuple[Worked, ...]
    left: timedelta
    """Working time of all who are here, until closing."""

    @property
    def needed(self) -> timedelta:
        return sum((worked.job.work for worked in self.jobs), NOTHING)

    @property
    def missed(self) -> list[Worked]:
        """What will not be done by the time it is due; what is over already, not by closing."""
        return [worked for worked in self.jobs if not worked.fits]

    @property
    def kept(self) -> list[Worked]:
        return [worked for worked in self.jobs if worked.fits]

    @property
    def first_breach(self) -> datetime | None:
        """When the first promise that still holds will be broken; None where none will."""
        return min((row.job.due_at for row in self.missed if row.job.due_at >= self.at), default=None)


def fit(jobs: Iterable[Job], workers: Sequence[Worker], *, at: datetime, closing: datetime) -> Fit:
    """Who works what, and what is done when."""
    hands = [_Hand(worker) for worker in workers if worker.left > NOTHING]
    worked = [
        _work(job, hands, at, closing) for job in sorted(jobs, key=lambda job: (job.due_at, job.ticket))
    ]
    return Fit(at, closing, tuple(worked), sum((worker.left for worker in workers), NOTHING))


class _Hand:
    """A worker as the day goes on."""

    def __init__(self, worker: Worker) -> None:
        self.key, self.teams, self.left = worker.key, worker.teams, worker.left
        self.spans = list(reversed(worker.spans))

    @property
    def free_at(self) -> datetime:
        return self.spans[-1][0]

    def work(self, span: timedelta) -> datetime:
        """Work so long for this team; when it is done. Ask for no more than is left."""
        self.left -= span
        span *= self.teams
        while True:
            start, end = self.spans.pop()
            if span < end - start:
                self.spans.append((start + span, end))
                return start + span
            span -= end - start
            if span <= NOTHING or not self.spans:  # a part of a microsecond may be lost in sharing
                return end


def _work(job: Job, hands: list[_Hand], at: datetime, closing: datetime) -> Worked:
    by = job.due_at if job.due_at >= at else closing
    if job.work <= NOTHING:
        return Worked(job, at, fits=True)
    able = [hand for hand in hands if hand.spans and hand.left >= job.work]
    if not able:
        return Worked(job, None, fits=False)
    done_at = min(able, key=lambda hand: (hand.free_at, hand.key)).work(job.work)
    return Worked(job, done_at, fits=done_at <= by)
