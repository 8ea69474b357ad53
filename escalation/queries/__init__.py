"""Where a ticket can go: tiers that a company does not use are skipped, up and down."""

from accounts.models import Team, Tier
from accounts.prepared import Prepared
from escalation.models import Handoff
from tickets.models import Ticket


def waiting_handoff(ticket: Ticket) -> Handoff | None:
    return _waiting.first(ticket=ticket.pk)


_waiting = Prepared(
    lambda ticket: (
        Handoff.objects.waiting()
        .filter(ticket_id=ticket)
        .select_related("from_team__tier", "to_team__tier", "from_assignee", "by", "summary")
        .order_by()
    ),
    "ticket",
)
"""There is one at most (a constraint)."""


def next_tier(level: int, *, upwards: bool) -> Tier | None:
    """The nearest tier above (or below) that is in use and has a team."""
    tiers = Tier.objects.enabled().filter(teams__is_active=True).distinct()
    if upwards:
        return tiers.filter(level__gt=level).order_by("level").first()
    return tiers.filter(level__lt=level).order_by("-level").first()


def first_team(level: int) -> Team | None:
    """The team that receives what is handed to a tier without naming one."""
    teams = Team.objects.in_use().filter(tier_id=level).select_related("tier")
    return teams.order_by("-is_default", "id").first()
