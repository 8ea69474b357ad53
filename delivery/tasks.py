"""Doorbells: they carry nothing that matters, so a lost or doubled one does no harm."""

import os
import socket
import time

from celery import shared_task
from django.utils import timezone

from delivery import doorbell, handlers, operations, queries
from delivery.models import Delivery, Heartbeat

BATCH = 100
DRAIN_SECONDS = 30
ANSWER_SECONDS = 2


@shared_task
def deliver_due(**_: object) -> None:
    """Deliver what is due, batch by batch; after half a minute let the worker do something else."""
    worker, started = _who(), time.monotonic()
    answer_at = started
    while batch := _next_batch(worker):
        for position, delivery in enumerate(batch):
            now = time.monotonic()
            if now > started + DRAIN_SECONDS:
                operations.release(batch[position:], at=timezone.now())
                doorbell.ring()
                return
            if now >= answer_at:
                # While all processes deliver, nobody takes a tick; a slow mail server is not a lost worker.
                operations.answer(Heartbeat.Name.WORKER, at=timezone.now(), detail=worker)
                answer_at = now + ANSWER_SECONDS
            operations.deliver(delivery, at=timezone.now())


@shared_task
def beat_tick(**_: object) -> None:
    """Runs on the queue `timers`, every second: that it runs proves beat and the timer worker.

    It is the sweep as well: what no ring announced, or no worker finished, is announced here.
    """
    at = timezone.now()
    operations.answer(Heartbeat.Name.BEAT, Heartbeat.Name.TIMERS, at=at, detail=_who())
    doorbell.publish(doorbell.WORKER_TICK)
    if queries.is_anything_due(at):
        doorbell.ring()


@shared_task
def worker_tick(**_: object) -> None:
    """Runs on the default queue: that it runs proves the delivery worker."""
    operations.answer(Heartbeat.Name.WORKER, at=timezone.now(), detail=_who())


@shared_task
def prune(**_: object) -> None:
    """Forget deliveries and mails that are done, and notices that are old."""
    at = timezone.now()
    operations.prune_deliveries(at=at)
    operations.prune_mails(at=at)
    operations.prune_notices(at=at)
    operations.prune_webhook_calls(at=at)


def _next_batch(worker: str) -> list[Delivery]:
    handlers.run_errands(timezone.now())
    return operations.claim(limit=BATCH, worker=worker, at=timezone.now())


def _who() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
