"""Garbage at every address, by everybody: refused in words, never a 500 and never a traceback.

`make test` sends a part of it and `make test-long` more; with FUZZ=1 every value goes into every field, which takes
half an hour.
"""

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import User
from helpdesk.desk.acts import ACTS, GUEST_ACTS
from tests.security.nasty import ADDRESSES, BODIES, VALUES, controls
from tests.test_routes import ROLES, address, door, table
from tickets.models import CustomField, Ticket
from tickets.queries.searching import search
from tickets.vocabulary import AllOf, Unreadable, all_fields, as_q, condition, describe

EVERYTHING = bool(os.environ.get("FUZZ"))
EVERY_ACT = "desk/tickets/<str:number>/<slug:name>/"
TRACEBACK = b"Traceback (most recent call last)"
FEW = 1
"""Fields of each form, every time the same ones: a test that fails must fail again."""


class Attack:
    """Sends requests, each in a savepoint that is taken back, so that the house stays as it was."""

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}

    def send(self, client: Client, method: str, url: str, about: str, **request: Any) -> int:
        """The status of the answer, which is kept when it is none that a visitor may get."""
        name = f"{method} {url[:80]} {about[:60]!r}"
        try:
            with transaction.atomic():
                response = getattr(client, method)(url, **request)
                body = b"" if response.streaming else response.content
                if response.streaming:
                    list(response.streaming_content)
                    _close(response)
                transaction.set_rollback(True)
        except Exception as error:  # whatever it is, a visitor would have had a 500
            self.broken[name] = f"{type(error).__name__}: {error}"[:300]
            return 500
        if response.status_code >= 500 or TRACEBACK in body:
            self.broken[name] = str(response.status_code)
        return int(response.status_code)


@pytest.fixture
def attack() -> Iterator[Attack]:
    found = Attack()
    yield found
    assert found.broken == {}


def _close(response: Any) -> None:
    """Its file. Not response.close(): that would also end the connection, and with it the test's transaction."""
    for close in response._resource_closers:
        close()


def addresses(house: dict[str, str]) -> list[str]:
    acts = [f"/desk/tickets/{house['number']}/{name}/" for name in ACTS | GUEST_ACTS]
    return [address(route, house) for route in sorted(table()) if route != EVERY_ACT] + acts


class Forms:
    """The form of each address; those that only take posts have theirs on the page of the ticket."""

    def __init__(self, house: dict[str, str]) -> None:
        self.house = house
        self.of_ticket: dict[str, dict[str, list[str]]] = {}

    def on(self, client: Client, url: str) -> dict[str, list[str]]:
        response = client.get(url)
        if response.status_code == 405:
            return self._of_ticket(client, "desk/tickets" if url.startswith("/desk/") else "requests")
        if response.streaming:
            _close(response)
            return {}
        return controls(response.content.decode()) if response.status_code == 200 else {}

    def _of_ticket(self, client: Client, side: str) -> dict[str, list[str]]:
        """Read once: a hundred addresses have theirs there."""
        if side not in self.of_ticket:
            page = client.get(f"/{side}/{self.house['number']}/")
            self.of_ticket[side] = controls(page.content.decode()) if page.status_code == 200 else {}
        return self.of_ticket[side]


@pytest.mark.parametrize(
    "every", [pytest.param(3, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)]
)
def test_no_form_breaks(
    house: dict[str, str], cast: dict[str, User | None], attack: Attack, every: int
) -> None:
    """Each address takes a form with nothing in it; and of the forms that are filled in as shown, in `make test` every
    third, a field in its turn holds something that it cannot hold."""
    portal, desk = door(cast["requester"]), door(cast["admin"])
    for kind in CustomField.Type.values:
        CustomField.objects.create(key=f"f-{kind}", label=kind, type=kind, choices=["a"], for_requesters=True)
    turns, forms = itertools.cycle(VALUES), Forms(house)
    for turn, url in enumerate(addresses(house)):
        client = desk if url.startswith(("/desk", "/settings", "/people", "/teams")) else portal
        if attack.send(client, "post", url, "nothing") == 405 or turn % every:
            continue
        form = forms.on(client, url)
        fields = (
            form if EVERYTHING else itertools.islice(itertools.cycle(form), len(url) % 7, len(url) % 7 + FEW)
        )
        for field in dict.fromkeys(fields):
            for value in VALUES if EVERYTHING else [next(turns)]:
                attack.send(client, "post", url, f"{field}={value}", data={**form, "key": "", field: value})


def test_no_body_breaks_a_page(house: dict[str, str], cast: dict[str, User | None], attack: Attack) -> None:
    """What is no form at all, at every address, from everybody in turn."""
    doors = {role: door(cast[role]) for role in ROLES}
    turns = itertools.cycle(itertools.product(BODIES, ROLES))
    for url in addresses(house):
        for (body, kind), role in (
            itertools.product(BODIES, ROLES) if EVERYTHING else itertools.islice(turns, 1)
        ):
            attack.send(doors[role], "generic", "POST", role, path=url, data=body, content_type=kind)


NAMES = ("q", "sort", "after", "before", "columns", "view", "status", "team", "created:after", "_field", "_op",
         "_value", "_list", "_query", "ticket", "requester", "subject", "category", "of", "state", "colleague",
         "parent", "message", "link", "version", "kind", "tier", "field.asset:at-least")  # fmt: skip
PAGES = (
    "/", "/requests/", "/requests/new/", "/requests/new/people/", "/requests/new/similar/", "/desk/queues/all/",
    "/desk/queues/all/export.csv", "/desk/search/", "/desk/filters/", "/desk/new/", "/desk/new/person/",
    "/desk/bulk/assign/", "/desk/views/new/", "/people/find", "/teams/find", "/settings/people/",
    "/settings/history/", "/settings/outbox/", "/settings/deliveries/", "/settings/organisations/",
    "/settings/categories/new/",
)  # fmt: skip


def test_no_address_breaks_a_page(
    house: dict[str, str], cast: dict[str, User | None], attack: Attack
) -> None:
    """Nonsense after the question mark, in the path and in the headers that we read."""
    client = door(cast["admin"])
    turns = itertools.cycle(VALUES)
    for page in PAGES:
        for value in VALUES if EVERYTHING else itertools.islice(turns, 2):
            headers = {
                "HX-Request": "true",
                "Referer": "http://[",
                "HX-Current-URL": "http://[",
                "Range": "x",
            }
            data = dict.fromkeys(NAMES, value[:5000]) | {"_apply": "1"}
            attack.send(client, "get", page, value, data=data)
            attack.send(client, "get", page, value, data=data, headers=headers)
    for url in ADDRESSES:
        attack.send(client, "get", url, "")
        attack.send(client, "post", url, "")


def test_no_filter_and_no_search_breaks_the_database(ada: User, ticket: Ticket, at: Any) -> None:
    """What the vocabulary takes, PostgreSQL takes too: every field, comparison and value."""
    for kind in CustomField.Type.values:
        CustomField.objects.create(key=f"f-{kind}", label=kind, type=kind, choices=["a", "b"])
    Ticket.objects.filter(pk=ticket.pk).update(version=1)
    taken = []
    for field, value in itertools.product(all_fields(ada), VALUES):
        for op in field.operators:
            try:
                taken.append(condition(field.name, op, [value], ada))
            except Unreadable:
                continue
    assert len(taken) > 200
    for each in taken:
        assert describe(AllOf((each,)))
        list(Ticket.objects.filter(as_q(each, at=at, user=ada))[:1])
    for value in VALUES:
        search(ada, value)
