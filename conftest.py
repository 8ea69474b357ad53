"""Fixtures that every folder of tests may use; the cast of people is in tests/conftest.py."""

import gc
import os
from typing import Any

import pytest
from django.db import connection
from django.template.base import Template

from tests.plugins import emptied, migrated

pytest_plugins = [
    "tests.plugins.worker",
    "tests.plugins.live",
    "tests.plugins.browser",
    "tests.plugins.examples",
    "tests.plugins.turns",
]


def pytest_make_parametrize_id(val: object) -> str | None:
    """A file of 30 MB is no name: it would go with each message between the processes of a run."""
    if isinstance(val, str | bytes) and len(val) > 200:
        return f"{val[:40]!r}, {len(val)} in all"
    return None


def pytest_collection_finish() -> None:
    """What is loaded by now stays, and tests make much that goes at once: looking through it all took a fifth."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_test_environment: None, django_db_blocker: Any
) -> None:
    if "TIERDESK_TEST_COPIES" in os.environ:
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated.original()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        emptied.remember()


@pytest.fixture(scope="session", autouse=True)
def pages_are_recorded_and_not_their_parts(django_test_environment: None) -> None:
    """`response.context` is what the view gave: a page has a hundred parts, and a copy of the context for each."""
    recorded = Template._render  # type: ignore[attr-defined]  # noqa: SLF001

    def render(self: Template, context: Any) -> Any:
        return recorded(self, context) if context.template is self else self.nodelist.render(context)

    Template._render = render  # type: ignore[attr-defined]  # noqa: SLF001
