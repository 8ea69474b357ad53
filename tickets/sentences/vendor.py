"""Which events a vendor's guest reads about: those that concern the vendor, in the desk's words."""

from tickets import events
from tickets.sentences.desk import SENTENCES as DESK
from tickets.sentences.desk import Say

TOLD = (
    events.SHARED,
    events.VENDOR_REPLIED,
    events.WAITS_VENDOR,
    events.RESUMED,
    events.RESOLVED,
    events.REOPENED,
    events.CLOSED,
    events.CANCELLED,
    events.WITHDRAWN,
)

SENTENCES: dict[str, Say] = {kind: DESK[kind] for kind in TOLD}
