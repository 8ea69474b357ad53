"""What becomes of a candidate: a problem is opened or joined, or it is dismissed and stays quiet for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from insights.cuts import Scope
from insights.models import Candidate
from insights.permissions import scope_of
from insights.queries.candidates import tickets_of
from knowledgebase.operations import problems
from tickets.models import Category, Impact, Kind, Ticket
from tickets.operations import BulkResult, open_ticket
from tickets.operations.guards import line
from tickets.refusals import Invalid, NotAllowed, Refused

HIGHEST = 3
"""The tier that looks for causes; where it is not used, the next one below."""
QUIET_DAYS = (1, 7, 30)


class Settled(Refused):
    """Somebody has opened a problem from it already, or dismissed it."""

    code = "candidate_settled"

    def __init__(self, candidate: Candidate) -> None:
        who = candidate.settled_by.name if candidate.settled_by else _("Somebody")
        super().__init__(
            _("%(name)s has settled this: %(state)s.") % {"name": who, "state": candidate.get_state_display()}
        )


@dataclass(frozen=True)
class Opened:
    """The problem, and which tickets could be linked with it."""

    problem: Ticket
    linked: BulkResult


@transaction.atomic
def open_problem(
    candidate: Candidate, *, subject: str, description: str, by: User, at: datetime, team: Team | None = None
) -> Opened:
    """Open a problem from it; the tickets that the person sees are linked as caused by it, where they may.

    Args:
        team: that looks for the cause; else the default team of L3, or of the next tier below that is in use.

    Raises:
        NotAllowed: who reads no figures of the desk.
        Settled: it is not open any more.
        Invalid: as `open_ticket`.
    """
    candidate, scope = _lock(candidate, by)
    incidents = list(tickets_of(candidate, by, scope))
    problem = open_ticket(
        requester=by,
        subject=subject,
        description=description,
        by=by,
        at=at,
        kind=Kind.PROBLEM,
        impact=Impact.TEAM,
        category=_category(candidate, incidents),
        team=team or usual_team(),
    )
    linked = problems.gather(problem, incidents=incidents, by=by, at=at)
    _settle(candidate, problem, by, at)
    return Opened(problem, linked)


@transaction.atomic
def join_problem(candidate: Candidate, *, problem: Ticket, by: User, at: datetime) -> Opened:
    """The cause is known: its tickets are linked as caused by a problem that is there.

    Raises:
        NotAllowed, Settled: as `open_problem`.
        Invalid: the ticket is no problem.
    """
    candidate, scope = _lock(candidate, by)
    if problem.kind != Kind.PROBLEM:
        raise Invalid(_("This ticket is no problem."), field="problem")
    linked = problems.gather(problem, incidents=tickets_of(candidate, by, scope), by=by, at=at)
    _settle(candidate, problem, by, at)
    return Opened(problem, linked)


@transaction.atomic
def dismiss(candidate: Candidate, *, reason: str, days: int, by: User, at: datetime) -> Candidate:
    """It needs no problem. The same cause raises nothing for so many days.

    Raises:
        NotAllowed, Settled: as `open_problem`.
        Invalid: no reason, or no such number of days; `field` names it.
    """
    candidate, _scope = _lock(candidate, by)
    if days not in QUIET_DAYS:
        raise Invalid(_("Choose for how long it stays quiet."), field="days")
    candidate.reason = line(reason, "reason", longest=300, needed=True)
    candidate.state, candidate.quiet_until = Candidate.State.DISMISSED, at + timedelta(days=days)
    candidate.settled_by, candidate.settled_at = by, at
    candidate.save(update_fields=["reason", "state", "quiet_until", "settled_by", "settled_at"])
    return candidate


def usual_team() -> Team | None:
    """That looks for causes when nobody says which: the default one of L3, else of the next tier below in use."""
    house = Team.objects.in_use().filter(tier__level__lte=HIGHEST).exclude(organisation__kind="vendor")
    return house.order_by("-tier_id", "-is_default", "pk").first()


# --- below ---


def _lock(candidate: Candidate, by: User) -> tuple[Candidate, Scope]:
    scope = scope_of(by)
    if scope is None or scope.organisation:
        raise NotAllowed(_("Only leads and managers settle candidates."))
    found = (
        Candidate.objects.select_for_update(of=("self",)).select_related("settled_by").get(pk=candidate.pk)
    )
    if not found.is_open:
        raise Settled(found)
    return found, scope


def _settle(candidate: Candidate, problem: Ticket, by: User, at: datetime) -> None:
    candidate.state, candidate.problem_number = Candidate.State.PROBLEM, problem.pk
    candidate.settled_by, candidate.settled_at = by, at
    candidate.save(update_fields=["state", "problem_number", "settled_by", "settled_at"])


def _category(candidate: Candidate, incidents: list[Ticket]) -> Category | None:
    """Its own, else the one that most of its tickets have."""
    if candidate.by == Candidate.By.CATEGORY:
        return Category.objects.active().filter(pk=int(candidate.value)).first()
    keys = [ticket.category_id for ticket in incidents if ticket.category_id]
    commonest = max(set(keys), key=lambda key: (keys.count(key), -key), default=0)
    return Category.objects.active().filter(pk=commonest).first()
