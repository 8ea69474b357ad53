"""Telling the workers that there is something to do.

The rows in the database are the truth; a ring only saves the wait for the next sweep. So a ring may get
lost, but it may never slow down or fail the request that rings: short timeouts, no retries, no result,
and after a failure silence for a few seconds.
"""

import logging
import threading
import time
from collections.abc import Sequence

from celery import current_app
from kombu import Connection

logger = logging.getLogger(__name__)

DELIVER = "delivery.tasks.deliver_due"
CALL = "delivery.tasks.make_calls"
WORKER_TICK = "delivery.tasks.worker_tick"

SOCKET_TIMEOUT = 0.2
SILENCE = 5.0
# A ring nobody heard for so long is useless: the sweep has been there.
EXPIRES = 10
PAUSE = 0.1
"""Seconds after a ring in which a process does not ring again: the worker that was woken goes on until nothing is due,
and when many file at once, a tenth of each request would be spent on rings. What comes after the worker has
looked is found by the sweep, a second later at most."""


class _Line(threading.local):
    """A broker connection per thread, kept open: opening one costs more than the message."""

    connection: Connection | None = None


class _Breaker:
    """After a failure, silence: one thread pays the timeout every few seconds, not every request."""

    silent_until = 0.0

    def is_open(self) -> bool:
        return time.monotonic() < self.silent_until

    def trip(self) -> None:
        self.silent_until = time.monotonic() + SILENCE

    def reset(self) -> None:
        self.silent_until = 0.0


class _Bell:
    """When this process has rung last."""

    again_at = 0.0


_line = _Line()
breaker = _Breaker()
bell = _Bell()


def ring() -> None:
    """Ask the workers to deliver what is due, unless they were asked a moment ago."""
    now = time.monotonic()
    if now >= bell.again_at and publish(DELIVER):
        bell.again_at = now + PAUSE


def publish(task: str, *, args: Sequence[int] = (), queue: str | None = None) -> bool:
    """Publish a task; say whether the broker took it. Never raises, never waits long."""
    if breaker.is_open():
        return False
    try:
        current_app.send_task(
            task,
            args=args,
            queue=queue,
            connection=_open_line(),
            retry=False,
            expires=EXPIRES,
            ignore_result=True,
        )
    except Exception as error:  # whatever the broker does, the request goes on
        breaker.trip()
        _hang_up()
        logger.warning("broker does not answer, %s waits for the sweep: %s", task, error)
        return False
    return True


def _open_line() -> Connection:
    if _line.connection is None:
        _line.connection = current_app.connection_for_write(
            connect_timeout=SOCKET_TIMEOUT,
            transport_options={
                "socket_timeout": SOCKET_TIMEOUT,
                "socket_connect_timeout": SOCKET_TIMEOUT,
                "max_retries": 0,
            },
        )
    return _line.connection


def _hang_up() -> None:
    connection, _line.connection = _line.connection, None
    if connection is not None:
        connection.release()
