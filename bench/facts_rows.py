"""Facts made anew and followed: `bench.facts` says what is measured. `n` and `per_second` count tickets, or events."""

from collections.abc import Callable
from typing import Any

from bench.rules_rows import measured_by
from bench.sla_rows import Room

WORK: dict[str, Callable[[Room], dict[str, Any]]] = {
    f"facts_{name}": measured_by("bench.facts", name) for name in ("rebuild", "follow")
}
