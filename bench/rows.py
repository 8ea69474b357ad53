"""What is measured: each row asks for one kind of page, or sends one kind of form, again and again.

A row is a generator: what it yields is counted, what it asks for in between (the page of a form) is not.
"""

from __future__ import annotations

import html
import random
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import psycopg2

from bench.client import Answer, Unexpected, Visitor
from bench.names import COMMON, CUSTOMER, FIRST, L1, LEAD, MANAGER, NONE, PASSWORD, RARE, REQUESTER, VENDOR

NEXT_PAGE = re.compile(r'href="([^"]*[?;&]after=[^"]+)"')
PAGES = 20
PALETTE = 200
"""Characters that its page sends at most (static/src/js/palette.js)."""


class Stage:
    """The server and the people of one run."""

    def __init__(self, port: int, url: str, tickets: int) -> None:
        self.port, self.tickets = port, tickets
        self.chance = random.Random(11)
        self.database = psycopg2.connect(url)
        self.database.autocommit = True
        self._visitors: dict[str, Visitor] = {}
        # What is filed there goes to the measured technician's team, and not to tier 0.
        (self.category,) = self.ask("SELECT id FROM tickets_category WHERE team_id IS NOT NULL")

    def visitor(self, email: str) -> Visitor:
        if email not in self._visitors:
            self._visitors[email] = Visitor(self.port).log_in(email, PASSWORD)
        return self._visitors[email]

    def ask(self, query: str, *values: Any) -> list[Any]:
        """The first column of a query: for choosing whom and what to ask for, never while measuring."""
        with self.database.cursor() as cursor:
            cursor.execute(query, values)
            return [row[0] for row in cursor.fetchall()]

    def close(self) -> None:
        self.database.close()


def queue(stage: Stage) -> Iterator[Answer]:
    """The queue of tier 1 in its own order, from page to page."""
    return _pages(stage.visitor(L1), "/desk/queues/tier-1/")


def queue_lead(stage: Stage) -> Iterator[Answer]:
    return _pages(stage.visitor(LEAD), "/desk/queues/my-teams/")


def queue_vendor(stage: Stage) -> Iterator[Answer]:
    return _pages(stage.visitor(VENDOR), "/desk/queues/my-teams/")


def ticket(stage: Stage) -> Iterator[Answer]:
    """Any ticket that the technician may open: most are closed."""
    l1 = stage.visitor(L1)
    while True:
        found = l1.find(_url(FIRST + stage.chance.randrange(stage.tickets)))
        if found:
            yield found


def kb_suggest_ticket(stage: Stage) -> Iterator[Answer]:
    """The panel of articles beside any ticket that the technician may open, with tickets that are like it."""
    l1 = stage.visitor(L1)
    while True:
        found = l1.find(f"{_url(FIRST + stage.chance.randrange(stage.tickets))}articles/", is_part=True)
        if found:
            yield found


def portal_home(stage: Stage) -> Iterator[Answer]:
    requester = stage.visitor(REQUESTER)
    while True:
        yield requester.get("/")


def my_tickets(stage: Stage) -> Iterator[Answer]:
    return _pages(stage.visitor(L1), "/desk/queues/mine/")


def my_tickets_requester(stage: Stage) -> Iterator[Answer]:
    return _pages(stage.visitor(REQUESTER), "/requests/", "/requests/?state=done")


def filter3(stage: Stage) -> Iterator[Answer]:
    """Category, priority and channel: some combinations fill a page, of others nothing is open."""
    l1 = stage.visitor(L1)
    categories = stage.ask("SELECT id FROM tickets_category WHERE parent_id IS NOT NULL ORDER BY id")
    while True:
        for category in categories:
            channel, priorities = stage.chance.choice(["phone", "mail"]), stage.chance.choice(["1,2", "3,4"])
            address = f"?category={category}&priority={priorities}&channel={channel}"
            yield l1.get(f"/desk/queues/tier-1/{address}")


def search_rare(stage: Stage) -> Iterator[Answer]:
    return _search(stage, RARE)


def search_common(stage: Stage) -> Iterator[Answer]:
    """A word that stands in three of ten tickets."""
    return _search(stage, COMMON)


def search_none(stage: Stage) -> Iterator[Answer]:
    return _search(stage, NONE)


def palette(stage: Stage) -> Iterator[Answer]:
    """What is typed into it in turn: a number, words of many, few and no tickets, half a word, people, a novel."""
    l1 = stage.visitor(L1)
    people = stage.ask("SELECT name FROM accounts_user WHERE is_active ORDER BY id LIMIT 200")
    while True:
        number = FIRST + stage.chance.randrange(stage.tickets)
        novel = f"{COMMON} does not answer, and nobody knows since when " * 8
        name = stage.chance.choice(people)
        for typed in (f"TD-{number}", COMMON, RARE, NONE, COMMON[:4], name, name.split()[-1][:3], novel):
            yield l1.get(f"/desk/palette/?q={quote(typed[:PALETTE])}")


def search_requester(stage: Stage) -> Iterator[Answer]:
    """The common word among the requester's own."""
    requester = stage.visitor(REQUESTER)
    while True:
        yield requester.get(f"/requests/?q={COMMON}")


def open_(stage: Stage) -> Iterator[Answer]:
    while True:
        yield file_request(stage)


