"""Production's settings with one middleware more, which says how long an answer took. Plain http is not
weakened away: the client says, as a proxy would, that it came by https."""

from helpdesk.local.places import LOCAL
from helpdesk.settings import *
from helpdesk.settings import MIDDLEWARE

MIDDLEWARE = ["bench.timing.ServerTiming", *MIDDLEWARE]
API_REQUESTS_PER_MINUTE = 0  # what is measured is the desk, not its limits
STATIC_ROOT = LOCAL / "bench" / "static"
UNDO_SECONDS = 0  # an answer is measured whole, in the request that sends it
