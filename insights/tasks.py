"""Doorbells of insights: ids in, one call; the beat schedule stands in settings."""

import time
from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

from delivery import operations as delivering
from delivery.models import Delivery, Heartbeat
from insights.operations import exporting, keeping, publishing, repeating, watching

EXPORT_SECONDS = 5
HOLD_SECONDS = 10
"""How often whoever packs a workbook says that they still do."""


# --- Facts ---

FOLLOW_SECONDS = 1.5
"""How long a tick follows the feed before deliveries have their turn again; the next one is three seconds away."""


@shared_task(ignore_result=True)
def follow_facts(**_: Any) -> None:
    """Each three seconds: work out anew the facts of what was touched. One worker does; others have their own turns."""
    until = time.monotonic() + FOLLOW_SECONDS
    while keeping.follow(at=timezone.now()).has_more and time.monotonic() < until:
        pass


# --- Exports ---


def export(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Carry an export on for some seconds; one that fails every time says so on its page."""
    key, until = payload["export"], time.monotonic() + EXPORT_SECONDS
    try:
        while exporting.step(key, at=timezone.now(), goes_on=lambda: time.monotonic() < until):
            if exporting.is_packing(key):
                exporting.pack(key, at=timezone.now(), still_mine=_holding(delivery))
                return
            if time.monotonic() > until:
                exporting.carry_on_later(key, at=timezone.now())
                return
    except Exception as error:
        if delivery.is_last_try:
            exporting.fail(key, error=f"{type(error).__name__}: {error}", at=timezone.now())
        raise


def _holding(delivery: Delivery) -> exporting.StillMine:
    """Asked for each few thousand rows; every ten seconds it keeps the lease, and shows that the worker lives."""
    asked = time.monotonic()

    def still_mine() -> bool:
        nonlocal asked
        if time.monotonic() - asked < HOLD_SECONDS:
            return True
        asked = time.monotonic()
        delivering.answer(Heartbeat.Name.WORKER, at=timezone.now(), detail=delivery.leased_by)
        return delivering.hold(delivery, at=timezone.now())

    return still_mine


@shared_task(ignore_result=True)
def tidy_up(**_: Any) -> None:
    """Once an hour: forget exports of yesterday."""
    while exporting.forget_old(at=timezone.now()):
        pass


# --- What to change ---


@shared_task(ignore_result=True)
def watch_arrivals(**_: Any) -> None:
    """Every few minutes: what arrives far above its own past becomes a candidate for a problem."""
    watching.watch(at=timezone.now())


@shared_task(ignore_result=True)
def look_for_repeats(**_: Any) -> None:
    """Asked for once an hour and done once a night: what the upper tiers solve again and again."""
    repeating.ask_nightly(at=timezone.now())


def find_repeats(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Work a search for repeats out. One that fails every time says so on its page."""
    try:
        repeating.find(payload["run"], now=timezone.now, still_mine=_holding(delivery))
    except Exception as error:
        if delivery.is_last_try:
            repeating.fail(payload["run"], error=f"{type(error).__name__}: {error}", at=timezone.now())
        raise


# --- Published months ---


@shared_task(ignore_result=True)
def compare_months(**_: Any) -> None:
    """Once an hour some of them, each once a night: hold published months against the facts."""
    publishing.compare_due(at=timezone.now())
