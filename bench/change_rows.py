"""What insights find by themselves: clusters of real tickets, and spikes among made-up arrivals.

`bench.clusters` and `bench.spikes` say what is measured. Neither reads the database.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bench import clusters, spikes
from bench.sla_rows import Room

Result = dict[str, Any]


def find_clusters(room: Room) -> Result:
    found = clusters.measure()
    print(json.dumps(found["baselines"]))
    return found


def find_spikes(room: Room) -> Result:
    """Of each band of sizes how many of the planted ones were found; `found` is that of the largest."""
    measured = spikes.measure()
    print(json.dumps(measured["found"]))
    first = next(iter(measured["found"].values()))
    return measured | {"n": sum(first), "found": f"{sum(first)} of {len(first) * measured['of']}"}


WORK: dict[str, Callable[[Room], Result]] = {"clusters": find_clusters, "spikes": find_spikes}
