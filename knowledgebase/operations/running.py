"""Running a script for a ticket: start, answer, answer again, give up. Whoever of the desk reads it can go on with it.

Every operation locks the ticket first and the run after it, so that two people never wait for each other.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from knowledgebase.models import Article, Run, RunAction, RunAnswer, RunOutcome, meant_for
from knowledgebase.operations.counting_runs import count
from knowledgebase.operations.telling import block
from knowledgebase.queries.runs import (
    Standing,
    open_seconds,
    position_of,
    reading_of,
    rows_of,
    script_of,
    standing,
    startable,
)
from knowledgebase.scripts.spec import ONWARD, Kind, Script, Step
from knowledgebase.scripts.walking import LONGEST_WAY, NotAnAnswer, Position, read_answer
from tickets import events
from tickets.models import Attachment, Ticket
from tickets.operations import guards, note
from tickets.refusals import Invalid, NotAllowed, Refused

BY_ITSELF = (Kind.VERIFY, Kind.ACTION)
"""Steps that have an operation of their own (verifying, acting)."""
MOST_SECONDS = 2**31 - 1


class NotRunning(Refused):
    """The run has ended."""

    code = "not_running"


class RunningAlready(Refused):
    """The same script is being run for this ticket."""

    code = "running_already"

    def __init__(self, run: Run) -> None:
        super().__init__(
            _("“%(script)s” is being run for this ticket already: go on with it.") % {"script": run.article}
        )
        self.run = run


class MovedOn(Refused):
    """Somebody else has answered meanwhile, so that the run stands at another step."""

    code = "moved_on"


class NotDueYet(Refused):
    """The timer of the step is still running."""

    code = "not_due_yet"


@transaction.atomic
def start(ticket: Ticket, *, article: Article, by: User, at: datetime, previous: Run | None = None) -> Run:
    """Begin a script, in the version that is published now.

    Raises:
        NotOpen: the ticket has ended.
        Invalid: it is no script that this person may start.
        RunningAlready: with the run that is there.
    """
    guards.require_desk(by)
    ticket = events.lock(ticket)
    guards.require_open(ticket)
    fresh = startable(by).select_related("published").filter(pk=article.pk).first()
    if fresh is None or fresh.published is None:
        raise Invalid(_("This script cannot be started: it is not published, or not for you."), field="sop")
    known = Run.objects.running().filter(ticket=ticket, article=fresh).select_related("article").first()
    if known is not None:
        raise RunningAlready(known)
    script = script_of(fresh.published)
    run = Run(
        ticket=ticket,
        article=fresh,
        version=fresh.published,
        started_by=by,
        started_at=at,
        reached_at=at,
        step=script.start,
        previous=previous,
    )
    run.save(force_insert=True)
    _stand(run, script, {}, by=by, at=at)
    return run


@transaction.atomic
def answer(
    run: Run,
    *,
    place: int,
    step: str,
    value: str = "",
    attachments: Iterable[uuid.UUID | str] = (),
    by: User,
    at: datetime,
) -> Run:
    """Answer the step at a place of the way: where the run stands, or one that was answered before.

    Raises:
        NotRunning, MovedOn: the run is not where this was asked.
        NotDueYet: a timer.
        Invalid: it is no answer of this step; the field is `value`, or `attachments`.
    """
    here, asked = at_place(run, place=place, step=step, by=by)
    if asked.kind in BY_ITSELF:
        raise Invalid(_("This step is not answered by hand."), field="value")
    if asked.kind == Kind.TIMER and here.run.due_at and at < here.run.due_at and place == here.position.place:
        raise NotDueYet(_("The time is not over yet."), field="value")
    if asked.kind == Kind.FILE:
        keep_answer(here, place, asked, ONWARD, by=by, at=at, data=_files(here, asked, attachments, by, at))
    else:
        try:
            keep_answer(here, place, asked, read_answer(asked, value), by=by, at=at)
        except NotAnAnswer as error:
            raise Invalid(str(error), field="value") from error
    return here.run


@transaction.atomic
def give_up(run: Run, *, why: str, by: User, at: datetime) -> Run:
    """End a run before its end. What was answered goes into the ticket's history all the same."""
    here = locked(run, by=by)
    why = guards.line(why, "why", longest=500, needed=True)
    end(here, RunOutcome.GIVEN_UP, by=by, at=at, why=why)
    return here.run


# --- shared with verifying, acting and ending ---


