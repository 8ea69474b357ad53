"""The live board of promises: what is over, what will be soon, what waits, for leads and managers."""

from collections import defaultdict
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
from helpdesk.desk.guard import DeskRequest, leads_page
from helpdesk.desk.rows import next_clocks, paused_by
from sla.models import Clock, Metric
from sla.queries import goals
from sla.queries.board import over_by_metric, paused_by_place, paused_longest
from sla.queries.clocks import Standing
from tickets.models import Ticket, TicketQuerySet
from tickets.queries.beside import kept_rows, with_names
from tickets.queries.counting import Load, loads

SOON = timedelta(hours=4)
LEVELS = range(5)
MOST_LISTED = 8
MOST_WAITING = 500
GOALS, GOALS_KEPT_SECONDS = "desk:goals", 60
WALL = "wall"
REFRESHED = "part"
"""The parameter with which the open page asks for its board alone."""


@require_safe
@leads_page
def board(request: DeskRequest) -> HttpResponse:
    is_wall = request.GET.get(WALL) == "1"
    kept = {WALL: "1"} if is_wall else {}
    context = {
        "board": Board(request.user, at=timezone.now()),
        "is_wall": is_wall,
        "part_url": f"{request.path}?{urlencode({**kept, REFRESHED: '1'})}",
        "wall_url": f"{request.path}?{urlencode({WALL: '1'})}",
    }
    is_part = REFRESHED in request.GET and request.htmx
    return render(request, "desk/board/_board.html" if is_part else "desk/board/page.html", context)


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

    @property
    def words(self) -> str:
        """All that the bar shows, for who cannot see it."""
        parts = [f"{part.many} {part.label}" for part in self.parts if part.many]
        return ", ".join([_("%(n)s open") % {"n": self.open}, *parts])

    def many(self, look: str) -> int:
        return next((part.many for part in self.parts if part.look == look), 0)

    @property
    def shown(self) -> list[Part]:
        return [part for part in self.parts if part.many]


@dataclass(frozen=True)
class Line:
    """One ticket of a list, with its clock."""

    ticket: Ticket
    clock: Standing | None
    paused: str


@dataclass(frozen=True)
class Rest:
    """A ticket whose resolution clock rests, and since when."""

    ticket: Ticket
    since: datetime
    why: str


LOOKS: tuple[tuple[str, Promise], ...] = (
    ("of-ok", gettext_lazy("on time")),
    ("of-warn", gettext_lazy("due within 4 h")),
    ("of-bad", gettext_lazy("breached")),
    ("of-rest", gettext_lazy("paused")),
    ("of-none", gettext_lazy("nothing promised")),
)
"""Pieces of a bar in their order: class of the style sheet, and word."""


