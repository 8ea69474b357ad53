"""The house of tests/test_routes.py: one of everything, so that every address leads somewhere."""

from tests.test_routes import cast, house

__all__ = ["cast", "house"]
