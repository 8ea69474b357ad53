"""Asking the process that fetches: look into this mailbox, try this connection."""

from __future__ import annotations

from delivery import doorbell

QUEUE = "mail"
FETCH, TRY = "intake.tasks.fetch_mailbox", "intake.tasks.try_mailbox"


def ring(key: int) -> bool:
    """Look into the mailbox of this connection now. Lost rings are made up for when its time comes."""
    return doorbell.publish(FETCH, args=(key,), queue=QUEUE)


def ring_for_trial(key: int) -> bool:
    return doorbell.publish(TRY, args=(key,), queue=QUEUE)
