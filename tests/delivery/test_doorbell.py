import socket
import time
from collections.abc import Iterator

import pytest
from celery import current_app
from django.db import transaction

from delivery import doorbell
from delivery.models import Delivery
from delivery.operations import enqueue
from tests.delivery.conftest import NOON


@pytest.fixture
def nobody_at_the_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The broker's address leads to a port where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield from _broker_at(f"redis://127.0.0.1:{port}/0", monkeypatch)


@pytest.fixture
def a_broker_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A port that takes connections and stays silent, like a host that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        yield from _broker_at(f"redis://127.0.0.1:{mute.getsockname()[1]}/0", monkeypatch)


def _broker_at(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    doorbell._hang_up()
    monkeypatch.setattr(current_app.conf, "broker_write_url", url)
    yield
    doorbell._hang_up()


@pytest.mark.django_db(transaction=True)
def test_with_redis_down_the_operation_works_and_is_not_slowed(nobody_at_the_broker: None) -> None:
    started = time.monotonic()
    for n in range(20):
        with transaction.atomic():
            enqueue("errand", {"n": n}, at=NOON)
    took = time.monotonic() - started

    assert Delivery.objects.count() == 20
    assert doorbell.breaker.is_open()
    # One failed try for the twenty, where each plain delay() waits 0.6 s and raises.
    assert took < 2


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_hangs_costs_one_timeout(a_broker_that_never_answers: None) -> None:
    started = time.monotonic()
    for n in range(20):
        enqueue("errand", {"n": n}, at=NOON)
    took = time.monotonic() - started

    assert Delivery.objects.count() == 20
    assert took < 2


def test_after_the_silence_the_bell_is_tried_again(rings: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    doorbell.breaker.trip()
    doorbell.ring()
    assert rings == []

    monkeypatch.setattr(doorbell.breaker, "silent_until", time.monotonic() - 1)
    doorbell.ring()
    assert rings == ["delivery.tasks.deliver_due"]


def test_who_rings_again_at_once_is_not_heard(rings: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    doorbell.ring()
    doorbell.ring()
    assert rings == ["delivery.tasks.deliver_due"]

    monkeypatch.setattr(doorbell.bell, "again_at", time.monotonic() - 1)
    doorbell.ring()
    assert len(rings) == 2


def test_a_working_broker_takes_the_ring_without_a_word_about_it() -> None:
    assert doorbell.publish(doorbell.DELIVER) is True
    assert not doorbell.breaker.is_open()
