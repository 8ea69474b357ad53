"""Queues and counts of proposals and of help, which tickets cannot know of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from escalation.models import Invitation, Proposal
from escalation.queries.contacts import DESK_TIER
from escalation.queries.presence import absent
from tickets.models.querysets import countable
from tickets.queries.queues import OWN, TEAMS, Queue


def queues_of(user: User, *, at: datetime) -> list[Queue]:
    """“Proposals” for those who sit where contacts do, “Helping” for all technicians.

    Who is not here is asked only where the queue of proposals is read.
    """
    if not user.is_technician:
        return []
    found = [Queue("helping", _("Helping"), _helped_by(user), "due", OWN, user, after="watching")]
    if any(seat.tier <= DESK_TIER for seat in user.seats):
        found.append(
            Queue(
                "proposals",
                _("Proposals"),
                lambda: _waiting_for(user, at=at),
                "due",
                TEAMS,
                user,
                after="replies",
            )
        )
    return found


def _waiting_for(user: User, *, at: datetime) -> Q:
    """Waiting for them as the contact, else for their L1 team, where the contact is not here or there is none."""
    waiting = Proposal.objects.filter(state=Proposal.State.WAITING).order_by()
    nobody = (
        Q(ticket__contact__isnull=True)
        | Q(ticket__contact__is_active=False)
        | Q(ticket__contact__in=list(absent(at=at)))
    )
    theirs = waiting.filter(Q(ticket__contact=user) | (Q(team_id__in=user.team_ids) & nobody))
    return Q(proposal_since__isnull=False, pk__in=theirs.values("ticket_id"))


def _helped_by(user: User) -> Q:
    asked = Q(user=user) | Q(team_id__in=user.team_ids)
    helping = Invitation.objects.filter(asked, state=Invitation.State.OPEN).order_by()
    return Q(pk__in=helping.values("ticket_id"))


@dataclass(frozen=True)
class Helps:
    """How often a team was asked for help in a time, and the minutes that it gave."""

    team: int
    name: str
    times: int
    minutes: int


def helps_by_team(*, since: datetime, until: datetime) -> Iterable[Helps]:
    rows = (
        Invitation.objects.filter(countable("ticket"), at__gte=since, at__lt=until, helped_by__isnull=False)
        .order_by("helped_by__name")
        .values_list("helped_by_id", "helped_by__name")
        .annotate(times=Count("pk"), spent=Sum("minutes"))
    )
    return [Helps(*row) for row in rows]
