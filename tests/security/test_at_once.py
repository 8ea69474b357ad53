"""Two at once, by real threads on real connections: one form is one ticket, one ticket is one person's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Desk, User
from tests.test_routes import door
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
TOGETHER = 4


@pytest.fixture(autouse=True)
def _set_up(service_desk: Any) -> None:
    Desk.objects.update(is_set_up=True)


def together(clients: list[Client], send: Callable[[Client], Any]) -> list[Any]:
    """All of them send in the same moment."""
    barrier = Barrier(len(clients), timeout=60)

    def one(client: Client) -> Any:
        barrier.wait(10)
        try:
            return send(client)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(one, clients))


def test_one_form_sent_at_once_is_one_ticket(ines: User) -> None:
    sent = {
        "key": "k1",
        "kind": "incident",
        "subject": "Twice",
        "impact": 3,
        "urgency": 2,
        "reach_by": "mail",
    }
    sent |= {"device_choice": "none", "requester": ines.pk}
    answers = together(
        [door(ines) for _ in range(TOGETHER)], lambda client: client.post("/requests/new/", sent)
    )
    assert Ticket.objects.count() == 1
    assert {answer["Location"] for answer in answers} == {f"/requests/{Ticket.objects.get().number}/"}


def test_one_reply_sent_at_once_is_one_message(mira: User, ticket: Ticket) -> None:
    sent = {"kind": "reply", "body": "Try again", "submission": "s1", "version": ticket.version}
    url = f"/desk/tickets/{ticket.number}/write/"
    answers = together([door(mira) for _ in range(TOGETHER)], lambda client: client.post(url, sent))
    assert [answer.status_code for answer in answers] == [302] * TOGETHER
    assert Message.objects.filter(ticket=ticket, kind="reply").count() == 1


def test_take_next_gives_one_ticket_to_one_person(mira: User, sara: User, lars: User, ticket: Ticket) -> None:
    people = [mira, sara, lars]
    together([door(user) for user in people], lambda client: client.post("/desk/next/"))
    ticket.refresh_from_db()
    assert ticket.assignee in people
    assert ticket.events.filter(kind="ticket.taken").count() == 1


def test_two_edits_at_once_never_overwrite_each_other(mira: User, sara: User, ticket: Ticket) -> None:
    def edit(client: Client) -> Any:
        words = {"subject": f"Words of {client.session['_auth_user_id']}", "version": ticket.version}
        form = {"kind": "incident", "impact": 3, "urgency": 2, "requester": ticket.requester_id, **words}
        return client.post(f"/desk/tickets/{ticket.number}/change/", form)

    answers = together([door(mira), door(sara)], edit)
    assert sorted(answer.status_code for answer in answers) == [302, 409]
