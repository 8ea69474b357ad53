"""Acts on many tickets as jobs: carried out at once or behind the page, with progress, result and a way back.

What was asked is kept as the form sent it and read anew for each piece, as its sender would be told today: their
language, their zone, what they may see.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from delivery.models import Delivery
from delivery.operations import enqueue
from helpdesk.desk import undoing
from helpdesk.desk.bulk_acts import form_for, named, noted
from helpdesk.desk.counts import forget_counts
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.sending import done, once, toast
from tickets import operations
from tickets.models import NUMBER_PREFIX, BulkJob, Ticket
from tickets.refusals import Refused

KIND = "desk.bulk"
DIRECT = 50
"""So many tickets are acted on while one waits; more of them behind the page."""
PIECE = 10
"""Tickets of one transaction of a long job: others wait for their locks no longer than that."""
SECONDS = 4
"""How long a delivery carries a job on, before others have their turn."""
MOST_TRIES = 5
MOST_LISTED = 30


def start(
    name: str,
    tickets: Sequence[Ticket],
    *,
    by: User,
    at: datetime,
    back: str,
    asked: dict[str, Any] | None = None,
    undoes: BulkJob | None = None,
) -> BulkJob:
    """Begin an act on these tickets; a short one is carried out before this returns."""
    job = operations.begin_job(name, tickets, by=by, at=at, asked=asked, back=back, undoes=undoes)
    if len(tickets) > DIRECT:
        enqueue(KIND, {"job": job.pk}, at=at, max_attempts=MOST_TRIES)
        return job
    _step(job.pk, at=at, piece=DIRECT)
    job.refresh_from_db()
    return job


def carry_out(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """The worker's part: some seconds of a long job, then a delivery for the rest."""
    key, until = payload["job"], time.monotonic() + SECONDS
    try:
        while _step(key, at=timezone.now(), piece=PIECE):
            if time.monotonic() > until:
                enqueue(KIND, payload, at=timezone.now(), max_attempts=MOST_TRIES)
                return
    except Exception as error:
        if delivery.is_last_try:
            operations.break_off(key, error=f"{type(error).__name__}: {error}", at=timezone.now())
        raise


def _step(key: int, *, at: datetime, piece: int) -> bool:
    job = BulkJob.objects.select_related("by", "undoes").filter(pk=key).first()
    if job is None or job.is_finished:
        return False
    with translation.override(job.by.language), timezone.override(job.by.zone):
        if job.undoes is not None:
            back = partial(undoing.undo, of=job.act, changed=job.undoes.changed)
            return operations.carry_on(key, back, {}, at=at, piece=piece)
        act = named(job.act)
        if act is None:
            operations.break_off(key, error=_("There is no such act any more."), at=at)
            return False
        form = form_for(job.act, (), user=job.by, data=_sent(job))
        if not form.is_valid():
            problem = " ".join(str(text) for texts in form.errors.values() for text in texts)
            operations.break_off(key, error=problem, at=at)
            return False
        return operations.carry_on(key, act.carry_out, form.arguments(), at=at, piece=piece, note=noted)


# --- Pages ---


@require_safe
@technicians_page
def jobs(request: DeskRequest) -> HttpResponse:
    """One's own acts on many tickets of the last days."""
    rows = BulkJob.objects.filter(by=request.user)[:MOST_LISTED]
    lines = [{"job": row, "label": label_of(row)} for row in rows]
    return render(request, "desk/jobs/list.html", {"lines": lines})


@require_safe
@technicians_page
def job(request: DeskRequest, key: int) -> HttpResponse:
    """How far it is, then what came of it."""
    found = _own(request, key)
    if found.is_finished:
        forget_counts(request.user)
    response = render(request, "desk/jobs/job.html", about(found))
    if found.is_finished and request.htmx:
        response["HX-Trigger"] = "ticketsChanged"
    return response


def about(job: BulkJob) -> dict[str, Any]:
    """What the page of a job and the result in its dialog show."""
    numbered = {
        name: [(f"{NUMBER_PREFIX}{pk}", words) for pk, words in getattr(job, name)]
        for name in ("refused", "noted")
    }
    return {
        "job": job,
        "label": label_of(job),
        "told": told(job),
        "left": job.total - job.position,
        "can_undo": undoing.can_be_undone(job, at=timezone.now()),
        "back": job.back,
        **numbered,
    }


def label_of(job: BulkJob) -> str:
    act = named(job.act)
    label = str(act.label) if act else job.act
    return _("Undo: %(act)s") % {"act": label} if job.undoes_id else label


def told(job: BulkJob) -> str:
    """What was done, in a sentence; empty while nothing is."""
    n = len(job.done)
    text = ngettext("%(act)s: done for %(n)s ticket.", "%(act)s: done for %(n)s tickets.", n)
    return text % {"act": label_of(job), "n": n} if n else ""


@require_POST
@technicians_page
def undo(request: DeskRequest, key: int) -> HttpResponseBase:
    """Take back what the job did, on each ticket where nobody has changed the same since."""
    undone = _own(request, key)
    try:
        outcome = once(request, lambda at: {"job": _undo(undone, by=request.user, at=at).pk})
    except Refused as refused:
        if request.htmx:
            return toast(refused)
        raise
    return after(request, BulkJob.objects.get(pk=outcome["job"]))


def _undo(job: BulkJob, *, by: User, at: datetime) -> BulkJob:
    if not undoing.can_be_undone(job, at=at):
        raise undoing.TooLate
    tickets = list(
        Ticket.objects.visible_to(by).filter(pk__in=[int(key) for key in job.changed]).order_by("pk")
    )
    try:
        with transaction.atomic():
            return start(job.act, tickets, by=by, at=at, back=job.back, undoes=job)
    except IntegrityError:  # pressed twice
        raise undoing.TooLate from None


def after(request: DeskRequest, job: BulkJob) -> HttpResponseBase:
    """Back to the list where all went well; else to the page that tells what did not, or how far it is."""
    if not job.went_well:
        return done(request, {}, to=f"/desk/jobs/{job.pk}/")
    extra = f"undo:/desk/jobs/{job.pk}/undo/" if undoing.can_be_undone(job, at=timezone.now()) else ""
    messages.success(request, told(job) or _("Nothing was left to do."), extra_tags=extra)
    return done(request, {}, to=job.back)


def _own(request: DeskRequest, key: int) -> BulkJob:
    found = BulkJob.objects.filter(pk=key, by=request.user).first()
    if found is None:
        raise Http404
    return found


def _sent(job: BulkJob) -> QueryDict:
    """The fields as the form sent them."""
    data = QueryDict(mutable=True)
    for name, values in job.asked.items():
        data.setlist(name, values)
    return data
