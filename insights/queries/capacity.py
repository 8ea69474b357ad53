"""Work that is due before closing against the hours of who is here, team by team.

A team closes when its cover hours do, else the desk's business hours; around the clock, at midnight where the desk is.
Its people are those of its seats who are not away and can be given something, in their own working hours within the
team's; who begins later today counts from then on. Who sits in several teams is shared among them.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.utils import timezone

from accounts.models import Team, User
from escalation.queries.cover import Rota, rota
from insights.fitting import Fit, Job, Source, Worked, Worker, fit
from insights.queries.crew import VENDOR_TIER, Seat, seats
from insights.queries.effort import Effort, effort
from sla.book import rules_in_force
from sla.business_time import Interval, WorkingTime
from sla.queries.staffed import desk_hours
from tickets.models import Ticket

MOST_JOBS = 300
"""Tickets of a team that are looked at: with more than that due, nobody needs to know which one does not fit."""
NIGHT = timedelta(hours=12)


@dataclass(frozen=True)
class Hand:
    """Somebody of the team, and when they work for it until closing."""

    seat: Seat
    spans: tuple[Interval, ...]
    is_here: bool

    @property
    def left(self) -> timedelta:
        return Worker(self.seat.person, self.spans, self.seat.teams).left

    @property
    def begins_at(self) -> datetime | None:
        """When they come, of who is not here yet."""
        return None if self.is_here or not self.spans else self.spans[0][0]


@dataclass(frozen=True)
class Day:
    """How the rest of today looks for a team; no `fit` where it is closed for today."""

    team: Team
    fit: Fit | None = None
    hands: tuple[Hand, ...] = ()
    is_cut: bool = False
    """More is due than was looked at."""

    @property
    def missed(self) -> list[Worked]:
        return self.fit.missed if self.fit else []

    @property
    def sources(self) -> dict[Source, int]:
        """From what the expected work is known, and of how many tickets."""
        return dict(Counter(row.job.source for row in self.fit.jobs)) if self.fit else {}

    @property
    def here(self) -> int:
        return sum(hand.is_here for hand in self.hands)


@dataclass(frozen=True)
class Outcome:
    """What a board tells of the day of a team that is still open."""

    team: int
    closing: datetime
    needed: timedelta
    left: timedelta
    missed: int
    first_breach: datetime | None
    is_cut: bool


def outcome_of(day: Day) -> Outcome | None:
    if day.fit is None:
        return None
    return Outcome(
        day.team.pk,
        day.fit.closing,
        day.fit.needed,
        day.fit.left,
        len(day.fit.missed),
        day.fit.first_breach,
        day.is_cut,
    )


def days(
    reader: User, teams: Collection[Team], *, at: datetime, crew: Iterable[Seat] | None = None
) -> list[Day]:
    """One for each team, in their order. Three queries, and those of `effort` where it is not kept.

    Args:
        reader: only tickets that they may open are counted.
        crew: the seats of these teams, where they were read already.
    """
    rules, watches, zone = rules_in_force(), rota(), timezone.get_default_timezone()
    usual = desk_hours(rules)
    hours = {team.pk: _hours(team, watches, usual) for team in teams}
    closings = {key: closing_of(each, at, zone) for key, each in hours.items()}
    crew = seats(hours) if crew is None else crew
    jobs = _jobs(reader, {key: closing for key, closing in closings.items() if closing}, effort(rules))
    return [_day(team, hours[team.pk], at, closings[team.pk], jobs.get(team.pk, []), crew) for team in teams]


def teams_that_close(scope: Collection[int] | None) -> list[Team]:
    """The desk's own teams in use; vendors work by their contracts."""
    rows = Team.objects.in_use().filter(tier__level__lt=VENDOR_TIER).select_related("tier")
    return list(rows if scope is None else rows.filter(pk__in=scope))


def closing_of(hours: WorkingTime, at: datetime, zone: tzinfo) -> datetime | None:
    """The end of the last shift that begins today; midnight for who works around the clock; None when it is over."""
    day = (at.astimezone(zone).replace(fold=0) + timedelta(days=1)).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    today = hours.intervals_between(at, midnight)
    if not today:
        return None
    end = today[-1][1]
    if end < midnight:
        return end
    night = hours.intervals_between(midnight, midnight + NIGHT)
    if not night or night[0][0] > midnight:
        return end
    return night[0][1] if night[0][1] < midnight + NIGHT else end


def _hours(team: Team, watches: Rota, usual: WorkingTime) -> WorkingTime:
    watch = watches.watches.get(team.pk)
    return watch.hours if watch is not None else usual


def _jobs(reader: User, closings: dict[int, datetime], known: Effort) -> dict[int, list[Job]]:
    """What is due before each team closes, the first of each; one query for all."""
    parts = [
        Ticket.objects.visible_to(reader)
        .open()
        .filter(team=team, next_due_at__lt=closing)
        .order_by("next_due_at", "id")
        .values_list("team_id", "pk", "next_due_at", "category_id", "priority", "tier_id")[: MOST_JOBS + 1]
        for team, closing in closings.items()
    ]
    if not parts:
        return {}
    found: dict[int, list[Job]] = {team: [] for team in closings}
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    for team, key, due, category, priority, level in rows:
        expected = known.of(category=category, priority=priority, level=level)
        found[team].append(Job(key, due, expected.work, expected.source))
    return found


def _day(
    team: Team,
    hours: WorkingTime,
    at: datetime,
    closing: datetime | None,
    jobs: list[Job],
    crew: Iterable[Seat],
) -> Day:
    own = [seat for seat in crew if seat.team == team.pk and seat.capacity]
    if closing is None:
        return Day(team, hands=tuple(Hand(seat, (), seat.presence(at=at).is_present) for seat in own))
    hands = tuple(
        Hand(seat, seat.spans(hours, since=at, until=closing), seat.presence(at=at).is_present)
        for seat in own
    )
    workers = [Worker(hand.seat.person, hand.spans, hand.seat.teams) for hand in hands]
    jobs = sorted(jobs, key=lambda job: (job.due_at, job.ticket))
    return Day(
        team,
        fit(jobs[:MOST_JOBS], workers, at=at, closing=closing),
        hands,
        is_cut=len(jobs) > MOST_JOBS,
    )
