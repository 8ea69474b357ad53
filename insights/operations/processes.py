"""Many tickets at once: as `map`, over as many processes as work at it."""

import gc
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from django.db import connections

Work = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


@contextmanager
def workers(processes: int) -> Iterator[Work]:
    """A `map`; outside of a transaction, for connections are closed before the fork.

    Args:
        processes: how many; 0 does all in this process and on its connection.

    Raises:
        BrokenProcessPool: one of them was killed.
    """
    if not processes:
        yield map
        return
    connections.close_all()
    # Facts know no cycles, and looking for some among so many objects takes a third of the time.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("fork"), initializer=gc.disable)
    # It forks with the first task that it is given: that is now, before a connection is opened that would be shared.
    pool.submit(gc.disable)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)
