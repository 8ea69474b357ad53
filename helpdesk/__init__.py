"""The project: settings, addresses, workers, and the pages that show several domains."""

from helpdesk.celery import app as celery_app

__all__ = ["celery_app"]
