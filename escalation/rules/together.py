"""A trial shared out among processes: for whoever waits for it, at the command line.

Each process plays tickets of its own through and answers what it found; what is found is added up in the order of
the tickets. Processes share nothing but the database, where nothing is written.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

import django
from django.db import connection

from escalation.rules.exchange import read
from escalation.rules.outcomes import Outcome
from escalation.rules.simulating import Question, ask, tickets_of

SHARE = 2_500
"""Tickets that a process is given at a time."""


@dataclass(frozen=True)
class Trial:
    """What is tried, as it can be sent to another process."""

    text: str
    """The rules as YAML."""
    since: datetime
    until: datetime
    at: datetime


def processes_at_hand() -> int:
    """As many as there are cores; one inside a transaction, whose changes no other process would see."""
    return 1 if connection.in_atomic_block else os.cpu_count() or 1


def try_together(
    trial: Trial, *, processes: int, tell: Callable[[Outcome], object] = lambda _outcome: None
) -> Outcome:
    """The whole outcome; `tell` is called each time that more is known."""
    outcome = Outcome()
    for found in _found(trial, list(_shares(trial)), processes):
        outcome.add(found)
        tell(outcome)
    return outcome


def _shares(trial: Trial) -> Iterator[tuple[int, int]]:
    """The tickets in parts: behind this key, up to that one."""
    rows = tickets_of(trial.since, trial.until).order_by("pk")
    keys = list(rows.values_list("pk", flat=True))
    for start in range(0, max(len(keys), 1), SHARE):
        part = keys[start : start + SHARE]
        yield (part[0] - 1, part[-1]) if part else (0, 0)


def _found(trial: Trial, shares: list[tuple[int, int]], processes: int) -> Iterator[Outcome]:
    if processes == 1 or len(shares) == 1:
        yield from (Outcome.from_json(_work(trial, *share)) for share in shares)
        return
    pool = ProcessPoolExecutor(
        min(processes, len(shares)), mp_context=get_context("spawn"), initializer=django.setup
    )
    with pool:
        yield from map(Outcome.from_json, pool.map(_work, [trial] * len(shares), *zip(*shares, strict=True)))


def _work(trial: Trial, after: int, last: int) -> dict[str, Any]:
    """One share, in whatever process this is."""
    outcome = Outcome(last_ticket=after)
    ask(_question(trial), tickets_of(trial.since, trial.until).filter(pk__lte=last), outcome)
    return outcome.to_json()


@lru_cache(maxsize=1)
def _question(trial: Trial) -> Question:
    return Question.of(read(trial.text), since=trial.since, until=trial.until, at=trial.at)
