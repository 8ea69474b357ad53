"""Requests that come at the same time: with one key they are done once; with one version one of them is told."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from accounts.models import Team
from accounts.models.tokens import SCOPES
from accounts.operations import create_token
from tests.api.conftest import Program
from tests.conftest import person
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)
TICKETS = "/api/v1/tickets/"


def at_once(n: int, send: Callable[[], Any]) -> list[Any]:
    barrier, answers = threading.Barrier(n, timeout=60), []

    def one() -> None:
        barrier.wait()
        try:
            answers.append(send())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _number in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_one_key_is_done_once_and_one_version_is_changed_once(
    service_desk: Team, network: Team, real_clock: None, at: datetime
) -> None:
    root = person("Ada Root", is_administrator=True)
    token = create_token(root, name="x", scopes=SCOPES, by=None, at=at)[1]
    body = {"subject": "VPN drops", "description": "Since Friday."}

    made = at_once(4, lambda: Program(token).post(TICKETS, body, Idempotency_Key="one"))
    assert [answer.status_code for answer in made] == [201] * 4
    assert {answer.json()["number"] for answer in made} == {Ticket.objects.get().number}
    assert sum(answer.has_header("Idempotent-Replayed") for answer in made) == 3

    url, tag = made[0]["Location"], made[0]["ETag"]
    changed = at_once(4, lambda: Program(token).patch(url, {"impact": 1}, If_Match=tag))
    assert sorted(answer.status_code for answer in changed) == [200, 412, 412, 412]
