"""How gunicorn serves: read by itself from the working folder; numbers come from the environment."""

import gc
from pathlib import Path

from helpdesk import environment

_env = environment.read()

bind = f"{_env.bind}:{_env.port}"
worker_class = "gthread"
workers = _env.web_concurrency
threads = _env.web_threads
# Loaded once and forked: starts faster, and the workers share the memory of the code.
preload_app = True
keepalive = 5
timeout = 60
graceful_timeout = 4
# Requests are logged by helpdesk.logs, with their id.
accesslog = None
# A heartbeat file on a disk that stalls would have healthy workers killed.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True


def when_ready(_server: object) -> None:
    """An empty desk says in its log how it is set up. Django is loaded by now, see `preload_app`."""
    from django.db import connections  # noqa: PLC0415

    from helpdesk.desk import setup_token  # noqa: PLC0415

    setup_token.announce()
    # The workers are forked next, and a connection must not be shared.
    connections.close_all()
    # What is loaded now stays: collections that pass it over are shorter, and do not copy shared memory.
    gc.collect()
    gc.freeze()
