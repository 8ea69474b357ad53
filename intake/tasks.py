"""Doorbells of mail: they carry keys at most, and a lost or doubled one does no harm.

The process `mail` runs them, in threads: a mail server that hangs holds up nobody but its own mailbox.
"""

import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.utils import timezone

from intake.fetching.looking import look
from intake.fetching.ringing import QUEUE, ring
from intake.fetching.trying import try_connection
from intake.fetching.watching import watch
from intake.models import MailboxConnection
from intake.operations import forgetting
from intake.operations.connections import keep_trial, take_turn

_stop = threading.Event()


@shared_task
def fetch_due(**_: object) -> None:
    """Runs every few seconds: rings for each mailbox whose time has come."""
    for key in take_turn(at=timezone.now()):
        ring(key)


@shared_task
def fetch_mailbox(key: int, **_: object) -> None:
    """One look into one mailbox; where more waits than a look takes, the next one follows at once."""
    try:
        looked = look(key, now=timezone.now)
    except MailboxConnection.DoesNotExist:
        return
    if looked.goes_on:
        ring(key)


@shared_task
def tidy_up(**_: object) -> None:
    """Once an hour: bytes of old messages are forgotten, and what was ignored long ago."""
    forgetting.prune_raw(at=timezone.now())
    forgetting.prune_ignored(at=timezone.now())


@shared_task
def try_mailbox(key: int, **_: object) -> None:
    """What somebody asked for on the page of the connection."""
    connection = MailboxConnection.objects.select_related("mailbox").filter(pk=key).first()
    if connection is not None:
        keep_trial(connection, try_connection(connection, at=timezone.now()), at=timezone.now())


@worker_ready.connect
def be_told_of_news(sender: Any, **_: object) -> None:
    """The worker that fetches keeps the lines of mailboxes whose servers tell of news."""
    if QUEUE in sender.app.amqp.queues.consume_from:
        _stop.clear()
        options = {"now": timezone.now, "stop": _stop}
        threading.Thread(target=watch, args=(ring,), kwargs=options, name="news", daemon=True).start()


@worker_shutting_down.connect
def hear_no_more(**_: object) -> None:
    _stop.set()
