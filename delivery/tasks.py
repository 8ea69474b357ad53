"""Doorbells: they carry nothing that matters, so a lost or doubled one does no harm."""

import os
import socket
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from celery import shared_task
from django.db import connection, connections
from django.utils import timezone

from delivery import doorbell, handlers, line, operations, queries
from delivery.models import Delivery, Heartbeat
from delivery.operations.pruning import prune_pieces

BATCH = 100
MAILS_IN_A_BATCH = 10
DRAIN_SECONDS = 30
ANSWER_SECONDS = 2
CALLS_AT_ONCE = 8
_CALLING = 7_403_002
"""Held in PostgreSQL by the one worker that makes calls: however slow they are, the others have mails to send."""


@shared_task
def deliver_due(**_: object) -> None:
    """Deliver what is due, batch by batch; after half a minute let the worker do something else."""
    try:
        _deliver_all()
    finally:
        line.hang_up()


def _deliver_all() -> None:
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
        _ring_for_calls()
    _ring_for_calls()


@shared_task
def make_calls(**_: object) -> None:
    """Call the webhooks that something is due for, several at a time; after half a minute somebody else may.

    One worker at a time does this. A receiver has two calls under way at most, so that one that is slow, or hangs,
    keeps neither the others waiting nor anything that is no call.
    """
    if not _may_call():
        return
    try:
        with ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="call") as pool:
            _call_until(time.monotonic() + DRAIN_SECONDS, pool)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_CALLING])
    _ring_for_calls()


def _call_until(end: float, pool: ThreadPoolExecutor) -> None:
    """Begin a call wherever one is due and a thread is free, and leave when nothing is under way any more."""
    worker = _who()
    under_way: set[Future[None]] = set()
    while True:
        free = CALLS_AT_ONCE - len(under_way) if time.monotonic() < end else 0
        due = operations.claim_calls(limit=free, worker=worker, at=timezone.now()) if free else []
        under_way |= {pool.submit(_call, delivery) for delivery in due}
        if not under_way:
            return
        operations.answer(Heartbeat.Name.WORKER, at=timezone.now(), detail=worker)
        done, under_way = wait(under_way, timeout=1, return_when=FIRST_COMPLETED)
        for one in done:
            one.result()


def _call(delivery: Delivery) -> None:
    try:
        operations.deliver(delivery, at=timezone.now())
    finally:
        connections.close_all()  # of this thread


def _may_call() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_CALLING])
        return bool(cursor.fetchone()[0])


def _ring_for_calls() -> None:
    if operations.are_calls_due(timezone.now()):
        doorbell.publish(doorbell.CALL)


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
    if operations.are_calls_due(at):
        doorbell.publish(doorbell.CALL)


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
    prune_pieces(at=at)
    operations.prune_webhook_calls(at=at)


def _next_batch(worker: str) -> list[Delivery]:
    """What is usual, and a few of the mails that wait to be filed: what they cause is told before the next ones."""
    at = timezone.now()
    handlers.run_errands(at)
    usual = operations.claim(limit=BATCH, worker=worker, at=at, lane=Delivery.Lane.USUAL)
    return [*usual, *operations.claim(limit=MAILS_IN_A_BATCH, worker=worker, at=at, lane=Delivery.Lane.MAIL)]


def _who() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