def locked(run: Run, *, by: User) -> Standing:
    """The run as it stands, with its ticket locked.

    Raises:
        NotAllowed: the script is not for this person.
        NotRunning: it has ended.
    """
    guards.require_desk(by)
    ticket = events.lock(run.ticket_id)
    rows = Run.objects.select_for_update(of=("self",)).select_related("article", "version")
    fresh = rows.get(pk=run.pk)
    fresh.ticket = ticket
    if not Article.objects.filter(meant_for(by), pk=fresh.article_id).exists():
        raise NotAllowed(_("This script is not for you."))
    if not fresh.is_running:
        raise NotRunning(_("This run has ended: %(how)s.") % {"how": fresh.get_outcome_display()})
    return standing(fresh)


def at_place(run: Run, *, place: int, step: str, by: User) -> tuple[Standing, Step]:
    """The run as it stands, and the step that is to be answered, if the way has that step at that place."""
    here = locked(run, by=by)
    position = here.position
    if place == position.place and step == position.step.key and not position.is_ended:
        return here, position.step
    if 0 <= place < position.place and position.path[place].step.key == step:
        return here, position.path[place].step
    raise MovedOn(_("The run stands at another step now. Look where it is, and answer there."), field="place")


def keep_answer(
    here: Standing,
    place: int,
    step: Step,
    value: str,
    *,
    by: User | None,
    at: datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write the answer, and stand where it leads."""
    if place >= LONGEST_WAY:
        raise Refused(_("This run goes round and round. Give it up, and suggest a change to its steps."))
    run, is_new = here.run, place == here.position.place
    seconds = min(open_seconds(run, at), MOST_SECONDS) if is_new else 0
    RunAnswer.objects.create(
        run=run,
        ticket_id=run.ticket_id,
        place=place,
        step=step.key,
        value=value,
        data=dict(data or {}),
        by=by,
        at=at,
        seconds=seconds,
    )
    if is_new:
        count(run, step.key, answered=1, seconds=seconds)
    _stand(run, here.script, rows_of(run), by=by, at=at)


def end(
    here: Standing, outcome: str, *, by: User | None, at: datetime, why: str = "", tells: bool = True
) -> None:
    """End the run, count where it was left, and write what was answered into the ticket's history."""
    run = here.run
    run.ended_at, run.ended_by, run.outcome, run.why, run.due_at = at, by, outcome, why, None
    run.save(update_fields=["ended_at", "ended_by", "outcome", "why", "due_at"])
    RunAction.objects.filter(run=run, state=RunAction.State.WAITING).update(
        state=RunAction.State.LEFT, ended_at=at
    )
    if outcome in (RunOutcome.GIVEN_UP, RunOutcome.OVERTAKEN):
        count(run, run.step, dropped=1)
    if tells:
        tell(here, by=by, at=at)


def tell(here: Standing, *, by: User | None, at: datetime) -> None:
    """One readable block in the ticket's history, for the desk alone."""
    note(here.run.ticket, text=block(here), by=by, at=at)


def _stand(run: Run, script: Script, rows: dict[int, RunAnswer], *, by: User | None, at: datetime) -> None:
    """Stand where the answers lead; read of the ticket what branches ask on the way."""
    position = position_of(script, rows, run.readings)
    while position.needs:
        run.readings = {**run.readings, position.needs: reading_of(run.ticket, position.needs, by)}
        position = position_of(script, rows, run.readings)
    if (run.step, run.place) != (position.step.key, position.place) or not rows:
        count(run, position.step.key, reached=1)
    _move(run, position, at)


def _move(run: Run, position: Position, at: datetime) -> None:
    step, stands = position.step, (run.step, run.place)
    if stands != (step.key, position.place) or run.due_at is None:
        run.due_at = at + timedelta(minutes=step.minutes) if step.kind == Kind.TIMER else None
    run.step, run.place, run.reached_at = step.key, position.place, at
    run.save(update_fields=["step", "place", "reached_at", "due_at", "readings"])


def _files(
    here: Standing, step: Step, attachments: Iterable[uuid.UUID | str], by: User, at: datetime
) -> dict[str, Any]:
    """Files go onto the ticket at once, with a note that says to which step they belong."""
    keys = [str(key) for key in attachments]
    if not keys:
        if step.required:
            raise Invalid(_("Attach a file to go on."), field="attachments")
        return {"files": [], "names": []}
    words = _("For the script “%(script)s”: %(step)s") % {"script": here.run.article, "step": step.name}
    note(here.run.ticket, text=words, by=by, at=at, attachments=keys)
    files = Attachment.objects.filter(pk__in=keys).order_by("uploaded_at", "pk")
    return {"files": [str(file.pk) for file in files], "names": [file.name for file in files]}
