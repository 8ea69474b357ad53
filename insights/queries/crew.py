"""Who of the desk's teams is here, and when they work until a moment. One query, whatever the number of people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Membership
from accounts.prepared import Prepared
from escalation.queries.load import USUAL_CAPACITY
from escalation.queries.presence import Presence, presence_by
from sla.business_time import Interval, WorkingTime
from sla.queries.hours import hours_of

VENDOR_TIER = 4


@dataclass(frozen=True)
class Seat:
    """Somebody's place in one team. Who sits in several has a seat in each."""

    team: int
    person: int
    name: str
    capacity: int
    """Open tickets that they can have; 0 for who is given none."""
    is_away: bool
    away_until: datetime | None
    hours: int | None
    """The version of the calendar of their working hours; None is around the clock."""
    teams: int = 1
    """In how many teams of the desk they sit."""

    def presence(self, *, at: datetime) -> Presence:
        return presence_by(self.is_away, self.away_until, self.hours, at=at)

    def spans(self, hours: WorkingTime, *, since: datetime, until: datetime) -> tuple[Interval, ...]:
        """When they work between the two moments, while their team does: `hours` are the team's."""
        if self.is_away and (self.away_until is None or self.away_until >= until):
            return ()
        begin = max(since, self.away_until) if self.is_away and self.away_until else since
        own = hours_of(self.hours).intervals_between(begin, until)
        return tuple(_common(own, hours.intervals_between(begin, until)))


def seats(teams: Iterable[int] | None = None) -> list[Seat]:
    """Those of these teams (None: of all), by name, in the teams that work for the desk. One query."""
    every = _seats()
    many: dict[int, int] = {}
    for _team, person, *_rest in every:
        many[person] = many.get(person, 0) + 1
    wanted = None if teams is None else set(teams)
    return [
        Seat(
            team=team,
            person=person,
            name=name,
            capacity=_capacity(own, usual),
            is_away=bool(away),
            away_until=until,
            hours=hours,
            teams=many[person],
        )
        for team, person, name, own, usual, away, until, hours in every
        if wanted is None or team in wanted
    ]


_seats = Prepared(
    lambda: (
        Membership.objects.filter(
            user__is_active=True,
            user__is_service=False,
            team__is_active=True,
            team__tier__is_enabled=True,
            team__tier__level__lt=VENDOR_TIER,
        )
        .order_by("user__name", "user_id", "team_id")
        .values_list(
            "team_id",
            "user_id",
            "user__name",
            "user__availability__capacity",
            "team__work__capacity",
            "user__availability__is_away",
            "user__availability__away_until",
            "user__availability__hours__current",
        )
    )
)


def _capacity(own: int | None, usual: int | None) -> int:
    if own is not None:
        return own
    return USUAL_CAPACITY if usual is None else usual


def _common(some: list[Interval], others: list[Interval]) -> Iterable[Interval]:
    """What lies in both; each is in order and apart."""
    one, two = 0, 0
    while one < len(some) and two < len(others):
        start = max(some[one][0], others[two][0])
        end = min(some[one][1], others[two][1])
        if start < end:
            yield start, end
        if some[one][1] <= others[two][1]:
            one += 1
        else:
            two += 1
