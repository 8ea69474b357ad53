"""The API, measured as the pages are: a list of 50, one ticket, filing one, and a mixed load of four programs at once.

Each program has a token that its person has made on the page of tokens. `per_second` of `api_mixed` counts what all
four asked together: of ten requests four lists, three tickets, two new ones and a note.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import re
import time
from collections.abc import Callable, Iterator
from itertools import islice
from multiprocessing.synchronize import Barrier
from typing import Any
from urllib.parse import urlencode

from bench import wrk
from bench.client import HEADERS, Answer, Unexpected, Visitor
from bench.names import FIRST, L1, LEAD, PASSWORD
from bench.rows import Stage

TICKETS = "/api/v1/tickets/"
PROGRAMS = (L1, LEAD, L1, LEAD)
EACH, WARM = 150, 10
DRAWN = 500
TOKEN = re.compile(r'value="(td_\d+_[\w-]+)"')
PAGES = 20
STARTS = (f"{TICKETS}?limit=50", f"{TICKETS}?limit=50&queue=tier-1")
NOTE = {"text": "Looked at it again: the same error. " * 4}


class Program:
    """A visitor that speaks JSON and has a token in place of cookies."""

    def __init__(self, port: int, email: str) -> None:
        person = Visitor(port).log_in(email, PASSWORD)
        form = person.form("/profile/tokens/", "/profile/tokens/")
        scopes = [("scopes", "tickets:read"), ("scopes", "tickets:write")]
        sent = urlencode([*form.filled(name="bench", days=""), *scopes]).encode()
        found = TOKEN.search(person.ask("POST", "/profile/tokens/", sent).text)
        if found is None:
            raise Unexpected(f"{email} has got no token")
        self.visitor = Visitor(port)
        self.headers = {
            "Authorization": f"Bearer {found[1]}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }

    def get(self, path: str) -> Answer:
        return self._answered(self.visitor.ask("GET", path, headers=self.headers), 200)

    def find(self, path: str) -> Answer | None:
        """None where this person may not see it."""
        answer = self.visitor.ask("GET", path, headers=self.headers)
        return answer if answer.status == 200 else None

    def post(self, path: str, body: Any, *, status: int) -> Answer:
        sent = json.dumps(body).encode()
        return self._answered(self.visitor.ask("POST", path, sent, headers=self.headers), status)

    def _answered(self, answer: Answer, status: int) -> Answer:
        if answer.status != status:
            raise Unexpected(f"{answer.url} answered {answer.status}: {answer.text[:300]}")
        return answer


def api_list(stage: Stage) -> Iterator[Answer]:
    """Fifty at a time, from page to page, by the link that each page has to the next; then the same of tier 1."""
    return _lists(Program(stage.port, L1))


def api_detail(stage: Stage) -> Iterator[Answer]:
    """Any ticket that the technician may open: most are closed."""
    program = Program(stage.port, L1)
    while True:
        found = program.find(f"{TICKETS}{_any(stage.chance, stage.tickets)}/")
        if found:
            yield found


def api_create(stage: Stage) -> Iterator[Answer]:
    """The smallest ticket: a subject and a description."""
    program = Program(stage.port, L1)
    while True:
        yield _file(program, stage.chance)


def api_mixed(port: int) -> tuple[list[Answer], float]:
    """The answers of four programs, each a process, and how long all of them took together."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(PROGRAMS))
    with context.Pool(len(PROGRAMS), _begin, [barrier]) as pool:
        asked = [(port, email, number) for number, email in enumerate(PROGRAMS)]
        found = pool.starmap(_ask, asked, chunksize=1)
    answers = [answer for of_client, _started, _ended in found for answer in of_client]
    return answers, max(ended for *_, ended in found) - min(started for _, started, _ in found)


ROWS: dict[str, Callable[[Stage], Iterator[Answer]]] = {
    "api_list": api_list,
    "api_detail": api_detail,
    "api_create": api_create,
}
AT_ONCE: dict[str, Callable[[int], tuple[list[Answer], float]]] = {"api_mixed": api_mixed}


def mixed_by_wrk(port: int) -> dict[str, Any]:
    """The same load by wrk: the same kinds in the same shares, of two programs, in an order drawn beforehand."""
    chance = random.Random(11)
    asked: list[wrk.Asked] = []
    for email in dict.fromkeys(PROGRAMS):
        program = Program(port, email)
        lists, known = list(islice(_list_urls(program), 2 * PAGES)), _known(program)
        sent = HEADERS | program.headers
        asked += [_drawn(sent, lists, known, chance) for _number in range(DRAWN)]
    chance.shuffle(asked)
    return wrk.ask(port, asked)


_barrier: Barrier


def _begin(barrier: Barrier) -> None:
    global _barrier  # noqa: PLW0603  (of the client's process)
    _barrier = barrier


def _ask(port: int, email: str, number: int) -> tuple[list[Answer], float, float]:
    answers = _mixed(Program(port, email), random.Random(number))
    for _warm in range(WARM):
        next(answers)
    _barrier.wait()
    started = time.monotonic()
    return [next(answers) for _ in range(EACH)], started, time.monotonic()


def _mixed(program: Program, chance: random.Random) -> Iterator[Answer]:
    """Seven of ten read."""
    lists = _lists(program)
    known = _known(program)
    while True:
        kind = chance.random()
        if kind < 0.4:
            yield next(lists)
        elif kind < 0.7:
            yield program.get(f"{TICKETS}{chance.choice(known)}/")
        elif kind < 0.9:
            yield _file(program, chance)
        else:
            yield program.post(f"{TICKETS}{chance.choice(known)}/note/", NOTE, status=200)


def _drawn(headers: dict[str, str], lists: list[str], known: list[str], chance: random.Random) -> wrk.Asked:
    kind = chance.random()
    if kind < 0.4:
        return wrk.Asked(headers, "GET", chance.choice(lists))
    if kind < 0.7:
        return wrk.Asked(headers, "GET", f"{TICKETS}{chance.choice(known)}/")
    if kind < 0.9:
        return wrk.Asked(headers, "POST", TICKETS, _new(chance))
    return wrk.Asked(headers, "POST", f"{TICKETS}{chance.choice(known)}/note/", NOTE)


def _known(program: Program) -> list[str]:
    return [row["id"] for row in json.loads(program.get(f"{TICKETS}?limit=100&fields=id").text)["results"]]


def _lists(program: Program) -> Iterator[Answer]:
    while True:
        for start in STARTS:
            yield from (page for _url, page in _pages(program, start))


def _list_urls(program: Program) -> Iterator[str]:
    for start in STARTS:
        yield from (url for url, _page in _pages(program, start))


def _pages(program: Program, url: str) -> Iterator[tuple[str, Answer]]:
    """From page to page by the link that each has to the next."""
    for _number in range(PAGES):
        page = program.get(url)
        yield url, page
        following = json.loads(page.text)["next"]
        if following is None:
            return
        url = following[following.index("/api/") :]


def _file(program: Program, chance: random.Random) -> Answer:
    return program.post(TICKETS, _new(chance), status=201)


def _new(chance: random.Random) -> dict[str, str]:
    return {
        "subject": f"The printer on floor {chance.randint(1, 40)} says error {chance.randint(100, 999)}",
        "description": "It stopped in the middle of a job.\n\n" + "The light blinks and nothing moves. " * 8,
    }


def _any(chance: random.Random, tickets: int) -> int:
    return FIRST + chance.randrange(tickets)
