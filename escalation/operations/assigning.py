"""Who of a team gets what arrives, by the way that the team has chosen.

Two arrivals at once never count the same free place: the team's row is locked, then its members', in this order
and after the ticket. Nobody is given more than they can have, and nobody who is not here is given anything: where
nobody is left, the ticket stays in the queue.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import Team, User, UserSkill
from delivery.operations import NewDelivery
from escalation import settings_events
from escalation.events import HANDED_OVER, OWNER_NAMED, RETURNED
from escalation.models import Availability, Strategy, TeamWork
from escalation.permissions import may_keep_work
from escalation.queries.cover import rota
from escalation.queries.load import Load, loads
from escalation.queries.presence import presences
from tickets import events
from tickets.models import Event, Ticket
from tickets.operations import assign
from tickets.permissions import may_see
from tickets.refusals import Invalid, NotAllowed

KIND = "assign"
STRATEGY = "strategy"
"""In the data of the event: how the person was found."""
AWAY, BACK, WHY = "away", "back", "why"
"""In the data of what is released because somebody is not here: who, until when, and what made it so."""
ARRIVALS = frozenset({events.OPENED, events.REOPENED, HANDED_OVER, RETURNED, OWNER_NAMED})


@transaction.atomic
def assign_by_strategy(ticket: Ticket, *, at: datetime, but: int | None = None) -> Ticket:
    """Give a ticket that nobody has to a member of its team, as the team wants it; for a hand-off it accepts it.

    Nothing happens where the team assigns by hand, or where nobody is here who has room for it.

    Args:
        but: the key of somebody who does not get it: they have just given it away.
    """
    ticket = events.lock(ticket)
    if not ticket.is_open or ticket.assignee_id is not None:
        return ticket
    work = TeamWork.objects.select_for_update().filter(team=ticket.team_id).first()
    if work is None or work.strategy == Strategy.BY_HAND:
        return ticket
    free = [one for one in _free(ticket, work, at) if one.user.pk != but]
    chosen = _CHOOSE[Strategy(work.strategy)](ticket, free)
    if chosen is None:
        return ticket
    with events.because(**{STRATEGY: work.strategy}):
        ticket = assign(ticket, to=chosen, by=None, at=at)
    work.last_given = chosen
    work.save(update_fields=["last_given"])
    return ticket


def assign_arrived(event: Event, *, at: datetime) -> None:
    """Once an arrival: whatever has been done about it since by anybody goes before."""
    with transaction.atomic():
        ticket = events.lock(event.ticket_id)
        since = Event.objects.filter(ticket=ticket, pk__gt=event.pk)
        if not since.filter(Q(changes__has_key="assignee_id") | Q(changes__has_key="team_id")).exists():
            assign_by_strategy(ticket, at=at, but=event.data.get(AWAY))


def is_arrival(kind: str, data: Mapping[str, Any]) -> bool:
    """Whether such an event can put a ticket into a queue that nobody has chosen it from.

    What somebody puts back by hand waits for the next who takes it; what comes back because they are not here
    is given on.
    """
    return kind in ARRIVALS or (kind == events.RELEASED and AWAY in data)


def assigning(event: int, ticket: int) -> NewDelivery:
    """Behind the rules that the same event sets off: they may move it first."""
    return NewDelivery(
        kind=KIND,
        payload={"event": event},
        event_id=event,
        ticket_number=ticket,
        dedupe_key=f"{KIND}:{event}",
        order_key=f"rules:{ticket}",
    )


_kept: tuple[float, bool] | None = None


def any_assigns() -> bool:
    """Whether a team does not assign by hand, as it stood at most `DESK_CACHE_SECONDS` ago."""
    global _kept  # noqa: PLW0603 (one answer for the whole process; threads may both read it)
    now = monotonic()
    if _kept is None or now - _kept[0] >= settings.DESK_CACHE_SECONDS:
        _kept = now, TeamWork.objects.exclude(strategy=Strategy.BY_HAND).exists()
    return _kept[1]


@transaction.atomic
def change_team_work(team: Team, *, strategy: str, capacity: int, by: User | None, at: datetime) -> TeamWork:
    """Say how a team assigns, and how many open tickets each of its people can have.

    Raises:
        NotAllowed: neither an administrator nor a lead of the team.
        Invalid: a vendor's team; a strategy that is none; a capacity outside 1 to 500.
    """
    if not may_keep_work(by, team.pk):
        raise NotAllowed(_("Only administrators and the team's leads can change its way of working."))
    if strategy not in Strategy.values:
        raise Invalid(_("Choose how the team assigns."), field="strategy")
    if team.tier_id == VENDORS and strategy != Strategy.BY_HAND:
        raise Invalid(_("A vendor gives out its own work: choose “by hand”."), field="strategy")
    if not 1 <= capacity <= MOST:
        raise Invalid(_("Give a number from 1 to %(most)d.") % {"most": MOST}, field="capacity")
    work, _is_new = TeamWork.objects.select_for_update().get_or_create(team=team)
    if (work.strategy, work.capacity) != (strategy, capacity):
        work.strategy, work.capacity = strategy, capacity
        work.save(update_fields=["strategy", "capacity"])
        accounts.record(settings_events.TEAM_WORK_CHANGED, by=by, at=at, team=team)
    return work


MOST = 500
VENDORS = 4


# --- who is free, and who of them ---


@dataclass(frozen=True)
class _Member:
    """Somebody who is here and has room. `turn` is their place in the row, after who was given one last."""

    user: User
    load: Load
    capacity: int
    turn: int

    @property
    def rank(self) -> tuple[Fraction, int, int]:
        return self.load.share(self.capacity), self.load.open, self.turn


def _free(ticket: Ticket, work: TeamWork, at: datetime) -> list[_Member]:
    """The team's people who can be given it, locked: another team that they sit in may be giving, too.

    Outside of the team's hours these are the people whose own hours say that they are here.
    """
    members = User.objects.filter(is_active=True, memberships__team=work.team_id)
    people = list(members.select_for_update(of=("self",), no_key=True).order_by("pk"))
    keys = [person.pk for person in people]
    rows = Availability.objects.filter(user__in=keys).values_list("user", "capacity", "hours")
    own = {key: capacity for key, capacity, _hours in rows}
    has_own_hours = {key for key, _capacity, hours in rows if hours is not None}
    is_closed = not rota().works(work.team_id, at)
    here, has = presences(keys, at=at), loads(keys)
    order = sorted(keys, key=lambda key: (key <= (work.last_given_id or 0), key))
    free = []
    for person in people:
        capacity = own.get(person.pk)
        capacity = work.capacity if capacity is None else capacity
        is_here = here[person.pk].is_present and (not is_closed or person.pk in has_own_hours)
        has_room = is_here and has[person.pk].open < capacity
        if has_room and (not ticket.is_restricted or may_see(person, ticket)):
            free.append(_Member(person, has[person.pk], capacity, order.index(person.pk)))
    return free


def _in_turn(ticket: Ticket, free: Sequence[_Member]) -> User | None:
    return min(free, key=lambda one: one.turn).user if free else None


def _least_loaded(ticket: Ticket, free: Sequence[_Member]) -> User | None:
    return min(free, key=lambda one: one.rank).user if free else None


def _knows_best(ticket: Ticket, free: Sequence[_Member]) -> User | None:
    """Who knows best what its category asks for, of those the one with least to do; anybody, where it asks nothing."""
    skill = ticket.category.skill_id if ticket.category else None
    if skill is None:
        return _least_loaded(ticket, free)
    people = [one.user.pk for one in free]
    levels = dict(UserSkill.objects.filter(skill=skill, user__in=people).values_list("user", "level"))
    able = [one for one in free if one.user.pk in levels]
    return min(able, key=lambda one: (-levels[one.user.pk], one.rank)).user if able else None


_CHOOSE: dict[Strategy, Callable[[Ticket, Sequence[_Member]], User | None]] = {
    Strategy.ROUND_ROBIN: _in_turn,
    Strategy.LEAST_LOADED: _least_loaded,
    Strategy.SKILLS: _knows_best,
}
