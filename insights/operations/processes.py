"""Many tickets at once: as `map`, over as many processes as work at it."""

import gc
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

Work = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


@contextmanager
def workers(processes: int) -> Iterator[Work]:
    """A `map` whose answers come in any order; outside of a transaction, for connections are closed before the fork.

    Args:
        processes: how many; 0 does all in this process and on its connection.
    """
    if not processes:
        yield map
        return
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(processes, gc.disable) as pool:
        # Facts know no cycles, and looking for some among so many objects takes a third of the time.
        yield pool.imap_unordered
