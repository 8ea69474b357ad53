"""Doorbells of the clocks: ids in, one call; the beat schedule stands in settings."""

import time
from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

from delivery.models import Delivery
from sla.operations import calendars, digesting, firing, recomputing, simulating

RECOMPUTE_SECONDS = 5
SIMULATE_SECONDS = 3
TICK_SECONDS = 0.95
"""How long a tick fires before the other ticks of its worker have their turn; the next one is a second away."""
HELP_SECONDS = 5


@shared_task(ignore_result=True)
def timer_tick(**_: Any) -> None:
    """Each second, on the queue `timers`: fire what is due."""
    until = time.monotonic() + TICK_SECONDS
    while firing.fire_due(at=timezone.now()) and time.monotonic() < until:
        pass


def help_out(at: datetime) -> None:
    """Between two batches of deliveries: where deadlines pile up, the delivery workers fire them first."""
    until = time.monotonic() + HELP_SECONDS
    while firing.is_behind(at=timezone.now()) and time.monotonic() < until:
        if not firing.fire_due(at=timezone.now()):
            return


@shared_task(ignore_result=True)
def daily_digest(**_: Any) -> None:
    """Every few minutes: in the morning the digest of the day is written down, once."""
    digesting.ask_for_digest(at=timezone.now())


@shared_task(ignore_result=True)
def tidy_up(**_: Any) -> None:
    """Once an hour: forget how late deadlines were a week ago."""
    firing.forget_firings(at=timezone.now())


@shared_task(ignore_result=True)
def extend_holidays(**_: Any) -> None:
    """Once an hour, and nothing to do but in January: calendars know the public holidays five years ahead."""
    calendars.extend_holidays(at=timezone.now())


def recompute(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Carry a recomputation on for some seconds; what is left is the next delivery's."""
    until = time.monotonic() + RECOMPUTE_SECONDS
    while recomputing.step(payload["job"], at=timezone.now()):
        if time.monotonic() > until:
            recomputing.carry_on_later(payload["job"], at=timezone.now())
            return


def simulate(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Work on a simulation for some seconds. One that fails three times says so on its page."""
    key, until = payload["simulation"], time.monotonic() + SIMULATE_SECONDS
    try:
        if simulating.step(key, at=timezone.now(), goes_on=lambda: time.monotonic() < until):
            simulating.carry_on_later(key, at=timezone.now())
    except Exception as error:
        if delivery.is_last_try:
            simulating.fail(key, error=f"{type(error).__name__}: {error}", at=timezone.now())
        raise


@shared_task(ignore_result=True)
def judge_stragglers(**_: Any) -> None:
    """Each minute: clocks that a publication has missed, and jobs whose delivery was given up."""
    while recomputing.judge_stragglers(at=timezone.now()):
        pass
    recomputing.remind_of_forgotten(at=timezone.now())
