"""The settings of the tests: the real ones, but for what costs time or leaves the machine."""

import os

from helpdesk.settings import *
from helpdesk.settings import BASE_DIR, DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# What is sent in a test leaves at once; tests/tickets/test_outgoing.py is about what does not.
UNDO_SECONDS = 0

# A test must not see the desk of the test before.
DESK_CACHE_SECONDS = 0

# Nothing is collected before a test; WhiteNoise warns of a folder that is not there.
STATIC_ROOT = BASE_DIR / "static"
# Each test client would look through all files of all apps; so a file is looked for when it is asked for.
WHITENOISE_AUTOREFRESH = True

# A run has its own name (see tests/plugins/servers.py); a worker that a test starts is given DATABASE_URL.
if "TIERDESK_TEST_RUN" in os.environ:
    DATABASES["default"]["TEST"] = {"NAME": f"test_{os.environ['TIERDESK_TEST_RUN']}_tierdesk"}

# What a lost thread has begun ends, and whoever waits for its lock is told so. The test's own time limit
# (pyproject.toml) cannot end a statement that the database is still asked for.
DATABASES["default"]["OPTIONS"]["options"] = (
    "-c lock_timeout=60s -c statement_timeout=150s -c idle_in_transaction_session_timeout=150s"
)

# No page looks for a live process, but in tests that start one (tests/plugins/live.py).
LIVE_ADDRESS = ""
