"""Starts, or shares, the local servers before Django is set up, and gives each test process keys of its own."""

import os

from helpdesk.local import servers

# The demo uses Redis database 0; the tests the ones above, by the number of the xdist process.
worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["DEBUG"] = os.environ.get("DEBUG", "1")
    servers.use()
base, _, _number = os.environ["REDIS_URL"].rpartition("/")
os.environ["REDIS_URL"] = f"{base}/{1 + int(worker.removeprefix('gw'))}"
os.environ["REDIS_PREFIX"] = f"test-{worker}:"
