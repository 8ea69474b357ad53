"""Fixtures that every folder of tests may use; the cast of people is in tests/conftest.py."""

pytest_plugins = ["tests.plugins.worker", "tests.plugins.browser"]
