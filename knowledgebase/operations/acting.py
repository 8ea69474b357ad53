"""Actions of scripts: a webhook is called by the worker, and what it answers leads on.

One more try is made when nobody answers; somebody stands waiting, so that is given up soon. What the receiver is
sent are keys, codes, numbers and times, and the answers that were chosen from a list: no word that anybody typed.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.handlers import Undeliverable
from delivery.models import Delivery, Webhook
from delivery.operations import enqueue
from delivery.webhooks import KIND as WEBHOOK_KIND
from delivery.webhooks import Answered, NotAnswered, call
from escalation.rules.telling import FACTS
from knowledgebase.models import Run, RunAction
from knowledgebase.operations.running import at_place, keep_answer
from knowledgebase.queries.runs import Standing, action_at, standing
from knowledgebase.scripts.spec import FAILED, OK, ONWARD, Kind, Step
from tickets import events
from tickets.events import plain
from tickets.refusals import Invalid, Refused

KIND = "script.action"
MOST_ATTEMPTS = 3
LONGEST_ANSWER = 2_000
TRY_AGAIN = (408, 425, 429)
"""Refusals of the moment."""


class AlreadyCalled(Refused):
    """The webhook is being called, or was called and has answered."""

    code = "already_called"


class NothingToWaitFor(Refused):
    """The webhook is not being called."""

    code = "nothing_to_wait_for"


@transaction.atomic
def act(run: Run, *, place: int, step: str, by: User, at: datetime) -> RunAction:
    """Call the webhook of the step at which the run stands. Its answer moves the run on.

    Raises:
        MovedOn, NotRunning: the run is not there.
        AlreadyCalled: once is enough.
        Invalid: the webhook is gone or not in use.
    """
    here, asked = at_place(run, place=place, step=step, by=by)
    if asked.kind != Kind.ACTION:
        raise Invalid(_("This step calls nothing."), field="step")
    known = action_at(here.run, place)
    if place < here.position.place or (known and known.state == RunAction.State.WAITING):
        raise AlreadyCalled(_("This is being done, or was done already."))
    webhook = Webhook.objects.filter(name__iexact=asked.webhook, is_enabled=True).first()
    if webhook is None:
        raise Invalid(
            _(
                "The webhook “%(name)s” is gone or not in use. Do it by hand, and suggest a change to this step."
            )
            % {"name": asked.webhook},
            field="webhook",
        )
    action = RunAction.objects.create(
        run=here.run, ticket_id=here.run.ticket_id, place=place, step=step, webhook=webhook, by=by, at=at
    )
    enqueue(
        KIND,
        {"action": action.pk},
        at=at,
        ticket_number=here.run.ticket_id,
        dedupe_key=f"{KIND}:{action.pk}",
        order_key=f"{WEBHOOK_KIND}:{webhook.pk}",
        max_attempts=MOST_ATTEMPTS,
        webhook_id=webhook.pk,
    )
    return action


@transaction.atomic
def stop_waiting(run: Run, *, place: int, step: str, by: User, at: datetime) -> Run:
    """Go on as if it had failed: nobody is kept waiting by a receiver that does not answer."""
    here, asked = at_place(run, place=place, step=step, by=by)
    action = action_at(here.run, place)
    if action is None or action.state != RunAction.State.WAITING:
        raise NothingToWaitFor(_("Nothing is being waited for at this step."))
    _end(action, RunAction.State.LEFT, at)
    keep_answer(here, place, asked, FAILED, by=by, at=at, data={"action": action.pk})
    return here.run


# --- by the worker ---


def carry_out(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Call the webhook, and lead the run on by its answer. The call is made outside of any transaction."""
    action = RunAction.objects.select_related("webhook", "run__version", "run__article").get(
        pk=payload["action"]
    )
    if action.state != RunAction.State.WAITING:
        return
    webhook = action.webhook
    if webhook is None or not webhook.is_enabled:
        _settle(action, RunAction.State.FAILED, None, at)
        raise Undeliverable("The webhook is gone or not in use.")
    try:
        answered = call(webhook, _message(action), delivery=delivery, at=at)
    except Exception as error:
        # The owner of the run sees that it failed; the delivery keeps why.
        if delivery.is_last_try or isinstance(error, Undeliverable):
            _settle(action, RunAction.State.FAILED, None, at)
        raise
    if answered.is_yes:
        _settle(action, RunAction.State.OK, answered, at)
        return
    may_change = answered.status >= 500 or answered.status in TRY_AGAIN
    if delivery.is_last_try or not may_change:
        _settle(action, RunAction.State.FAILED, answered, at)
    if may_change:
        raise NotAnswered(f"The receiver answered {answered.status}.")
    raise Undeliverable(f"The receiver answered {answered.status}.")


def _message(action: RunAction) -> dict[str, Any]:
    run = action.run
    here, ticket = standing(run), run.ticket
    return {
        "type": KIND,
        "at": plain(action.at),
        "script": {"slug": run.article.slug, "version": run.version.number},
        "step": action.step,
        "run": run.pk,
        "action": action.pk,
        "by": action.by_id,
        "verified": here.position.is_verified,
        "answers": _chosen(here),
        "ticket": {"number": ticket.number, **{name: plain(getattr(ticket, name)) for name in FACTS}},
    }


def _chosen(here: Standing) -> dict[str, str]:
    """By step the last answer, where it was one of a closed list."""
    return {
        passed.step.key: passed.answer.value
        for passed in here.position.path
        if ONWARD not in passed.step.answers()
    }


@transaction.atomic
def _settle(action: RunAction, state: str, answered: Answered | None, at: datetime) -> None:
    """Keep what came back, and answer the step by it, if the run still stands there."""
    events.lock(action.ticket_id)
    run = (
        Run.objects.select_for_update(of=("self",)).select_related("article", "version").get(pk=action.run_id)
    )
    fresh = RunAction.objects.select_for_update(of=("self",)).select_related("by").get(pk=action.pk)
    if fresh.state != RunAction.State.WAITING:
        return
    if answered is not None:
        fresh.status, fresh.text = answered.status, answered.text.replace("\x00", "")[:LONGEST_ANSWER]
    _end(fresh, state, at)
    here = standing(run)
    step: Step = here.step
    if run.is_running and here.position.place == fresh.place and step.key == fresh.step:
        value = OK if state == RunAction.State.OK else FAILED
        data = {"action": fresh.pk, "status": fresh.status}
        keep_answer(here, fresh.place, step, value, by=fresh.by, at=at, data=data)


def _end(action: RunAction, state: str, at: datetime) -> None:
    action.state, action.ended_at = state, at
    action.save(update_fields=["state", "ended_at", "status", "text"])