def file_request(stage: Stage) -> Answer:
    requester = stage.visitor(REQUESTER)
    form = requester.form("/requests/new/", "/requests/new/")
    return requester.send(form, **words_of_request(stage.chance), category=str(stage.category))


def words_of_request(chance: random.Random) -> dict[str, str]:
    return {
        "key": secrets.token_hex(16),
        "subject": f"The printer on floor {chance.randint(1, 40)} says error {chance.randint(100, 999)}",
        "description": "It stopped in the middle of a job.\n\n" + "The light blinks and nothing moves. " * 8,
        "urgency": str(chance.randint(1, 3)),
    }


def reply(stage: Stage) -> Iterator[Answer]:
    """The technician answers the requester, on the ticket's own page."""
    l1 = stage.visitor(L1)
    for key in _open_tickets(stage):
        form = l1.form(_url(key), f"{_url(key)}write/")
        yield l1.send(form, kind="reply", body="Please restart it and tell us what the display says. " * 4)


def hand_over(stage: Stage) -> Iterator[Answer]:
    """Up to tier 2, by the form that the ticket's page leads to."""
    l1 = stage.visitor(L1)
    for key in _open_tickets(stage):
        form = l1.form(f"{_url(key)}hand-over/", f"{_url(key)}hand-over/")
        to = stage.chance.choice([choice for choice in form.choices["to"] if choice][:8])
        yield l1.send(form, to=to, reason="needs_expertise", summary="Restarted twice, the same error. " * 6)


def take_next(stage: Stage) -> Iterator[Answer]:
    """Each time another ticket is taken: one that comes back because its requester waits is answered first."""
    l1 = stage.visitor(L1)
    seen: set[str] = set()
    while True:
        form = l1.form("/desk/next/", "/desk/next/")
        answer = l1.send(form)
        if answer.location == "/desk/next/":
            file_request(stage)
        elif answer.location in seen:
            form = l1.form(answer.location, f"{answer.location}write/")
            l1.send(form, kind="reply", body="We are on it.")
        else:
            seen.add(answer.location)
            yield answer


def dashboard_now(stage: Stage) -> Iterator[Answer]:
    """The live board of somebody who sees the whole desk, opened again and again."""
    manager = stage.visitor(MANAGER)
    while True:
        yield manager.get("/desk/board/")


def dashboard_year(stage: Stage) -> Iterator[Answer]:
    """What somebody who sees the whole desk reads of the last year: at a glance, promises, times, tiers."""
    return _year(stage.visitor(MANAGER), ("", "promises/", "times/", "tiers/"))


def dashboard_year_lead(stage: Stage) -> Iterator[Answer]:
    """The same of the lead of the largest team."""
    return _year(stage.visitor(LEAD), ("", "promises/", "times/", "tiers/"))


def dashboard_year_organisation(stage: Stage) -> Iterator[Answer]:
    """The same of who sees the tickets of the largest organisation, in the portal."""
    return _year(stage.visitor(CUSTOMER), ("", "promises/", "times/"))


def _year(visitor: Visitor, pages: tuple[str, ...]) -> Iterator[Answer]:
    while True:
        for page in pages:
            yield visitor.get(f"/insights/{page}?period=365")


ROWS: dict[str, Callable[[Stage], Iterator[Answer]]] = {
    "queue": queue,
    "queue_lead": queue_lead,
    "queue_vendor": queue_vendor,
    "ticket": ticket,
    "kb_suggest_ticket": kb_suggest_ticket,
    "portal_home": portal_home,
    "my_tickets": my_tickets,
    "my_tickets_requester": my_tickets_requester,
    "filter3": filter3,
    "search_rare": search_rare,
    "search_common": search_common,
    "search_none": search_none,
    "search_requester": search_requester,
    "palette": palette,
    "open": open_,
    "reply": reply,
    "hand_over": hand_over,
    "take_next": take_next,
    "dashboard_now": dashboard_now,
    "dashboard_year": dashboard_year,
    "dashboard_year_lead": dashboard_year_lead,
    "dashboard_year_organisation": dashboard_year_organisation,
}


def _pages(visitor: Visitor, *starts: str) -> Iterator[Answer]:
    while True:
        for start in starts:
            url = start
            for _ in range(PAGES):
                page = visitor.get(url)
                yield page
                following = NEXT_PAGE.search(page.text)
                if following is None:
                    break
                found = html.unescape(following[1])
                url = start.partition("?")[0] + found if found.startswith("?") else found


def _search(stage: Stage, word: str) -> Iterator[Answer]:
    l1 = stage.visitor(L1)
    while True:
        yield l1.get(f"/desk/search/?q={word}")


def _open_tickets(stage: Stage) -> Iterator[int]:
    """Open tickets of the technician's team, all of them different; new ones are filed when they run out."""
    rows = stage.ask(
        """
        SELECT t.id FROM tickets_ticket t
        JOIN accounts_membership m ON m.team_id = t.team_id JOIN accounts_user u ON u.id = m.user_id
        WHERE u.email = %s AND t.in_queue AND NOT t.is_restricted ORDER BY t.id DESC LIMIT 400
        """,
        L1,
    )
    yield from stage.chance.sample(rows, len(rows))
    while True:
        filed = file_request(stage).location
        number = re.search(r"TD-(\d+)", filed)
        if number is None:
            raise Unexpected(f"A request was filed, and its page is {filed}")
        yield int(number[1])


def _url(key: int) -> str:
    return f"/desk/tickets/TD-{key}/"
