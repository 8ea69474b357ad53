"""How many requests a second the desk takes when several people file at once."""

from __future__ import annotations

import multiprocessing
import random
import time
from multiprocessing.synchronize import Barrier

from bench.client import Answer, Visitor
from bench.names import CLIENTS, PASSWORD
from bench.rows import words_of_request

EACH = 150
PAGE = "/requests/new/"


def open_at_once(port: int) -> tuple[list[Answer], float]:
    """The answers of four clients, each a process, and how long all of them took together."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(CLIENTS))
    with context.Pool(len(CLIENTS), _begin, [barrier]) as pool:
        found = pool.starmap(_file, [(port, email) for email in CLIENTS], chunksize=1)
    answers = [answer for of_client, _started, _ended in found for answer in of_client]
    return answers, max(ended for *_, ended in found) - min(started for _, started, _ in found)


_barrier: Barrier


def _begin(barrier: Barrier) -> None:
    global _barrier  # noqa: PLW0603  (of the client's process)
    _barrier = barrier


def _file(port: int, email: str) -> tuple[list[Answer], float, float]:
    """One page of the form, sent again and again with another key and other words."""
    visitor, chance = Visitor(port).log_in(email, PASSWORD), random.Random(email)
    form = visitor.form(PAGE, PAGE)
    visitor.send(form, **words_of_request(chance))
    _barrier.wait()
    started = time.monotonic()
    answers = [visitor.send(form, **words_of_request(chance)) for _ in range(EACH)]
    return answers, started, time.monotonic()
