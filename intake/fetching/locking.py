"""One fetcher at a time for each mailbox, on any number of machines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import DatabaseError, connection

MAILBOX, WATCH = 0x7D01, 0x7D02
"""What is locked: mailboxes, and being the one who is told of news."""


@contextlib.contextmanager
def held(space: int, key: int) -> Iterator[bool]:
    """Whether the lock is ours now; if so, until the end of the block.

    It belongs to the database session: a fetcher that is killed holds nothing a moment later.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, key & 0x7FFFFFFF])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours:
            # A session that is lost has lost the lock as well.
            with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, key & 0x7FFFFFFF])
