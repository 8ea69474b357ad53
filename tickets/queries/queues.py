"""Named queues: the lists that stand in the side navigation, and who has which."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.current import current_tiers
from accounts.models import Team, Tier, User
from tickets.models import Status, Ticket, TicketQuerySet, Watch
from tickets.queries.visible import access_of

OWN, TEAMS, TIERS, MORE = "own", "teams", "tiers", "more"
"""The groups of the side navigation, in this order."""

HANDED_TO_VENDORS: Final = Q(tier_id=4) | Q(status=Status.PENDING_VENDOR)


@dataclass(frozen=True)
class Queue:
    """A list with a name. `condition` narrows what this person may see; `is_open` what is not done.

    A condition that has to ask something first is a function: it is asked when the rows are read.
    """

    name: str
    label: str | Promise
    condition: Q | Callable[[], Q]
    sort: str
    group: str
    user: User
    is_open: bool = True
    tier: Tier | None = None
    team_id: int | None = None
    after: str = ""
    """For a queue that was taught: the name of the one that it stands behind."""

    @property
    def queryset(self) -> TicketQuerySet:
        if callable(self.condition):
            return _written(self, self.condition())
        return _kept(_Asked((self.name, self.is_open, access_of(self.user)), self)).all()


def _written(queue: Queue, condition: Q) -> TicketQuerySet:
    rows = Ticket.objects.visible_to(queue.user).filter(condition)
    return rows.open() if queue.is_open else rows


@dataclass(frozen=True)
class _Asked:
    """A queue of somebody with this access: all that its query is written from."""

    key: tuple[Any, ...]
    queue: Queue = field(compare=False)


@lru_cache(maxsize=1_000)
def _kept(asked: _Asked) -> TicketQuerySet:
    """The query as it was written before: to write it takes as long as to carry it out."""
    condition = asked.queue.condition
    return _written(asked.queue, condition() if callable(condition) else condition)


def queues(user: User) -> list[Queue]:
    """The queues of this person, in the order of the side navigation."""
    rows = [*_own(user), *_of_teams(user), *_of_tiers(user), *_more(user)]
    for queue in taught_queues(user):
        places = [place for place, row in enumerate(rows, start=1) if row.name == queue.after]
        rows.insert(places[0] if places else len(rows), queue)
    return rows


Taught = Callable[[User], list[Queue]]
_taught: list[Taught] = []


def teach(build: Taught) -> None:
    """Add the queues of an app above this one: tickets cannot know what is up there. Called by the wiring."""
    if build not in _taught:
        _taught.append(build)


def taught_queues(user: User) -> list[Queue]:
    """The queues of this person that other apps have taught. Each finds few tickets by an index of its own."""
    return [queue for build in _taught for queue in build(user)]


def queue_named(name: str, user: User) -> Queue | None:
    """The queue of this name, if this person has it. `l1` is short for `tier-1`."""
    if len(name) == 2 and name[0] == "l":
        name = f"tier-{name[1]}"
    own = next((queue for queue in queues(user) if queue.name == name), None)
    return own or _any_team(name, user)


def _own(user: User) -> list[Queue]:
    if not user.works_tickets:
        return [_watching(user)]
    mine = Queue("mine", _("My tickets"), Q(assignee=user), "due", OWN, user)
    tracking = Queue("tracking", _("I track"), Q(contact=user), "replies", OWN, user)
    return [mine, *([tracking] if user.is_technician else []), _watching(user)]


def _watching(user: User) -> Queue:
    watched = Q(pk__in=Watch.objects.filter(user=user).values("ticket_id"))
    return Queue("watching", _("Watching"), watched, "changed", OWN, user)


def _of_teams(user: User) -> list[Queue]:
    if not user.works_tickets:
        return []
    ours = Q(team_id__in=user.team_ids)
    waits = Q(requester_waiting_since__isnull=False, last_public_reply_at__isnull=False)
    rows = [
        Queue("my-teams", _("My teams"), ours, "due", TEAMS, user),
        Queue("unassigned", _("Unassigned"), ours & Q(assignee__isnull=True), "due", TEAMS, user),
        Queue("replies", _("Waiting replies"), ours & waits, "replies", TEAMS, user),
        Queue("handed", _("Handed to us"), ours & Q(unaccepted_since__isnull=False), "due", TEAMS, user),
        Queue("on-hold", _("On hold"), ours & Q(status=Status.ON_HOLD), "due", TEAMS, user),
    ]
    for seat in user.seats if len(user.seats) > 1 else []:
        rows.append(_of_team(seat.team_id, seat.team_name, user))
    return rows


def _of_team(team_id: int, name: str, user: User) -> Queue:
    return Queue(f"team-{team_id}", name, Q(team_id=team_id), "due", TEAMS, user, team_id=team_id)


def _any_team(name: str, user: User) -> Queue | None:
    """The queue of a team that this person does not sit in: reached by address, not by the navigation."""
    key = name.removeprefix("team-")
    if key == name or not key.isdecimal() or len(key) > 9 or not user.uses_desk or user.is_vendor_guest:
        return None
    team = Team.objects.filter(pk=int(key)).first()
    return _of_team(team.pk, team.name, user) if team else None


def _of_tiers(user: User) -> list[Queue]:
    if not user.uses_desk or user.is_vendor_guest:
        return []
    return [
        Queue(
            f"tier-{tier.level}",
            format_lazy("{code} {name}", code=tier.code, name=tier.name),
            Q(tier_id=tier.level),
            "due",
            TIERS,
            user,
            tier=tier,
        )
        for tier in current_tiers()
    ]


def _more(user: User) -> list[Queue]:
    if not user.uses_desk or user.is_vendor_guest:
        return []
    return [
        Queue("vendors", _("Handed to vendors"), HANDED_TO_VENDORS, "due", MORE, user),
        Queue("all", _("All tickets"), Q(), "newest", MORE, user, is_open=False),
    ]
