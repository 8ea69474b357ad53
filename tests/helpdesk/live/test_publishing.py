"""What is told after the commit, and that nobody waits for a Redis that is down or hangs."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from delivery.doorbell import breaker
from helpdesk.live import lines, publishing
from tickets import events, operations
from tickets.models import Ticket


@pytest.fixture(autouse=True)
def nothing_was_missed() -> Iterator[None]:
    breaker.reset()
    publishing.missed.anything = False
    yield
    breaker.reset()
    publishing.missed.anything = False


@pytest.fixture
def told(settings: Any, django_capture_on_commit_callbacks: Any) -> Callable[..., list[dict[str, Any]]]:
    """`told(act)`: what live processes hear once the act is committed."""

    def hear(act: Callable[[], object]) -> list[dict[str, Any]]:
        with lines.client().pubsub(ignore_subscribe_messages=True) as line:  # type: ignore[no-untyped-call]
            line.subscribe(lines.channel())
            line.get_message(timeout=0.1)
            with django_capture_on_commit_callbacks(execute=True):
                act()
            lines.client().publish(lines.channel(), '"the end"')
            found: list[Any] = []
            while found[-1:] != ["the end"]:
                message = line.get_message(timeout=0.1)
                found += [json.loads(message["data"])] if message else []
        return [{key: value for key, value in each.items() if key != "at"} for each in found[:-1]]

    settings.LIVE_CHANNEL = f"{settings.LIVE_CHANNEL}:{time.monotonic_ns()}"
    return hear


@pytest.mark.django_db
def test_ids_alone_are_told_and_who_hears_of_them(
    told: Callable[..., list[dict[str, Any]]], mira: User, ticket: Ticket, at: datetime
) -> None:
    taken = told(lambda: operations.take(ticket, by=mira, at=at))
    scopes = ["all", f"guest:{ticket.pk}", f"person:{mira.pk}", f"request:{ticket.pk}"]
    scopes += [f"team:{ticket.team_id}", f"ticket:{ticket.pk}", "tier:1"]
    assert taken == [{"news": [[ticket.pk, 2, sorted(scopes)]], "counts": True}]


@pytest.mark.django_db
def test_what_a_clock_tells_of_many_tickets_is_told_in_a_few_messages(
    told: Callable[..., list[dict[str, Any]]], open_ticket: Callable[..., Ticket], at: datetime
) -> None:
    tickets = [open_ticket(f"Printer {n}").pk for n in range(3)]
    quiet = [events.Quiet(key, "sla.warned", at, {"metric": "resolution"}) for key in tickets]
    assert told(lambda: events.tell(quiet, written=at)) == [
        {"news": [[key, 0, [f"ticket:{key}"]] for key in tickets], "counts": True}
    ]


@pytest.mark.parametrize("hangs", [False, True])
def test_a_redis_that_is_away_or_hangs_costs_one_timeout_and_is_made_up_for(
    settings: Any, told: Callable[..., list[dict[str, Any]]], hangs: bool, db: None
) -> None:
    real = settings.CELERY_BROKER_URL
    with socket.create_server(("127.0.0.1", 0)) as mute:
        if not hangs:
            mute.close()
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{_port(mute, hangs)}/0"
        started = time.monotonic()
        answers = [publishing.publish({"people": [n]}) for n in range(20)]
        took = time.monotonic() - started
    assert answers == [False] * 20
    assert breaker.is_open()
    # One failed try for the twenty.
    assert took < 2
    settings.CELERY_BROKER_URL = real
    breaker.reset()
    # Whoever listens hears that something was missed, once.
    assert told(lambda: [publishing.publish({"people": [n]}) for n in (1, 2)]) == [
        {"people": [1], "again": True},
        {"people": [2]},
    ]


def _port(server: socket.socket, lives: bool) -> int:
    if lives:
        return int(server.getsockname()[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
