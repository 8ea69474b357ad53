"""Taking what waits in a folder: message by message, stored before it is marked, remembered after that.

The number (UID) of the last message that was taken is what tells new mail from old, never a mark that other programs
set as well. Whatever happens between storing and remembering makes a message come once more, and the same bytes are
the same row. So nothing is lost and nothing doubled, wherever it is cut.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError
from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientError

from intake.fetching.line import Alarm
from intake.fetching.troubles import MailTrouble, is_about_the_line, readable, trouble_of
from intake.models import MailboxConnection, MissedMail
from intake.models.connections import Trouble
from intake.operations.receiving import KEPT_OF_TOO_LARGE, store

logger = logging.getLogger(__name__)

BATCH = 25
"""So many messages are marked and remembered at a time; their sizes are asked for together."""
SOURCE = "imap"
CUTS = 3
"""A message that the line broke at so often in a row is stepped over: it may be the message."""
MOST_TRIES = 8
FIRST_PAUSE = timedelta(minutes=5)

_Done = MailboxConnection.Done


class Superseded(Exception):
    """The settings were changed meanwhile: what was begun with the old ones ends."""


@dataclass(slots=True)
class Taken:
    """What came of one look into a mailbox."""

    stored: int = 0
    missed: int = 0
    waiting: int = 0
    """What is left for the next look."""


def take(
    line: IMAPClient, connection: MailboxConnection, *, now: Callable[[], datetime], seconds: float
) -> Taken:
    """Take what waits, oldest first, until `seconds` are over or nothing waits.

    Raises:
        MailTrouble: the folder cannot be opened.
        OSError, imaplib.IMAP4.error: the line broke; what was stored until then is remembered.
        Superseded: somebody has changed the settings.
    """
    return _Taking(line, connection, now, time.monotonic() + seconds).run()


def remember(connection: MailboxConnection, **facts: object) -> None:
    """Write down how far it has come, unless the settings were changed meanwhile."""
    mine = MailboxConnection.objects.filter(pk=connection.pk, version=connection.version)
    if not mine.update(**facts):
        raise Superseded
    for name, value in facts.items():
        setattr(connection, name, value)


class _Taking:
    def __init__(
        self,
        line: IMAPClient,
        connection: MailboxConnection,
        now: Callable[[], datetime],
        until: float,
    ) -> None:
        self.line, self.connection, self.now, self.until = line, connection, now, until
        self.taken = Taken()
        self.marking: MailTrouble | None = None
        self.life = 0
        """The folder's UIDVALIDITY."""

    def run(self) -> Taken:
        self._open()
        waiting = self._waiting()
        fetched = self.connection.fetched if self.connection.waiting else 0
        remember(self.connection, waiting=len(waiting), fetched=fetched)
        for batch in _in_batches(waiting):
            self._take(batch)
            if time.monotonic() > self.until:
                break
        self.taken.waiting = self.connection.waiting
        if not self.taken.waiting:
            self._try_again()
        if self.marking is not None:
            raise self.marking
        return self.taken

    def _open(self) -> None:
        """Select the folder; numbers of an older life of it (UIDVALIDITY) mean nothing any more."""
        folder = self.connection.folder
        try:
            told = self.line.select_folder(folder, readonly=self.connection.done == _Done.REMEMBER)
        except IMAPClientError as refusal:
            if is_about_the_line(refusal):
                raise
            raise MailTrouble(Trouble.FOLDER, trouble_of(refusal).detail) from refusal
        self.life = life = int(told.get(b"UIDVALIDITY") or 0)
        if life != self.connection.uidvalidity:
            # All comes once more; what is known by its bytes makes no second row.
            if self.connection.uidvalidity is not None:
                logger.warning("%s: the folder was made anew, all of it is read again", self.connection)
            self.connection.missed.exclude(uidvalidity=life).delete()
            remember(self.connection, uidvalidity=life, last_uid=0)

    def _waiting(self) -> list[int]:
        last = self.connection.last_uid
        criteria: list[object] = ["UNDELETED", "UID", f"{last + 1}:*"]
        if self.connection.since is not None:
            # By day only, and in the server's zone; the exact time is compared later.
            criteria += ["SINCE", (self.connection.since - timedelta(days=1)).date()]
        # The last message answers to `n:*` also where n lies behind it.
        return sorted(uid for uid in self.line.search(criteria) if uid > last)

    def _take(self, batch: Sequence[int]) -> None:
        stored: list[int] = []
        done = 0
        try:
            facts = self.line.fetch(batch, ["RFC822.SIZE", "INTERNALDATE"])
            for uid in batch:
                if self._take_one(uid, facts.get(uid)):
                    stored.append(uid)
                done += 1
        finally:
            # Also what was stored before the line broke; where it did, it can only be remembered.
            if done:
                self._settle(batch[:done], stored, is_whole=done == len(batch))

    def _take_one(self, uid: int, facts: dict[bytes, object] | None) -> bool:
        """Whether it was stored. What cannot be is written down and stepped over."""
        if facts is None:
            return False  # somebody has removed it meanwhile
        arrived = facts.get(b"INTERNALDATE")
        if self.connection.since and isinstance(arrived, datetime) and arrived < self.connection.since:
            return False
        size = int(str(facts.get(b"RFC822.SIZE") or 0))
        try:
            return self._fetch(uid, size)
        except (OperationalError, InterfaceError, Superseded):
            raise  # the database is away: that is not this message's fault
        except Exception as error:
            times = self._note(uid, size, error)
            if is_about_the_line(error) and times < CUTS:
                raise
            if is_about_the_line(error):
                # Step over it, so that what lies behind it is reached with the next line.
                remember(self.connection, last_uid=max(uid, self.connection.last_uid))
                raise
            self.taken.missed += 1
            return False

    def _fetch(self, uid: int, size: int) -> bool:
        """Of a message that is larger than the desk takes only the beginning travels: enough to say what it was."""
        with Alarm(self.line):
            is_too_large = size > settings.MAIL_MAX_BYTES
            part = f"BODY.PEEK[]<0.{KEPT_OF_TOO_LARGE}>" if is_too_large else "BODY.PEEK[]"
            answer = self.line.fetch([uid], [part]).get(uid)
        raw = next((value for key, value in (answer or {}).items() if key.startswith(b"BODY[]")), None)
        if answer is None:
            return False
        if not isinstance(raw, bytes) or not raw:
            raise MailTrouble(Trouble.SERVER, "the server gave no message")
        size = size if is_too_large else len(raw)
        store(raw, mailbox=self.connection.mailbox, at=self.now(), source=SOURCE, size=size)
        self.taken.stored += 1
        MissedMail.objects.filter(connection=self.connection, uidvalidity=self.life, uid=uid).delete()
        return True

    def _settle(self, batch: Sequence[int], stored: Sequence[int], *, is_whole: bool) -> None:
        """Mark what was stored, then remember how far we are."""
        if stored and is_whole:
            self._mark(stored)
        left = max(0, self.connection.waiting - len(batch))
        remember(
            self.connection,
            last_uid=max(self.connection.last_uid, batch[-1]),
            waiting=left,
            fetched=self.connection.fetched + len(stored),
        )

    def _mark(self, stored: Sequence[int]) -> None:
        """As read, or away into the other folder. What cannot be marked was fetched nevertheless."""
        if self.connection.done == _Done.REMEMBER:
            return
        try:
            if self.connection.done == _Done.SEEN:
                self.line.add_flags(stored, [SEEN], silent=True)
            else:
                self._move(stored)
        except IMAPClientError as refusal:
            if is_about_the_line(refusal):
                raise
            self.marking = MailTrouble(Trouble.DONE_FOLDER, trouble_of(refusal).detail)

    def _move(self, stored: Sequence[int]) -> None:
        folder = self.connection.done_folder
        if not self.line.folder_exists(folder):
            self.line.create_folder(folder)
        if self.line.has_capability("MOVE"):
            self.line.move(stored, folder)
            return
        self.line.copy(stored, folder)
        self.line.delete_messages(stored, silent=True)
        if self.line.has_capability("UIDPLUS"):
            # Only these: a plain EXPUNGE would remove what others have marked as deleted, too.
            self.line.uid_expunge(stored)

    # --- what was stepped over ---

    def _note(self, uid: int, size: int, error: Exception) -> int:
        """Write down that it could not be fetched; how often that was so."""
        at, words = self.now(), readable(f"{type(error).__name__}: {trouble_of(error).detail}")
        row, is_new = MissedMail.objects.get_or_create(
            connection=self.connection,
            uidvalidity=self.life,
            uid=uid,
            defaults={"error": words, "size": size, "first_at": at, "next_at": at + FIRST_PAUSE},
        )
        if not is_new:
            row.attempts += 1
            pause = FIRST_PAUSE * 2 ** min(row.attempts, 8)
            row.error, row.next_at = words, None if row.attempts >= MOST_TRIES else at + pause
            row.save(update_fields=["attempts", "error", "next_at"])
        logger.warning("%s: message %s could not be fetched: %s", self.connection, uid, words)
        return row.attempts

    def _try_again(self) -> None:
        """What was stepped over, one after the other, once the time for it has come."""
        missed = self.connection.missed.filter(
            next_at__lte=self.now(), uid__lte=self.connection.last_uid
        ).order_by("uid")
        for row in missed[:BATCH]:
            if time.monotonic() > self.until:
                return
            facts = self.line.fetch([row.uid], ["RFC822.SIZE"]).get(row.uid)
            if facts is None:
                row.delete()  # somebody has removed it
            elif self._take_one(row.uid, facts):
                self._mark([row.uid])


def _in_batches(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), BATCH):
        yield uids[start : start + BATCH]
