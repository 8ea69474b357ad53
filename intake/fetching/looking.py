"""One look into one mailbox: connect, take what waits, write down how it went, and tell administrators what they have
to mend: once when it begins, once when it is over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from intake.fetching import locking, telling
from intake.fetching.line import LONGEST_SECONDS, opened
from intake.fetching.taking import Superseded, Taken, remember, take
from intake.fetching.troubles import MailTrouble, trouble_of
from intake.models import MailboxConnection
from intake.models.connections import TOLD_AT_ONCE, Trouble

logger = logging.getLogger(__name__)

LOOK_SECONDS = 20.0
"""After so long others get their turn; what is left is taken at the next look, at once."""
GRACE_SECONDS = 2 * LONGEST_SECONDS
"""A look that is over so long after its time hangs: its line is cut."""
LASTS = timedelta(minutes=15)
"""Trouble that may pass by itself is told when it has lasted so long."""
LONGEST_PAUSE = timedelta(minutes=15)
LONGEST_PAUSE_OF_LOGINS = timedelta(hours=1)
"""Servers lock out who knocks too often with a wrong password."""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of it. `was_free` is False where somebody else was looking into this mailbox just then."""

    taken: Taken
    trouble: MailTrouble | None = None
    was_free: bool = True
    seconds: float = 0.0

    @property
    def goes_on(self) -> bool:
        return self.trouble is None and self.taken.waiting > 0


def look(key: int, *, now: Callable[[], datetime], seconds: float = LOOK_SECONDS) -> Look:
    """Look into the mailbox of connection `key`. Never raises for what a mail server does.

    Raises:
        OperationalError, InterfaceError: the database is not there.
        MailboxConnection.DoesNotExist: it was removed.
    """
    with locking.held(locking.MAILBOX, key) as is_ours:
        if not is_ours:
            return Look(Taken(), was_free=False)
        connection = MailboxConnection.objects.select_related("mailbox").get(pk=key)
        return _look(connection, now, seconds)


def _look(connection: MailboxConnection, now: Callable[[], datetime], seconds: float) -> Look:
    begun, taken = time.monotonic(), Taken()
    trouble: MailTrouble | None = None
    try:
        remember(connection, last_run_at=now())
        with opened(connection, at=now(), seconds=seconds + GRACE_SECONDS) as line:
            taken = take(line, connection, now=now, seconds=seconds)
    except (OperationalError, InterfaceError):
        raise
    except Superseded:
        return Look(taken, seconds=time.monotonic() - begun)
    except Exception as error:  # whatever a mail server answers, it is written down and shown
        trouble = trouble_of(error)
        logger.warning("%s: %s", connection, trouble)
    try:
        note(connection, trouble, goes_on=taken.waiting > 0, at=now())
    except Superseded:
        trouble = None
    return Look(taken, trouble, seconds=time.monotonic() - begun)


@transaction.atomic
def note(
    connection: MailboxConnection, trouble: MailTrouble | None, *, goes_on: bool = False, at: datetime
) -> None:
    """Write down how a look went, when the next one is due, and tell whom it concerns."""
    if trouble is None:
        _note_success(connection, goes_on=goes_on, at=at)
        return
    # A server that is silent, then drops, then is silent again is in one trouble, and it is told once.
    since = connection.error_since or at
    failures = connection.failures + 1
    remember(
        connection,
        error=trouble.kind,
        error_detail=trouble.detail,
        error_since=since,
        failures=failures,
        next_at=at + pause_after(failures, trouble.kind, every=connection.every_seconds),
    )
    if connection.told_at is None and (trouble.kind in TOLD_AT_ONCE or at - since >= LASTS):
        telling.tell_of_trouble(connection, at=at)
        remember(connection, told_at=at)


def _note_success(connection: MailboxConnection, *, goes_on: bool, at: datetime) -> None:
    if connection.told_at is not None:
        telling.tell_that_it_works(connection, at=at)
    pause = timedelta(0) if goes_on else timedelta(seconds=connection.every_seconds)
    remember(
        connection,
        last_ok_at=at,
        failures=0,
        error=Trouble.NONE,
        error_detail="",
        error_since=None,
        told_at=None,
        next_at=at + pause,
    )


def pause_after(failures: int, kind: str, *, every: int) -> timedelta:
    """The usual pause, doubled with each failure, up to a limit."""
    longest = LONGEST_PAUSE_OF_LOGINS if kind in (Trouble.LOGIN, Trouble.TOKEN) else LONGEST_PAUSE
    first = timedelta(seconds=every)
    doubled = first * float(2 ** min(failures - 1, 12))
    return max(first, min(longest, doubled))
