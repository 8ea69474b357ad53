"""One act on many tickets: what is refused is told, the rest is done; tried before, in pieces when it is long."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from tickets.models import BulkJob, Event, Ticket
from tickets.refusals import Refused

logger = logging.getLogger(__name__)

MOST_CHOSEN = 1_000
"""Tickets of one act."""
KEPT = timedelta(days=7)
WAIT_FOR_LOCK = "300ms"
"""How long a trial waits for somebody who is changing the same ticket."""
NOT_NOW = ("55P03", "40P01")
"""PostgreSQL's codes for a lock that was not to be had."""

GoesOn = Callable[[], bool]


@dataclass
class BulkResult:
    done: list[Ticket] = field(default_factory=list)
    refused: list[tuple[Ticket, Refused]] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)
    """What the act answered, for each of those that are done."""

    @property
    def looked_at(self) -> int:
        return len(self.done) + len(self.refused)


class Busy(Refused):
    """Somebody is changing the ticket at this moment: what comes of it cannot be told before."""

    code = "busy"

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(_("Somebody is changing %(number)s at this moment.") % {"number": ticket.number})


def bulk(
    act: Callable[..., Any], tickets: Iterable[Ticket], *, goes_on: GoesOn = lambda: True, **arguments: Any
) -> BulkResult:
    """Carry out an operation on each ticket, each in its own transaction and with its own event."""
    result = BulkResult()
    for ticket in tickets:
        if not goes_on():
            break
        try:
            with transaction.atomic():
                outcome = act(ticket, **arguments)
        except Refused as refused:
            result.refused.append((ticket, refused))
        else:
            result.done.append(ticket)
            result.outcomes.append(outcome)
    return result


def preview(
    act: Callable[..., Any], tickets: Iterable[Ticket], *, goes_on: GoesOn = lambda: True, **arguments: Any
) -> BulkResult:
    """What `bulk` would come to, without anything being done: it is carried out and taken back.

    All in one transaction, for what becomes of one ticket may depend on another (a parent ends after its children). Its
    locks are held until the end, so `goes_on` should say no after a second; nothing outside the database happens, for
    whatever leaves it waits for a commit.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT_FOR_LOCK])
        result = bulk(_tried(act), tickets, goes_on=goes_on, **arguments)
        transaction.set_rollback(True)
    return result


def _tried(act: Callable[..., Any]) -> Callable[..., Any]:
    def tried(ticket: Ticket, **arguments: Any) -> Any:
        try:
            return act(ticket, **arguments)
        except OperationalError as trouble:
            if getattr(trouble.__cause__, "pgcode", "") in NOT_NOW:
                raise Busy(ticket) from trouble
            raise

    return tried


# --- Jobs ---


@transaction.atomic
def begin_job(
    act: str,
    tickets: Sequence[Ticket],
    *,
    by: User,
    at: datetime,
    asked: dict[str, Any] | None = None,
    back: str = "",
    undoes: BulkJob | None = None,
) -> BulkJob:
    """Write down what is to be done; `carry_on` does it."""
    return BulkJob.objects.create(
        act=act,
        keys=[ticket.pk for ticket in tickets],
        asked=asked or {},
        back=back[:1000],
        undoes=undoes,
        by=by,
        at=at,
    )


@transaction.atomic
def carry_on(
    key: int,
    act: Callable[..., Any],
    arguments: dict[str, Any],
    *,
    at: datetime,
    piece: int,
    note: Callable[[Sequence[Any]], list[list[Any]]] = lambda outcomes: [],
) -> bool:
    """Carry a job out on its next `piece` tickets, and say whether more are left.

    The tickets and how far the job is are committed together: whoever dies on the way has done nothing of this piece,
    and another does it. No where the job is finished, or in the hands of another worker at this moment.
    """
    job = _unfinished(key)
    if job is None:
        return False
    keys = job.keys[job.position : job.position + piece]
    found = Ticket.objects.visible_to(job.by).select_related("team", "tier", "category").in_bulk(keys)
    # What has been restricted or deleted since it was chosen is as if it had not been.
    tickets = [found[pk] for pk in keys if pk in found]
    result = bulk(act, tickets, by=job.by, at=at, **arguments)
    job.done += [ticket.pk for ticket in result.done]
    job.refused += [[ticket.pk, str(refused)] for ticket, refused in result.refused]
    job.noted += note(result.outcomes)
    job.changed |= _told_by(result.done, by=job.by, at=at)
    job.position += len(keys)
    job.state = BulkJob.State.RUNNING
    if job.position >= job.total:
        _finish(job, BulkJob.State.DONE, at=at)
    # Not `keys`: of a thousand tickets they would be written anew with each piece.
    job.save(update_fields=["done", "refused", "noted", "changed", "position", *STATE])
    return not job.is_finished


@transaction.atomic
def break_off(key: int, *, error: str, at: datetime) -> None:
    """What was done stays done; the rest is not, and the page says so."""
    job = _unfinished(key)
    if job is not None:
        job.error = error[:300]
        _finish(job, BulkJob.State.FAILED, at=at)
        job.save(update_fields=["error", *STATE])


def forget_jobs(*, at: datetime, limit: int = 500) -> int:
    """Jobs of last week; answers how many there were."""
    keys = list(BulkJob.objects.filter(at__lt=at - KEPT).order_by("at").values_list("pk", flat=True)[:limit])
    BulkJob.objects.filter(pk__in=keys).delete()
    return len(keys)


def _unfinished(key: int) -> BulkJob | None:
    rows = BulkJob.objects.select_for_update(skip_locked=True, of=("self",)).select_related("by")
    job = rows.filter(pk=key).first()
    return None if job is None or job.is_finished else job


STATE = ("state", "finished_at", "asked")


def _finish(job: BulkJob, state: BulkJob.State, *, at: datetime) -> None:
    job.state, job.finished_at, job.asked = state, at, {}


def _told_by(tickets: Sequence[Ticket], *, by: User, at: datetime) -> dict[str, int]:
    """Their first event of each at this moment: that is the act's own, what followed from it comes later.

    Never another person's, who may have changed the same tickets a moment before: it would be undone in their stead.
    """
    keys = [ticket.pk for ticket in tickets]
    rows = Event.objects.filter(ticket__in=keys, by=by, at=at, is_quiet=False)
    return {str(ticket): key for ticket, key in rows.order_by("-id").values_list("ticket_id", "id")}


# --- Timers ---


def each_alone(keys: Iterable[int], act: Callable[[int], object]) -> int:
    """For timers: act on each ticket; one that fails keeps no other from its turn. Returns how many went well."""
    done = 0
    for key in keys:
        try:
            with transaction.atomic():
                act(key)
        except Exception:  # it is tried again by the next tick, and the log says what is wrong with it
            logger.exception("a timer of ticket %s failed", key)
        else:
            done += 1
    return done
