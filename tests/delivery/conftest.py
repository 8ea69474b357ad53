from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app

from delivery import doorbell, handlers
from delivery.models import Delivery

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def later(**parts: float) -> datetime:
    return NOON + timedelta(**parts)


class Recorder:
    """A handler that notes what it was asked to do, and fails when told to."""

    def __init__(self) -> None:
        self.payloads: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def __call__(self, payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
        self.payloads.append(payload)
        if self.error is not None:
            raise self.error


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Handles the kind `errand`."""
    recorder = Recorder()
    handlers.register("errand", recorder)
    yield recorder
    handlers.unregister("errand")


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was rung: the edge of the network, one step before the broker."""
    rung: list[str] = []

    def note(task: str, **_: Any) -> None:
        rung.append(task)

    monkeypatch.setattr(current_app, "send_task", note)
    return rung


@pytest.fixture(autouse=True)
def a_working_bell(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(doorbell.bell, "again_at", 0.0)
    doorbell.breaker.reset()
    yield
    doorbell.breaker.reset()
