"""Reading several tables as they were at one moment, while others write."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """Inside, all that is read is as of the first query: nothing that changes meanwhile is half in.

    PostgreSQL's default gives each statement a moment of its own, so that a row and its history, read one after
    the other, may differ by what somebody has committed between the two. Inside a transaction that has begun
    already its own isolation stays.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(savepoint=False):
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
