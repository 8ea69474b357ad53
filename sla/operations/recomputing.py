"""Judging every open ticket anew after a publication: in the background, in small batches, with progress.

Whoever publishes a policy or a calendar calls `ask` in the same transaction; a delivery carries the job out.
"""

import uuid
from datetime import datetime

from django.db import transaction

from accounts.models import User
from delivery.operations import enqueue
from sla.models import Book, Recompute

KIND = "sla.recompute"
UNFINISHED = (Recompute.State.WAITING, Recompute.State.RUNNING)


@transaction.atomic
def ask(*, reason: str, by: User | None, at: datetime, starts_missing: bool = False) -> Recompute:
    """Say that what is promised has changed, and have all open tickets judged by it; in the caller's transaction.

    Gives the book another stamp and its next revision, so that every process reads it anew. Jobs that are not
    done yet are taken over by this one: it looks at every open ticket anyway.

    Args:
        reason: what was published, as people read it in the list of jobs; cut at 200 characters.
        starts_missing: also start clocks on open tickets that have none.
    """
    book = Book.objects.select_for_update().get(pk=1)
    book.revision, book.stamp = book.revision + 1, uuid.uuid4()
    book.save(update_fields=["revision", "stamp"])
    unfinished = list(Recompute.objects.select_for_update().filter(state__in=UNFINISHED))
    starts_missing = starts_missing or any(job.starts_missing for job in unfinished)
    Recompute.objects.filter(pk__in=[job.pk for job in unfinished]).update(
        state=Recompute.State.REPLACED, done_at=at
    )
    job = Recompute.objects.create(
        revision=book.revision, reason=reason[:200], by=by, at=at, starts_missing=starts_missing
    )
    enqueue(KIND, {"job": job.pk}, at=at)
    return job
