"""A real Celery worker for a test: `worker` runs on the test's own database and Redis until the test ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone

from delivery.models import Heartbeat
from helpdesk.local.places import BASE_DIR

PATIENCE = 30


def database_url() -> str:
    """The test database, as another process must be told it."""
    where = connection.settings_dict
    who = f"{quote(where['USER'])}:{quote(where['PASSWORD'])}"
    # The host may be a socket's folder, which only a parameter can hold.
    return f"postgresql://{who}@:{where['PORT'] or 5432}/{where['NAME']}?host={quote(where['HOST'])}"


def environment() -> dict[str, str]:
    """For processes that work beside the test."""
    return os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        "EMAIL_URL": "log:",
        "LOG_LEVEL": "WARNING",
    }


@pytest.fixture
def worker(transactional_db: None) -> Iterator[subprocess.Popen[bytes]]:
    """Works on both queues, with beat in it, and has answered before the test begins."""
    command = [sys.executable, "-m", "celery", "-q", "-A", "helpdesk", "worker"]
    options = ["--queues", "default,timers", "--pool", "threads", "--concurrency", "2", "--beat"]
    started = timezone.now()
    process = subprocess.Popen([*command, *options], env=environment(), cwd=BASE_DIR)
    try:
        _wait_for_its_heartbeat(process, since=started)
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_for_its_heartbeat(process: subprocess.Popen[bytes], *, since: object) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, "the worker ended at once; its reason stands above"
        if Heartbeat.objects.filter(name=Heartbeat.Name.WORKER, at__gte=since).exists():
            return
        time.sleep(0.1)
    raise AssertionError("the worker did not answer")
