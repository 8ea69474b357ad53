"""Fixtures that every folder of tests may use; the cast of people is in tests/conftest.py."""

import gc
import os
from typing import Any

import pytest
from django.db import connection

from tests.plugins import emptied, migrated

pytest_plugins = ["tests.plugins.worker", "tests.plugins.live", "tests.plugins.browser"]


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
