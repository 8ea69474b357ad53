"""The project: settings, addresses, workers, and the pages that show several domains."""

from helpdesk.celery import app as celery_app

VERSION = "0.1.0"
"""As pyproject.toml says it; a test holds the two together."""

__all__ = ["VERSION", "celery_app"]
