"""The Celery application: `celery -A helpdesk worker` and `celery -A helpdesk beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

app = Celery("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Django's LOGGING stands; being connected keeps Celery from installing its own handlers."""


@celeryd_init.connect
def be_patient(conf: Any, **_: object) -> None:
    """A page must not wait for Redis; a worker may, and must not lose its connection on a busy machine."""
    patience = {"socket_timeout": 10, "socket_connect_timeout": 5}
    conf.broker_transport_options = conf.broker_transport_options | patience
