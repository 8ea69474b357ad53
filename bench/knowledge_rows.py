"""Search and suggestions of articles with ten clients at once, and how well both find (bench.knowledge_quality).

Of `kb_search` and `kb_suggest` `per_second` counts what all clients asked together. Their words are common and rare
ones, some with typing errors, some cut off as somebody types; a twentieth is in no article.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from multiprocessing.synchronize import Barrier
from typing import Any

from bench.client import Answer, Visitor
from bench.data import own_database
from bench.names import ARTICLE_WORDS, CLIENTS, L1, LEAD, NONE, PASSWORD, REQUESTER
from bench.sla_rows import Room

PEOPLE = [*CLIENTS, *CLIENTS[:3], REQUESTER, L1, LEAD]
"""Who asks: eight requesters, some in two windows, and two of the desk."""
EACH, WARM = 40, 4
FILLING = ("my", "does not work", "in the", "since this morning", "how do I", "please help with", "and the")
QUALITY = "bench_knowledge"

Result = dict[str, Any]


def search_at_once(port: int) -> tuple[list[Answer], float]:
    return _at_once(_search, port)


def suggest_at_once(port: int) -> tuple[list[Answer], float]:
    return _at_once(_suggest, port)


def quality(_room: Room) -> Result:
    """The judged searches on the demo's articles, which are the same whatever the number of tickets."""
    return dict(_judged())


@cache
def _judged() -> Result:
    """`recall_at_5` and `mrr` are of the searches that were held out."""
    url = own_database(QUALITY, "-m", "bench.knowledge_quality", "--load")
    done = subprocess.run(
        [sys.executable, "-m", "bench.knowledge_quality"],
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    found = said.pop("ways")
    for way, figures in found.items():
        told = "   ".join(
            f"{of}: {row['recall_at_5']:.3f} {row['mrr']:.3f} (n={row['n']})" for of, row in figures.items()
        )
        print(f"  {way:<22} recall@5 mrr   {told}")
    held_out, plain = found["search"]["held_out"], found["plain, any word"]["held_out"]
    return {
        **said,
        "queries": 0,
        "bytes": 0,
        **held_out,
        "plain_recall_at_5": plain["recall_at_5"],
        "plain_mrr": plain["mrr"],
        "by_way": found,
    }


AT_ONCE: dict[str, Callable[[int], tuple[list[Answer], float]]] = {
    "kb_search": search_at_once,
    "kb_suggest": suggest_at_once,
}
WORK: dict[str, Callable[[Room], Result]] = {"kb_quality": quality}


# --- the clients ---

Asking = Callable[[Visitor, random.Random], Iterator[Answer]]


def _search(visitor: Visitor, chance: random.Random) -> Iterator[Answer]:
    while True:
        yield visitor.get(f"/help/search/?q={_typed(chance)}")


def _suggest(visitor: Visitor, chance: random.Random) -> Iterator[Answer]:
    form = visitor.form("/requests/new/", "/requests/new/")
    while True:
        subject, description = _sentence(chance, 4), " ".join(_sentence(chance, 6) for _ in range(3))
        yield visitor.part(
            form,
            "/requests/new/suggestions/",
            form_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            subject=subject,
            description=description,
        )


def _typed(chance: random.Random) -> str:
    words = chance.sample(ARTICLE_WORDS, chance.choice((1, 1, 2, 2, 3)))
    kind = chance.random()
    if kind < 0.05:
        words = [NONE]
    elif kind < 0.2:
        words[0] = _mistyped(words[0], chance)
    elif kind < 0.4:
        words[-1] = words[-1][: max(3, len(words[-1]) - 3)]
    elif kind < 0.6:
        words = ["how", "do", "i", *words]
    return "+".join(words)


def _mistyped(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _sentence(chance: random.Random, length: int) -> str:
    return " ".join(
        part for word in chance.sample(ARTICLE_WORDS, length // 2) for part in (chance.choice(FILLING), word)
    )


# --- all of them together ---

_barrier: Barrier


def _at_once(asking: Asking, port: int) -> tuple[list[Answer], float]:
    """The answers of ten clients, each a process, and how long all of them took together."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(PEOPLE))
    with context.Pool(len(PEOPLE), _begin, [barrier]) as pool:
        asked = [(asking, port, email, number) for number, email in enumerate(PEOPLE)]
        found = pool.starmap(_ask, asked, chunksize=1)
    answers = [answer for of_client, _started, _ended in found for answer in of_client]
    return answers, max(ended for *_, ended in found) - min(started for _, started, _ in found)


def _begin(barrier: Barrier) -> None:
    global _barrier  # noqa: PLW0603  (of the client's process)
    _barrier = barrier


def _ask(asking: Asking, port: int, email: str, number: int) -> tuple[list[Answer], float, float]:
    answers = asking(Visitor(port).log_in(email, PASSWORD), random.Random(number))
    for _warm in range(WARM):
        next(answers)
    _barrier.wait()
    started = time.monotonic()
    return [next(answers) for _ in range(EACH)], started, time.monotonic()
