"""Candidates as one reader sees them: with the tickets that they may open, within their scope."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from insights.cuts import Scope
from insights.models import Candidate, CandidateTicket
from tickets.models import Ticket, TicketQuerySet

PAGE = 30


@dataclass(frozen=True)
class ShownCandidate:
    """`mine` are its tickets that the reader may open, within their scope. How many there were in all, and how many are
    usual, is told to those alone whose figures leave out nothing."""

    candidate: Candidate
    mine: int
    tells_all: bool


def candidates_for(reader: User, scope: Scope) -> QuerySet[Candidate]:
    """Those with a ticket that this reader may open, within their scope: the newest first, with `mine`."""
    rows = CandidateTicket.objects.filter(ticket__in=_open_to(reader, scope)).order_by()
    return (
        Candidate.objects.filter(pk__in=rows.values("candidate"))
        .annotate(mine=Count("rows", filter=Q(rows__in=rows)))
        .select_related("settled_by")
        .order_by("-pk")
    )


def shown(rows: Iterable[Candidate], scope: Scope) -> list[ShownCandidate]:
    return [ShownCandidate(row, row.mine, scope.is_everything) for row in rows]  # type: ignore[attr-defined]


def tickets_of(candidate: Candidate, reader: User, scope: Scope) -> TicketQuerySet:
    """Its tickets that this reader may open, within their scope, the newest first."""
    keys = CandidateTicket.objects.filter(candidate=candidate).values("ticket_id")
    return _open_to(reader, scope).filter(pk__in=keys).order_by("-created_at", "-pk")


# --- below ---


def _open_to(reader: User, scope: Scope) -> TicketQuerySet:
    """Restricted ones never, also where they were restricted since."""
    rows = Ticket.objects.visible_to(reader).filter(is_restricted=False)
    if scope.teams is not None:
        rows = rows.of_teams(scope.teams)
    return rows.none() if scope.organisation else rows
