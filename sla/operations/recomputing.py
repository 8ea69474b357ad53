"""Judging every open ticket anew after a publication: in the background, in small batches, with progress.

Whoever publishes a policy or a calendar calls `ask` in the same transaction; a delivery carries the job out,
some seconds at a time. Each batch is a transaction of its own that also moves `last_ticket` on, so a worker
that dies loses one batch. Tickets that somebody is just changing are not waited for: their clocks still bear
an older revision, by which they are found at the end, as are those of an operation that read the book before
the publication and was committed after the job had passed.
"""

import uuid
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from delivery.operations import enqueue
from sla.book import rules_in_force
from sla.models import Book, Clock, Recompute
from sla.operations.judging import Tally, judge_all
from tickets.models import Ticket, TicketQuerySet

KIND = "sla.recompute"
UNFINISHED = (Recompute.State.WAITING, Recompute.State.RUNNING)
BATCH = 100
"""Tickets in one transaction: an edit of one of them waits a tenth of a second, not longer."""
FORGOTTEN_AFTER = timedelta(minutes=10)


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
    unfinished = list(Recompute.objects.select_for_update().filter(state__in=UNFINISHED).order_by("pk"))
    starts_missing = starts_missing or any(job.starts_missing for job in unfinished)
    Recompute.objects.filter(pk__in=[job.pk for job in unfinished]).update(
        state=Recompute.State.REPLACED, done_at=at
    )
    job = Recompute.objects.create(
        revision=book.revision, reason=reason[:200], by=by, at=at, starts_missing=starts_missing
    )
    enqueue(KIND, {"job": job.pk}, at=at)
    return job


def carry_on_later(job: int, *, at: datetime) -> None:
    """Leave the rest of a job to the next delivery, so that none takes long and others get their turn."""
    enqueue(KIND, {"job": job}, at=at)


@transaction.atomic
def step(job: int, *, at: datetime) -> bool:
    """Judge the next batch of a job; say whether there is more to do.

    No where it is done, taken over by a newer one, or in the hands of another worker at this moment.
    """
    row = (
        Recompute.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=job, state__in=UNFINISHED)
        .first()
    )
    if row is None:
        return False
    if row.state == Recompute.State.WAITING:
        row.state, row.total = Recompute.State.RUNNING, Ticket.objects.open().count()
    tally, is_last = _next_batch(row, at)
    row.seen = min(row.seen + tally.tickets, row.total)
    row.moved, row.breached = row.moved + tally.moved, row.breached + tally.breached
    row.started, row.touched_at = row.started + tally.started, at
    if is_last:
        row.state, row.done_at, row.seen = Recompute.State.DONE, at, row.total
    row.save()
    return not is_last


def run(job: Recompute, *, at: datetime) -> Recompute:
    """Carry a job out to its end, here and now."""
    while step(job.pk, at=at):
        pass
    job.refresh_from_db()
    return job


@transaction.atomic
def judge_stragglers(*, at: datetime, limit: int = BATCH) -> int:
    """Judge open clocks that nobody has judged by the book in force; answers how many tickets that were.

    None while a job is under way, which finds them itself.
    """
    if Recompute.objects.filter(state__in=UNFINISHED).exists():
        return 0
    return _judge_stale(at, limit).tickets


@transaction.atomic
def remind_of_forgotten(*, at: datetime) -> int:
    """Deliver anew a job that has not moved for a while, because its delivery was given up; answers how many."""
    rows = Recompute.objects.filter(state__in=UNFINISHED, at__lt=at - FORGOTTEN_AFTER)
    forgotten = [job.pk for job in rows if job.touched_at is None or job.touched_at < at - FORGOTTEN_AFTER]
    for job in forgotten:
        bucket = int(at.timestamp() // FORGOTTEN_AFTER.total_seconds())
        enqueue(KIND, {"job": job}, at=at, dedupe_key=f"{KIND}:{job}:{bucket}")
    return len(forgotten)


def _next_batch(job: Recompute, at: datetime) -> tuple[Tally, bool]:
    """Tickets behind the last one; when there are none left, those whose turn was missed."""
    keys = list(
        Ticket.objects.open()
        .filter(pk__gt=job.last_ticket)
        .order_by("pk")
        .values_list("pk", flat=True)[:BATCH]
    )
    if not keys:
        tally = _judge_stale(at, BATCH)
        return Tally(0, tally.moved, tally.breached, tally.started), tally.tickets == 0
    tickets = _locked(Ticket.objects.filter(pk__in=keys), skips=not job.starts_missing)
    tally = judge_all(tickets, rules_in_force(), at=at, starts_missing=job.starts_missing)
    job.last_ticket, tally.tickets = keys[-1], len(keys)
    return tally, False


def _judge_stale(at: datetime, limit: int) -> Tally:
    """Waits for whoever holds one of them; they are few."""
    rules = rules_in_force()
    stale = Clock.objects.filter(revision__lt=rules.revision).exclude(state=Clock.State.ENDED)
    keys = set(stale.values_list("ticket_id", flat=True)[:limit])
    tickets = _locked(Ticket.objects.filter(pk__in=keys), skips=False) if keys else []
    return judge_all(tickets, rules, at=at)


def _locked(tickets: TicketQuerySet, *, skips: bool) -> list[Ticket]:
    return list(tickets.select_for_update(no_key=True, skip_locked=skips, of=("self",)).order_by("pk"))
