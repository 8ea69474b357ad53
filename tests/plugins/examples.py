"""How many examples a property is tried with: a quarter in `make test`, all of them in `make test-long`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

ALL = "TIERDESK_ALL_EXAMPLES" in os.environ

T = TypeVar("T")


def examples(number: int) -> int:
    """For `max_examples`; a property that names none has a hundred."""
    return number if ALL else -(-number // 4)


def some(cases: Sequence[T], *, of: int = 3) -> Sequence[T]:
    """Every third of them, or whichever; for a test that is marked `many`."""
    return cases if ALL else cases[::of]


# How long an example takes is not what is asked: two processes share the machine, or more.
settings.register_profile(
    "tests", max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")


@pytest.hookimpl(tryfirst=True)  # before those are left out that have no such mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("many")
