"""The live board: what is over, what will be soon, what waits, who is here, what will not fit; for leads and managers.

Every number opens the list that it counts (insights.queries.listed). A lead sees the teams that they lead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.models import Role, Team, Tier, User
from helpdesk import spans
from helpdesk.desk.rows import next_clocks, paused_by
from insights import saying
from insights.queries.capacity import Outcome, days, outcome_of
from insights.queries.crew import VENDOR_TIER, Seat, seats
from insights.queries.now import MOST_WAITING, OVER, STATES, WITHIN, Standing, Sums, within
from insights.views.guard import InsightsRequest, desk_insights_page
from sla.models import Clock, Metric
from sla.queries import goals
from sla.queries.board import paused_longest
from sla.queries.clocks import Standing as ClockStanding
from tickets.models import Ticket, TicketQuerySet
from tickets.queries.beside import kept_rows, with_names

LEVELS = range(5)
MOST_LISTED = 8
MOST_ON_WALL = 5
MOST_PEOPLE = 24
MOST_TEAMS_ON_WALL = 8
GOALS, GOALS_KEPT_SECONDS = "desk:goals", 60
DAYS_KEPT_SECONDS = 60
WALL = "wall"
REFRESHED = "part"
"""The parameter with which the open page asks for its board alone."""


@require_safe
@desk_insights_page
def board(request: InsightsRequest) -> HttpResponse:
    is_wall = request.GET.get(WALL) == "1"
    kept = {WALL: "1"} if is_wall else {}
    context = {
        "board": Board(request.user, at=timezone.now()),
        "is_wall": is_wall,
        "part_url": f"{request.path}?{urlencode({**kept, REFRESHED: '1'})}",
        "wall_url": f"{request.path}?{urlencode({WALL: '1'})}",
    }
    is_part = REFRESHED in request.GET and request.htmx
    part = "desk/board/_wall.html" if is_wall else "desk/board/_board.html"
    whole = "desk/board/wall.html" if is_wall else "desk/board/page.html"
    return render(request, part if is_part else whole, context)


@dataclass(frozen=True)
class Card:
    label: str
    number: str
    about: str
    look: str = ""
    url: str = ""


@dataclass(frozen=True)
class Part:
    """A piece of a bar: how many, and its share of the bar in steps of five."""

    look: str
    label: str
    many: int
    share: int
    url: str


@dataclass(frozen=True)
class Bar:
    """The open tickets of a tier or team by how their clocks stand."""

    label: str
    tier: Tier | None
    url: str
    open: int
    parts: list[Part]
    share: int
    """How long the bar is, in percent of the longest."""
    soon: tuple[int, ...]
    """How many are due within each of the spans of `WITHIN`."""

    @cached_property
    def words(self) -> str:
        """All that the bar shows, for who cannot see it."""
        parts = [f"{part.many} {part.label}" for part in self.parts if part.many]
        return ", ".join([_("%(n)s open") % {"n": self.open}, *parts])

    def many(self, look: str) -> int:
        return next((part.many for part in self.parts if part.look == look), 0)

    @property
    def over(self) -> int:
        return self.many("of-bad")

    @property
    def waiting(self) -> int:
        return self.many("of-rest")

    @cached_property
    def shown(self) -> list[Part]:
        return [part for part in self.parts if part.many]


@dataclass(frozen=True)
class Line:
    """One ticket of a list, with its clock."""

    ticket: Ticket
    clock: ClockStanding | None
    paused: str


@dataclass(frozen=True)
class Rest:
    """A ticket whose resolution clock rests, and since when."""

    ticket: Ticket
    since: datetime
    why: str


@dataclass(frozen=True)
class Present:
    """Somebody who is here, and how much they have of what they can have."""

    key: int
    name: str
    open: int
    capacity: int
    url: str

    @property
    def words(self) -> str:
        return _("%(n)s of %(most)s") % {"n": self.open, "most": self.capacity}

    @property
    def is_full(self) -> bool:
        return self.open >= self.capacity

    @property
    def step(self) -> int:
        """How full, in percent in steps of five."""
        return min(100, _step(self.open, self.capacity)) if self.capacity else 100


@dataclass(frozen=True)
class TeamLine:
    """A team today: who of it is here, and what of its work will not fit."""

    team: Team
    here: int
    people: int
    open: int
    """What those who are here have, in all teams, and what they can have."""
    capacity: int
    day: Outcome | None
    """None where the team is closed for today."""

    @property
    def url(self) -> str:
        return f"/insights/capacity/teams/{self.team.pk}/"

    @property
    def missed(self) -> str:
        """How many will not fit."""
        if self.day is None:
            return ""
        return f"{self.day.missed}+" if self.day.is_cut else str(self.day.missed)

    @property
    def is_short(self) -> bool:
        return self.day is not None and bool(self.day.missed)

    @property
    def needed(self) -> str:
        return saying.hours(self.day.needed.total_seconds()) if self.day else ""

    @property
    def left(self) -> str:
        return saying.hours(self.day.left.total_seconds()) if self.day else ""


LOOKS: tuple[tuple[str, Promise], ...] = (
    ("of-ok", gettext_lazy("on time")),
    ("of-warn", gettext_lazy("due within 4 h")),
    ("of-bad", gettext_lazy("breached")),
    ("of-rest", gettext_lazy("waiting")),
    ("of-none", gettext_lazy("nothing due")),
)
"""Pieces of a bar in their order (that of insights.queries.now.STATES): class of the style sheet, and word."""


class Board:
    """Everything on the board, read once."""

    def __init__(self, user: User, *, at: datetime) -> None:
        self.user, self.at = user, at
        self.teams = None if self.is_whole else frozenset(user.led_team_ids)
        self.standing = Standing(user, at=at, teams=self.teams)
        self.tickets: TicketQuerySet = self.standing.rows
        self.tiers = self._tiers()
        self.crew = seats(self.teams)
        self._bars()
        self.over, self.soon, self.rests = self._lists()

    @property
    def is_whole(self) -> bool:
        return self.user.is_manager or self.user.is_administrator

    @cached_property
    def legend(self) -> list[tuple[str, str]]:
        return [(look, str(word)) for look, word in LOOKS]

    def _tiers(self) -> list[Tier]:
        kept = kept_rows(Tier, set(LEVELS)) or {}
        led = {seat.tier for seat in self.user.seats if seat.role == Role.LEAD}
        return [kept[level] for level in LEVELS if self.is_whole or level in led]

    # --- numbers ---

    def _bars(self) -> None:
        by_tier, by_team = self.standing.by_tier, self.standing.by_team
        teams: dict[int, Team] = kept_rows(Team, set(by_team)) or {}
        order = sorted(by_team, key=lambda key: (teams[key].tier_id, teams[key].name))
        longest = max((sums.open for sums in by_tier.values()), default=0)
        longest_team = max((sums.open for sums in by_team.values()), default=0)
        self.by_tier = [
            self._bar(tier.name, tier, f"tier-{tier.level}", by_tier[tier.level], longest)
            for tier in self.tiers
        ]
        self.by_team = [
            self._bar(teams[key].name, teams[key].tier, f"team-{key}", by_team[key], longest_team)
            for key in order
        ]

    def _bar(self, label: str, tier: Tier | None, queue: str, sums: Sums, longest: int) -> Bar:
        url = f"/desk/queues/{queue}/"
        asked = self._asked_of_teams if queue.startswith("team-") else self._asked
        parts = [
            Part(look, word, n, _step(n, sums.open), f"{url}?{query}")
            for (look, word), n, query in zip(self.legend, sums.states, asked[1:], strict=True)
        ]
        url = f"{url}?{asked[0]}" if asked[0] else url
        return Bar(str(label), tier, url, sums.open, parts, _step(sums.open, longest), sums.soon)

    @cached_property
    def _asked(self) -> list[str]:
        """How the queue of a tier is asked for all that is open, and for each state in which its clocks can be."""
        return self._queries("tier-1")

    @cached_property
    def _asked_of_teams(self) -> list[str]:
        return self._queries("team-1")

    def _queries(self, queue: str) -> list[str]:
        """Written once: a desk has dozens of bars."""
        listed = [self.standing.list(*state, queue=queue) for state in ((), *STATES)]
        return [each.url.partition("?")[2] for each in listed]

    @property
    def cards(self) -> list[Card]:
        return [self._breached(), *self._within(), self._handed(), self._with_vendors(), *self._flow()]

    def _breached(self) -> Card:
        n = self.standing.total.over
        about = _("every promise is kept")
        if n:
            first = self.over[0]
            metric = Metric(first.clock.cycle.metric).label if first.clock else ""
            span = spans.short(self.at - first.ticket.next_due_at)
            about = " · ".join(filter(None, [_("longest %(span)s") % {"span": span}, str(metric)]))
        return Card(_("Breached, open"), str(n), about, "bad" if n else "", self.standing.list(OVER).url)

    def _within(self) -> list[Card]:
        return [
            Card(
                _("Breaching within %(n)s h") % {"n": span // timedelta(hours=1)},
                str(n),
                _("if nobody acts"),
                "warn" if n and span <= timedelta(hours=4) else "",
                self.standing.list(within(span)).url,
            )
            for span, n in zip(WITHIN, self.standing.total.soon, strict=True)
        ]

    def _handed(self) -> Card:
        today = self.standing.today
        label, url = _("Hand-offs not accepted"), today.unaccepted_list.url
        if not today.unaccepted or today.waits_for is None:
            return Card(label, "0", _("all are taken on"), url=url)
        team = (kept_rows(Team, {today.waits_for}) or {})[today.waits_for]
        about = _("oldest %(span)s, %(team)s") % {
            "span": spans.short(self.at - (today.waits_since or self.at)),
            "team": team,
        }
        many = f"{MOST_WAITING}+" if today.unaccepted > MOST_WAITING else str(today.unaccepted)
        return Card(label, many, about, url=url)

    def _with_vendors(self) -> Card:
        return Card(
            _("With vendors"),
            str(self.standing.total.with_vendor),
            _("handed over, or waiting for an answer"),
            url=self.standing.list(queue="vendors").url,
        )

    def _flow(self) -> list[Card]:
        today = self.standing.today
        more = today.came - today.left
        grows = ngettext("%(n)s more than left", "%(n)s more than left", more) % {"n": more}
        shrinks = ngettext("%(n)s more than came", "%(n)s more than came", -more) % {"n": -more}
        return [
            Card(_("Came in today"), str(today.came), grows if more > 0 else "", url=today.came_list.url),
            Card(
                _("Resolved or ended today"),
                str(today.left),
                shrinks if more < 0 else "",
                url=today.left_list.url,
            ),
        ]

    @property
    def open_url(self) -> str:
        return self.standing.list().url

    @property
    def summary(self) -> str:
        total = self.standing.total.open
        return ngettext("%(n)s open ticket", "%(n)s open tickets", total) % {"n": total}

    # --- people, and what fits ---

    @cached_property
    def here(self) -> list[Present]:
        """Who is here, by name; of many the fullest."""
        people = {seat.person: seat for seat in self.crew if seat.presence(at=self.at).is_present}
        found = [self._present(seat) for seat in people.values()]
        fullest = sorted(found, key=lambda one: (-one.step, -one.open))[:MOST_PEOPLE]
        return sorted(fullest, key=lambda one: (one.name, one.key))

    def _present(self, seat: Seat) -> Present:
        has = self.standing.by_person[seat.person]
        return Present(seat.person, seat.name, has, seat.capacity, self.standing.of(seat.person).url)

    @cached_property
    def count_here(self) -> tuple[int, int]:
        """How many people are here, and how many there are."""
        here = {seat.person for seat in self.crew if seat.presence(at=self.at).is_present}
        return len(here), len({seat.person for seat in self.crew})

    @property
    def more_here(self) -> int:
        return self.count_here[0] - len(self.here)

    @cached_property
    def days(self) -> tuple[datetime, dict[int, Outcome]]:
        """How today comes out for each team, and as of when: a minute old at most, for it costs most."""
        key = f"desk:days:{self.user.pk}"
        kept: tuple[datetime, dict[int, Outcome]] | None = cache.get(key)
        if kept is None:
            found = map(outcome_of, days(self.user, self._own_teams(), at=self.at, crew=self.crew))
            kept = self.at, {day.team: day for day in found if day is not None}
            cache.set(key, kept, DAYS_KEPT_SECONDS)
        return kept

    def _own_teams(self) -> list[Team]:
        """The desk's own that have people or work, tier by tier."""
        keys = {seat.team for seat in self.crew} | set(self.standing.by_team)
        kept: dict[int, Team] = kept_rows(Team, keys) or {}
        own = [kept[key] for key in keys if kept[key].tier_id < VENDOR_TIER and kept[key].is_active]
        return sorted(own, key=lambda team: (team.tier_id, team.name))

    @cached_property
    def team_lines(self) -> list[TeamLine]:
        by_team = self.days[1]
        return [self._team_line(team, by_team.get(team.pk)) for team in self._own_teams()]

    def _team_line(self, team: Team, day: Outcome | None) -> TeamLine:
        own = [seat for seat in self.crew if seat.team == team.pk]
        here = [seat for seat in own if seat.presence(at=self.at).is_present]
        has = sum(self.standing.by_person[seat.person] for seat in here)
        return TeamLine(team, len(here), len(own), has, sum(seat.capacity for seat in here), day)

    @property
    def wall_teams(self) -> list[TeamLine]:
        """Those that a wall has room for: the short ones first chosen, then shown in their usual order."""
        lines = self.team_lines
        chosen = sorted(lines, key=lambda line: -line.day.missed if line.day else 0)[:MOST_TEAMS_ON_WALL]
        return [line for line in lines if line in chosen]

    # --- goals ---

    @cached_property
    def goals(self) -> list[goals.Standing]:
        """Of the policies with a goal for this month, as old as a minute: they move slowly and cost most.

        They count every ticket of the desk, so only those see them who see all.
        """
        if not self.is_whole:
            return []
        kept: list[goals.Standing] | None = cache.get(GOALS)
        if kept is None:
            kept = goals.standings(at=self.at)
            cache.set(GOALS, kept, GOALS_KEPT_SECONDS)
        return [row for row in kept if row.judged]

    # --- lists ---

    def _lists(self) -> tuple[list[Line], list[Line], list[Rest]]:
        """What is over, longest first; what will be next; what rests longest. Each with its names and clocks."""
        due, resting = self._due(), self._resting()
        with_names(
            [*due, *(clock.ticket for clock in resting)], people=("assignee",), places=("tier", "team")
        )
        clocks = next_clocks(due, at=self.at)
        lines = [Line(ticket, clocks.get(ticket.pk), paused_by(ticket)) for ticket in due]
        late = [line for line in lines if line.ticket.next_due_at < self.at]
        rests = [Rest(clock.ticket, clock.since, paused_by(clock.ticket)) for clock in resting]
        return late, lines[len(late) :], rests

    def _due(self) -> list[Ticket]:
        ordered = self.tickets.order_by("next_due_at", "id")
        over = ordered.filter(next_due_at__lt=self.at)[:MOST_LISTED]
        soon = ordered.filter(next_due_at__gte=self.at, next_due_at__lt=self.at + timedelta(days=7))
        found = list(over.union(soon[:MOST_LISTED], all=True))
        return sorted(found, key=lambda ticket: (ticket.next_due_at, ticket.pk))

    def _resting(self) -> Sequence[Clock]:
        return paused_longest(self.tickets, many=MOST_LISTED)

    @property
    def wall_lines(self) -> list[Line]:
        """What will be breached next, as many as a wall has room for."""
        return self.soon[:MOST_ON_WALL]


def _step(n: int, of: int) -> int:
    """Percent in steps of five, for the style sheet; something is never drawn as nothing."""
    return max(5, round(n / of * 20) * 5) if n and of else 0
