"""How the demo is written: without the log that DEBUG keeps of each statement, and without savepoints.

An operation is a transaction of its own, which inside another one is a savepoint; one in five of some 50,000
statements. An act that fails fails the whole load, with or without them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections


@contextmanager
def plain() -> Iterator[None]:
    own = connections[DEFAULT_DB_ALIAS]
    vars(own).update(make_debug_cursor=own.make_cursor)
    try:
        with _savepoints(are_used=False):
            yield
    finally:
        del vars(own)["make_debug_cursor"]


@contextmanager
def undoable() -> Iterator[None]:
    """With savepoints nevertheless: around an act of which a part is refused and taken back."""
    with _savepoints(are_used=True):
        yield


@contextmanager
def _savepoints(*, are_used: bool) -> Iterator[None]:
    features = connections[DEFAULT_DB_ALIAS].features
    before = features.uses_savepoints
    features.uses_savepoints = are_used
    try:
        yield
    finally:
        features.uses_savepoints = before
