"""Being told of news: a line to each mailbox that wants it (IDLE), which does nothing but ring.

What rings is looked into by a worker like any other; a line that breaks is opened anew, and meanwhile the mailbox is
looked into as often as its settings say. So nothing depends on this.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, connection, connections
from imapclient import IMAPClient

from intake.fetching import locking
from intake.fetching.line import Alarm, opened
from intake.fetching.troubles import trouble_of
from intake.models import MailboxConnection

logger = logging.getLogger(__name__)

SETTINGS_SECONDS = 10.0
"""So often it is looked which mailboxes want it."""
RENEW_SECONDS = 540.0
"""Servers and firewalls forget a silent line; RFC 2177 says half an hour, home routers less."""
STEP_SECONDS = 5.0
"""So often a line looks whether it is still wanted."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0

Ring = Callable[[int], object]
Clock = Callable[[], datetime]


def watch(ring: Ring, *, now: Clock, stop: threading.Event) -> None:
    """Keep a line to each mailbox that wants to be told, until `stop`. One process at a time does it for the desk."""
    watchers: dict[tuple[int, int], Watcher] = {}
    try:
        while not stop.is_set():
            try:
                with locking.held(locking.WATCH, 1) as is_ours:
                    while is_ours and not stop.is_set():
                        _keep(watchers, ring, now)
                        stop.wait(SETTINGS_SECONDS)
            except DatabaseError:
                logger.warning("the database is away; nobody is told of new mail until it is back")
            finally:
                _end(watchers)
                connection.close()
            stop.wait(SETTINGS_SECONDS)
    finally:
        _end(watchers)


def wanted() -> dict[tuple[int, int], MailboxConnection]:
    """Those that want it, by key and version of their settings."""
    rows = MailboxConnection.objects.in_use().filter(mode=MailboxConnection.Mode.IDLE)
    return {(row.pk, row.version): row for row in rows.select_related("mailbox")}


def _keep(watchers: dict[tuple[int, int], Watcher], ring: Ring, now: Clock) -> None:
    rows = wanted()
    for gone in watchers.keys() - rows.keys():
        watchers.pop(gone).end()
    for new in rows.keys() - watchers.keys():
        watchers[new] = Watcher(rows[new], ring, now)


def _end(watchers: dict[tuple[int, int], Watcher]) -> None:
    for watcher in watchers.values():
        watcher.end()
    watchers.clear()


class Watcher:
    """One line, in a thread of its own."""

    def __init__(self, row: MailboxConnection, ring: Ring, now: Clock) -> None:
        self._row, self._ring, self._now = row, ring, now
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {row.pk}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()

    def join(self, seconds: float) -> bool:
        """Whether it has ended within `seconds`."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._over.is_set():
            begun = time.monotonic()
            try:
                if not self._listen():
                    return
            except Exception as error:  # the look that follows meets the same, and writes it down
                logger.info("%s is not told of news: %s", self._row, trouble_of(error))
            finally:
                connections.close_all()
            pause = FIRST_PAUSE if time.monotonic() - begun > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            self._over.wait(pause)

    def _listen(self) -> bool:
        """Until the line breaks; False where the server cannot do it or nobody wants it any more."""
        with opened(self._row, at=self._now()) as line:
            if not line.has_capability("IDLE"):
                logger.info(
                    "%s: the server cannot tell of news; it is looked into again and again", self._row
                )
                return False
            line.select_folder(self._row.folder, readonly=True)
            connections.close_all()  # a database session for each idle line would be a waste
            # What came before we listened.
            self._ring(self._row.pk)
            while not self._over.is_set():
                self._idle(line)
        return False

    def _idle(self, line: IMAPClient) -> None:
        """One stretch of listening."""
        with Alarm(line, RENEW_SECONDS + 60):
            line.idle()
            renew_at = time.monotonic() + RENEW_SECONDS
            while time.monotonic() < renew_at and not self._over.is_set():
                asked = time.monotonic()
                told = line.idle_check(timeout=STEP_SECONDS)
                if any(len(each) > 1 and each[1] in (b"EXISTS", b"RECENT") for each in told):
                    self._ring(self._row.pk)
                if not told and time.monotonic() - asked < STEP_SECONDS / 2:
                    break  # readable, and nothing to read: the line is at its end
            line.idle_done()
