"""How runs end: the ticket is resolved or handed over by the operation that does so everywhere, and the run with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.prepared import Prepared
from escalation import operations as escalation
from escalation.models import Proposal
from knowledgebase.models import LinkRole, Run, RunOutcome, TicketArticle
from knowledgebase.operations.linking import link_solution
from knowledgebase.operations.running import RunningAlready, end, locked, start, tell
from knowledgebase.permissions import readable_now
from knowledgebase.queries.runs import Standing, article_named, standing
from knowledgebase.scripts.spec import HAND_OVER, NEXT_SOP, RESOLVE
from tickets import events, operations
from tickets.models import Ticket
from tickets.refusals import Invalid


@transaction.atomic
def resolve(ticket: Ticket, *, by: User, at: datetime, **facts: Any) -> Ticket:
    """Resolve the ticket; what runs there ends with it, and its history says what was answered.

    Raises:
        Refused: whatever `tickets.operations.resolve` refuses.
    """
    with _ending_runs():
        ticket = operations.resolve(ticket, by=by, at=at, **facts)
    for here in _running(ticket):
        is_there = here.step.act == RESOLVE
        end(here, RunOutcome.RESOLVED if is_there else RunOutcome.OVERTAKEN, by=by, at=at)
        if is_there:
            _is_solution(here, by=by, at=at)
    return events.lock(ticket)


def resolve_on_its_way(ticket: Ticket, *, text: str, by: User, at: datetime, **facts: Any) -> Ticket:
    """The same for a reply that leaves later (`tickets.operations.outgoing`)."""
    return resolve(ticket, summary=text, by=by, at=at, **facts)


@transaction.atomic
def propose_resolution(ticket: Ticket, *, summary: str, by: User, at: datetime, **facts: Any) -> Ticket:
    """The same where the contact tells the requester: the run ends, the ticket waits for the contact."""
    result = escalation.propose_reply(
        ticket, kind=Proposal.Kind.RESOLUTION, text=summary, by=by, at=at, **facts
    )
    for here in _running(ticket):
        if here.step.act == RESOLVE:
            end(here, RunOutcome.RESOLVED, by=by, at=at)
    return result


@transaction.atomic
def hand_over(ticket: Ticket, *, by: User, at: datetime, **facts: Any) -> Any:
    """Hand the ticket over. A run that stands at such an end, ends; one that is half way is told of and goes on.

    Raises:
        Refused: whatever `escalation.operations.hand_over` refuses.
    """
    result = escalation.hand_over(ticket, by=by, at=at, **facts)
    for here in _running(ticket):
        if here.step.act == HAND_OVER:
            end(here, RunOutcome.HANDED_OVER, by=by, at=at)
        elif here.passed:
            tell(here, by=by, at=at)
    return result


@transaction.atomic
def go_on(run: Run, *, by: User, at: datetime) -> Run:
    """End the run where another script follows, and start that one.

    Raises:
        Invalid: the run does not stand at such an end, or that script cannot be started.
    """
    here = locked(run, by=by)
    if here.step.act != NEXT_SOP:
        raise Invalid(_("No other script follows here."), field="sop")
    article = article_named(here.step.sop)
    if article is None:
        raise Invalid(_("The script “%(sop)s” is gone.") % {"sop": here.step.sop}, field="sop")
    end(here, RunOutcome.NEXT_SOP, by=by, at=at)
    try:
        return start(here.run.ticket, article=article, by=by, at=at, previous=here.run)
    except RunningAlready as running:
        return running.run


def overtake(ticket: Ticket, *, at: datetime) -> None:
    """The ticket has ended in another way: what runs there is over. Own rows alone, for a reaction calls it."""
    if _is_ending_runs.get():
        return
    if not _any_running(ticket=ticket.pk):
        return
    for run in Run.objects.running().filter(ticket=ticket).select_related("article", "version"):
        end(standing(run), RunOutcome.OVERTAKEN, by=None, at=at, tells=False)


_any_running = Prepared(
    lambda ticket: Run.objects.running().filter(ticket_id=ticket).values_list("pk")[:1], "ticket"
)
"""Asked at the end of every ticket; few have any."""

_is_ending_runs: ContextVar[bool] = ContextVar("knowledgebase_ending_runs", default=False)


@contextmanager
def _ending_runs() -> Iterator[None]:
    """Inside, whoever ends the ticket ends its runs, too, and says how."""
    token = _is_ending_runs.set(True)
    try:
        yield
    finally:
        _is_ending_runs.reset(token)


def _is_solution(here: Standing, *, by: User, at: datetime) -> None:
    """The script has solved it, unless somebody has named another article."""
    ticket, article = here.run.ticket, here.run.article
    named = TicketArticle.objects.filter(ticket=ticket, role=LinkRole.SOLUTION).exists()
    if not named and readable_now(article, by):
        link_solution(ticket, article=article, by=by, at=at)


def _running(ticket: Ticket) -> list[Standing]:
    """The runs of a ticket that its caller has locked."""
    rows = Run.objects.running().filter(ticket=ticket).select_for_update(of=("self",))
    found = list(rows.select_related("article", "version").order_by("pk"))
    for run in found:
        run.ticket = ticket
    return [standing(run) for run in found]
