"""The record of a problem: what is known of its cause, what was decided, and the incidents behind it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from knowledgebase import events
from knowledgebase.models import PROBLEM_WORDS, Decision, ProblemRecord, ProblemRevision
from knowledgebase.refusals import NotAProblem, RecordChanged
from tickets import events as tickets
from tickets import operations
from tickets.models import Kind, LinkType, Ticket
from tickets.operations import BulkResult
from tickets.operations.guards import line, require_desk, require_work, words
from tickets.refusals import Invalid

LONGEST = 20_000
LONGEST_WHERE = 200


@transaction.atomic
def write_record(
    problem: Ticket,
    *,
    by: User | None,
    at: datetime,
    reproduced_how: str = "",
    reproduced_where: str = "",
    root_cause: str = "",
    base: int | None = None,
) -> ProblemRecord:
    """Write down how and where it was reproduced, and its root cause. Earlier states stay.

    Args:
        base: the revision that the person had before them.

    Raises:
        NotAProblem: the ticket is of another kind.
        NotAllowed: it lies with another team.
        RecordChanged: somebody has written in it since `base`.
    """
    record = _record(problem, by, at, base)
    record.reproduced_how = words(reproduced_how, "reproduced_how", longest=LONGEST, needed=False)
    record.reproduced_where = line(reproduced_where, "reproduced_where", longest=LONGEST_WHERE)
    record.root_cause = words(root_cause, "root_cause", longest=LONGEST, needed=False)
    return _keep(record, events.PROBLEM_RECORDED, by=by, at=at)


@transaction.atomic
def decide(
    problem: Ticket, *, decision: str, why: str, by: User | None, at: datetime, base: int | None = None
) -> ProblemRecord:
    """Decide what becomes of it: fixed, the workaround stays, a vendor fixes it, or it is accepted; and why.

    Raises:
        NotAProblem, NotAllowed, RecordChanged: as `write_record`.
        Invalid: no such decision, or no reason.
    """
    record = _record(problem, by, at, base)
    if decision not in Decision.values:
        raise Invalid(_("Choose what becomes of it."), field="decision")
    record.decision = decision
    record.decision_why = words(why, "why", longest=LONGEST)
    record.decided_by, record.decided_at = by, at
    return _keep(record, events.PROBLEM_DECIDED, by=by, at=at, decision=str(decision))


def gather(problem: Ticket, *, incidents: Iterable[Ticket], by: User | None, at: datetime) -> BulkResult:
    """Say of several tickets that this problem is their cause. Each that is refused is told, the rest is linked."""
    return operations.bulk(attach, incidents, problem=problem, by=by, at=at)


def attach(incident: Ticket, *, problem: Ticket, by: User | None, at: datetime) -> Ticket:
    """Say that a problem is the cause of this ticket.

    Raises:
        NotAProblem: the other is no problem.
        Refused: what linking refuses.
    """
    if problem.kind != Kind.PROBLEM:
        raise NotAProblem(problem)
    return operations.link(incident, other=problem, type=LinkType.CAUSED_BY, by=by, at=at)


# --- below ---


def _record(problem: Ticket, by: User | None, at: datetime, base: int | None) -> ProblemRecord:
    require_desk(by)
    problem = tickets.lock(problem)
    if problem.kind != Kind.PROBLEM:
        raise NotAProblem(problem)
    require_work(by, problem)
    record, _is_new = ProblemRecord.objects.get_or_create(ticket=problem, defaults={"changed_at": at})
    if base is not None and base != record.revision:
        last = record.revisions.select_related("by").first()
        raise RecordChanged(last.by.name if last and last.by else _("Somebody"))
    return record


def _keep(record: ProblemRecord, kind: str, *, by: User | None, at: datetime, **data: Any) -> ProblemRecord:
    """Save it with one more state, and tell it; what says the same as before changes nothing."""
    said = {name: getattr(record, name) for name in PROBLEM_WORDS}
    last = record.revisions.order_by("-number").values(*PROBLEM_WORDS).first()
    if last == said or (last is None and not any(said.values())):
        return ProblemRecord.objects.get(pk=record.pk)
    record.revision += 1
    record.changed_at = at
    record.save()
    ProblemRevision.objects.create(
        record=record, ticket_id=record.ticket_id, number=record.revision, by=by, at=at, **said
    )
    told = tickets.Quiet(record.ticket_id, kind, at, data, by_id=by.pk if by else None)
    tickets.tell([told], written=at)
    return record
