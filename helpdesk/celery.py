"""The Celery application: `celery -A helpdesk worker` and `celery -A helpdesk beat`."""

import logging
import os
import threading
import time
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, setup_logging, task_prerun, worker_ready
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
# Django's checks load every page, and a worker shows none: they are made where it is shipped, and by the web.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Django's LOGGING stands; being connected keeps Celery from installing its own handlers."""


@celeryd_init.connect
def be_patient(conf: Any, **_: object) -> None:
    """A page must not wait for Redis; a worker may, and must not lose its connection on a busy machine."""
    patience = {"socket_timeout": 10, "socket_connect_timeout": 5}
    conf.broker_transport_options = conf.broker_transport_options | patience


# --- deadlines without Redis ---

logger = logging.getLogger(__name__)

QUEUE = "timers"
TICKS = ("sla.tasks.timer_tick", "tickets.tasks.timer_tick")
SILENCE = 5.0
"""Seconds without a tick after which the timer worker ticks by itself: beat or Redis is away, or hangs."""

_last_tick = time.monotonic()


@task_prerun.connect
def note_tick(task: Any, **_: object) -> None:
    global _last_tick  # noqa: PLW0603 (when this process last heard of beat)
    if task.name == TICKS[0]:
        _last_tick = time.monotonic()


@worker_ready.connect
def tick_without_beat(sender: Any, **_: object) -> None:
    """A tick is a poke, and deadlines are rows in PostgreSQL: the worker that fires them needs nobody to poke it."""
    if QUEUE in sender.app.amqp.queues.consume_from:
        threading.Thread(target=_keep_ticking, name="ticks without beat", daemon=True).start()


def _keep_ticking() -> None:
    while True:
        time.sleep(1)
        if time.monotonic() - _last_tick > SILENCE:
            tick()


def tick() -> None:
    """Fire what is due, end holds, close: as the ticks of beat do."""
    for name in TICKS:
        try:
            app.tasks[name].run()
        except Exception:  # PostgreSQL may be away as well; the next second tries again
            logger.exception("%s failed without beat", name)
    connection.close()
