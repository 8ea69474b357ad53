"""The status machine: which status may follow which. Everything else is refused, with the legal ones named."""

from tickets.models import Status

WORKING = (Status.OPEN, Status.PENDING_REQUESTER, Status.PENDING_VENDOR, Status.ON_HOLD)
ENDS = (Status.RESOLVED, Status.CANCELLED)

LEGAL: dict[str, tuple[str, ...]] = {
    Status.NEW: (*WORKING, *ENDS),
    Status.OPEN: (Status.PENDING_REQUESTER, Status.PENDING_VENDOR, Status.ON_HOLD, *ENDS),
    Status.PENDING_REQUESTER: (*WORKING, *ENDS),
    Status.PENDING_VENDOR: (*WORKING, *ENDS),
    Status.ON_HOLD: (*WORKING, *ENDS),
    Status.RESOLVED: (Status.OPEN, Status.CLOSED),
    # Cancelled by mistake (noise that was none): back to work. What was merged stays merged.
    Status.CANCELLED: (Status.OPEN,),
    Status.CLOSED: (),
}


def legal_from(status: str) -> tuple[str, ...]:
    return LEGAL[status]