class Board:
    """Everything on the board, read once. A lead sees the tiers of the teams that they lead, others all."""

    def __init__(self, user: User, *, at: datetime) -> None:
        self.user, self.at = user, at
        self.tiers = self._tiers()
        levels = [tier.level for tier in self.tiers]
        self.tickets: TicketQuerySet = Ticket.objects.visible_to(user).open().filter(tier_id__in=levels)
        counted = loads(user, at=at, until=at + SOON, tiers=levels)
        paused = paused_by_place(self.tickets) if any(load.undue for load in counted) else {}
        self._count(counted, paused)
        self.over, self.soon = self._lines()
        self.rests = [self._rest(clock) for clock in self._resting()]

    @property
    def is_whole(self) -> bool:
        return self.user.is_manager or self.user.is_administrator

    @property
    def legend(self) -> tuple[tuple[str, Promise], ...]:
        return LOOKS

    def _tiers(self) -> list[Tier]:
        kept = kept_rows(Tier, set(LEVELS)) or {}
        led = {seat.tier for seat in self.user.seats if seat.role == Role.LEAD}
        return [kept[level] for level in LEVELS if self.is_whole or level in led]

    # --- numbers ---

    def _count(self, counted: Sequence[Load], paused: dict[tuple[int, int], int]) -> None:
        by_tier: dict[int, list[int]] = defaultdict(lambda: [0] * len(LOOKS))
        by_team: dict[int, list[int]] = defaultdict(lambda: [0] * len(LOOKS))
        rest = dict(paused)
        for load in counted:
            resting = min(load.undue, rest.get((load.tier, load.team), 0))
            rest[load.tier, load.team] = rest.get((load.tier, load.team), 0) - resting
            on_time = load.open - load.over - load.soon - load.undue
            pieces = (on_time, load.soon, load.over, resting, load.undue - resting)
            for sums in (by_tier[load.tier], by_team[load.team]):
                for place, n in enumerate(pieces):
                    sums[place] += n
        teams = kept_rows(Team, set(by_team)) or {}
        order = sorted(by_team, key=lambda key: (teams[key].tier_id, teams[key].name))
        longest = max((sum(sums) for sums in by_tier.values()), default=0)
        longest_team = max((sum(sums) for sums in by_team.values()), default=0)
        self.by_tier = [
            _bar(tier.name, tier, f"/desk/queues/tier-{tier.level}/", by_tier[tier.level], longest)
            for tier in self.tiers
        ]
        self.by_team = [
            _bar(teams[key].name, teams[key].tier, f"/desk/queues/team-{key}/", by_team[key], longest_team)
            for key in order
        ]

    @property
    def cards(self) -> list[Card]:
        over, soon = (sum(bar.many(look) for bar in self.by_tier) for look in ("of-bad", "of-warn"))
        return [
            Card(
                _("Breached, open"),
                str(over),
                self._over_what(over),
                "bad" if over else "",
                "/desk/queues/all/?due.before=now",
            ),
            Card(
                _("Breaching within 4 h"),
                str(soon),
                _("if nobody acts"),
                "warn" if soon else "",
                "/desk/queues/all/?due.within=4h",
            ),
            self._handed(),
            self._rested(),
        ]

    def _over_what(self, over: int) -> str:
        if not over:
            return _("every promise is kept")
        found = over_by_metric(self.tickets, at=self.at)
        if found is None:
            return _("too many to tell which")
        return ", ".join(f"{n} {Metric(metric).label}" for metric, n in found.items())

    def _handed(self) -> Card:
        rows = self.tickets.unaccepted().order_by("unaccepted_since")
        waiting = list(rows.values_list("unaccepted_since", "team_id")[: MOST_WAITING + 1])
        label, url = _("Hand-offs not accepted"), "/desk/queues/all/?unaccepted=true&sort=oldest"
        if not waiting:
            return Card(label, "0", _("all are taken on"), url=url)
        since, key = waiting[0]
        team = (kept_rows(Team, {key}) or {})[key]
        about = _("oldest %(span)s, %(team)s") % {
            "span": spans.short(self.at - (since or self.at)),
            "team": team,
        }
        number = f"{MOST_WAITING}+" if len(waiting) > MOST_WAITING else str(len(waiting))
        return Card(label, number, about, url=url)

    def _rested(self) -> Card:
        label = _("Paused longest")
        if not self.rests:
            return Card(label, "–", _("no clock rests"))
        first = self.rests[0]
        about = " · ".join(filter(None, [first.ticket.number, first.why]))
        return Card(
            label, spans.short(self.at - first.since), about, url=f"/desk/tickets/{first.ticket.number}/"
        )

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

    @property
    def summary(self) -> str:
        total = sum(bar.open for bar in self.by_tier)
        return ngettext("%(n)s open ticket", "%(n)s open tickets", total) % {"n": total}

    # --- lists ---

    def _lines(self) -> tuple[list[Line], list[Line]]:
        """What is over, longest first, and what will be next; both in one query, their clocks in another."""
        ordered = self.tickets.order_by("next_due_at", "id")
        over = ordered.filter(next_due_at__lt=self.at)[:MOST_LISTED]
        soon = ordered.filter(next_due_at__gte=self.at, next_due_at__lt=self.at + timedelta(days=7))
        found = list(over.union(soon[:MOST_LISTED], all=True))
        found.sort(key=lambda ticket: (ticket.next_due_at, ticket.pk))
        with_names(found, people=("assignee",), places=("tier", "team"))
        clocks = next_clocks(found, at=self.at)
        lines = [Line(ticket, clocks.get(ticket.pk), paused_by(ticket)) for ticket in found]
        late = [line for line in lines if line.ticket.next_due_at < self.at]
        return late, lines[len(late) :]

    def _resting(self) -> Sequence[Clock]:
        clocks = paused_longest(self.tickets, many=MOST_LISTED)
        with_names([clock.ticket for clock in clocks], people=("assignee",), places=("tier", "team"))
        return clocks

    def _rest(self, clock: Clock) -> Rest:
        return Rest(clock.ticket, clock.since, paused_by(clock.ticket))


def _bar(label: str, tier: Tier | None, url: str, sums: Sequence[int], longest: int) -> Bar:
    total = sum(sums)
    parts = [Part(look, str(word), n, _step(n, total)) for (look, word), n in zip(LOOKS, sums, strict=True)]
    return Bar(str(label), tier, url, total, parts, _step(total, longest))


def _step(n: int, of: int) -> int:
    """Percent in steps of five, for the style sheet; something is never drawn as nothing."""
    return max(5, round(n / of * 20) * 5) if n and of else 0
