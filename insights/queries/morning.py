"""What somebody who looks after a team reads first in the morning.

- *Last evening* is when the desk's business hours ended last before today; where it never closes, yesterday at six.
- *Before noon* is until the next noon where the desk is; what is over already is not in it.
- *Absent* is who is away or off shift now and not back by noon.
- *Without an owner*: open, nobody has it, and it does not lie on the vendors' tier, where their contract has it.
- *Without a date*: nothing of it is due, and it waits for nobody: neither for the requester nor for a vendor, nor is it
  on hold, which has an end.
- *Without a next step*: without a date, somebody has it and need not accept it first, and nothing has happened to it
  for two working days.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import User
from insights.queries.crew import Seat, seats
from insights.queries.listed import NOT_COUNTED, Listed, counts, of_teams, written
from insights.queries.now import OPEN, UNDATED, UNOWNED, Standing, came_since, midnight
from sla.models import Clock
from sla.queries.staffed import desk_hours
from tickets.events import REOPENED, REPLIED, THANKED
from tickets.models import Event, Ticket, TicketQuerySet
from tickets.vocabulary.trees import MOST_VALUES

EVENING = timedelta(hours=6)
"""Before midnight, for a desk that never closes."""
TICK = timedelta(microseconds=1)
QUIET_DAYS = 2
LONGEST_BACK = timedelta(days=60)
BREACHED, REOPENED_SINCE = "breached", "reopened"
UNOWNED_KEY, UNDATED_KEY, AIMLESS_KEY = "unowned", "undated", "aimless"


@dataclass(frozen=True)
class Figure:
    """One number of the page, and where its tickets are."""

    key: str
    n: int
    url: str


@dataclass(frozen=True)
class Absent:
    """Somebody who is not here, and what they have in one team."""

    seat: Seat
    back_at: datetime | None
    open: int
    url: str


class Morning:
    """All numbers of the page. `teams` narrows it to theirs (a lead's), None is the whole desk."""

    def __init__(self, reader: User, *, at: datetime, teams: Collection[int] | None = None) -> None:
        self.reader, self.at = reader, at
        self.teams = None if teams is None else frozenset(teams)
        self.since, self.noon = last_evening(at), next_noon(at)
        self.standing = Standing(reader, at=at, teams=self.teams)

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """By name; one query for what the numbers of the board do not tell."""
        total, lists = self.standing.total, self.lists()
        known = {UNOWNED_KEY: total.unowned, UNDATED_KEY: total.undated}
        if not total.idle:
            known[AIMLESS_KEY] = 0
        asked = {
            name: each.rows(self.reader, at=self.at) for name, each in lists.items() if name not in known
        }
        own = {
            name: find(self.reader, since=self.since, teams=self.teams) for name, find in OWN_LISTS.items()
        }
        counted = known | counts(asked | own)
        since = written(self.since)
        urls = {name: each.url for name, each in lists.items()} | {
            name: f"/insights/morning/{name}/?since={since}" for name in own
        }
        return {name: Figure(name, counted[name], url) for name, url in urls.items()}

    def lists(self) -> dict[str, Listed]:
        """The numbers that the filter vocabulary can say."""
        quiet = working_days_before(self.at, QUIET_DAYS)
        return {
            "came": came_since(self.since, self.teams),
            "due": self.standing.list(("due.after", written(self.at)), ("due.before", written(self.noon))),
            UNOWNED_KEY: self.standing.list(*UNOWNED),
            UNDATED_KEY: self.standing.list(*UNDATED),
            AIMLESS_KEY: self.standing.list(
                *UNDATED,
                ("assignee.empty", "false"),
                ("unaccepted", "false"),
                ("changed.before", written(quiet)),
            ),
        }

    @cached_property
    def absent(self) -> list[Absent]:
        """Who has something and is not here, by name; one query."""
        found = []
        for seat in seats(self.teams):
            here = seat.presence(at=self.at)
            n = self.standing.of_person[seat.person, seat.team]
            if n and not here.is_present and not (here.back_at and here.back_at <= self.noon):
                listed = self.standing.list(("assignee", str(seat.person)), queue=f"team-{seat.team}")
                found.append(Absent(seat, here.back_at, n, listed.url))
        return found

    @property
    def of_absent(self) -> Figure:
        """What all of them have; its list stands on the page where a filter cannot name so many."""
        people = sorted({row.seat.person for row in self.absent})
        teams = {row.seat.team for row in self.absent}
        n = sum(row.open for row in self.absent)
        if not people or len(people) > MOST_VALUES or len(teams) > MOST_VALUES:
            return Figure("absent", n, "#absent")
        listed = Listed((OPEN, *of_teams(teams), ("assignee", ",".join(map(str, people)))), sort="due")
        return Figure("absent", n, listed.url)


def breached_since(reader: User, *, since: datetime, teams: Collection[int] | None) -> TicketQuerySet:
    """Tickets of which a promise was broken since then, whatever has become of them."""
    broken = Clock.objects.filter(breached_at__gte=since).exclude(outcome=Clock.Outcome.VOID)
    return _counted(reader, teams).filter(pk__in=broken.order_by().values("ticket"))


def reopened_since(reader: User, *, since: datetime, teams: Collection[int] | None) -> TicketQuerySet:
    """Tickets that were reopened since then; what was only thanks, and taken back, is no reopening."""
    thanks = Event.objects.filter(ticket=OuterRef("ticket"), kind=THANKED, pk__gt=OuterRef("pk"))
    told = Event.objects.filter(
        ~Exists(thanks),
        ticket=OuterRef("pk"),
        kind__in=(REOPENED, REPLIED),
        at__gte=since,
        changes__has_key="reopen_count",
    )
    return _counted(reader, teams).filter(Exists(told), reopen_count__gte=1, changed_at__gte=since)


OWN_LISTS = {BREACHED: breached_since, REOPENED_SINCE: reopened_since}
"""Those that the filter vocabulary cannot say."""


def last_evening(at: datetime) -> datetime:
    """When the desk closed last before today."""
    begun, hours = midnight(at), desk_hours()
    closed = hours.subtract_working_time(begun, TICK) + TICK
    if closed < begun and closed > begun - LONGEST_BACK:
        return closed
    return begun - EVENING


def next_noon(at: datetime) -> datetime:
    zone = timezone.get_default_timezone()
    local = at.astimezone(zone)
    day = (local + timedelta(days=local.hour >= 12)).date()
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone)


def working_days_before(at: datetime, days: int) -> datetime:
    """The same time of day, so many days of the desk ago; days on which it is closed are passed over."""
    zone, hours = timezone.get_default_timezone(), desk_hours()
    moment, longest = at.astimezone(zone), at - LONGEST_BACK
    while days and moment > longest:
        moment -= timedelta(days=1)
        begun = midnight(moment)
        days -= bool(hours.working_time_between(begun, begun + timedelta(days=1)))
    return moment


def _counted(reader: User, teams: Collection[int] | None) -> TicketQuerySet:
    rows = Ticket.objects.visible_to(reader).exclude(cancel_reason__in=NOT_COUNTED)
    return rows if teams is None else rows.filter(team_id__in=teams)
