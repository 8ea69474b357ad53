"""The desk at this moment: numbers for the live board, each with the list behind it.

All of them count what the reader may open, as their lists do. Today is a day where the desk is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import BigIntegerField, Count, Min, Q, QuerySet, Value
from django.utils import timezone

from accounts.models import User
from accounts.prepared import time_at
from insights.queries.crew import VENDOR_TIER
from insights.queries.listed import ALL, COUNTED, NOT_COUNTED, Listed, of_teams, written
from tickets.models import WAITING_STATUSES, Status, Ticket, TicketQuerySet
from tickets.queries.counting import Load, loads
from tickets.queries.visible import PreparedFor

WITHIN = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=8))
"""In which spans what will be breached is counted: each with all of the shorter ones."""
SOON = 1
"""The one of them that bars show."""
OPEN = ("open", "true")
OVER = ("due.before", "now")
UNDUE = ("due.empty", "true")
WAITING = ("status", ",".join(WAITING_STATUSES))
UNDATED = (UNDUE, (f"not.{WAITING[0]}", WAITING[1]))
"""Nothing of it is due, and it waits for nobody."""
UNOWNED = (("assignee", "none"), ("not.tier", str(VENDOR_TIER)))
"""Nobody has it; on the vendors' tier their contract has it."""


def within(span: timedelta) -> tuple[str, str]:
    return ("due.within", f"{span // timedelta(hours=1)}h")


DUE_SOON = within(WITHIN[SOON])
ON_TIME = (("due.empty", "false"), ("not.due.before", "now"), (f"not.{DUE_SOON[0]}", DUE_SOON[1]))
STATES = (ON_TIME, (DUE_SOON,), (OVER,), (UNDUE, WAITING), UNDATED)
"""In what an open ticket's clock is, as lists ask for it: in the order of `Sums.states`."""


@dataclass
class Sums:
    """Open tickets of a tier, a team or a person."""

    open: int = 0
    over: int = 0
    undue: int = 0
    waiting: int = 0
    with_vendor: int = 0
    unowned: int = 0
    idle: int = 0
    """Somebody has it, nothing of it is due, and it waits for nobody."""
    soon: tuple[int, ...] = (0,) * len(WITHIN)

    def add(self, load: Load) -> None:
        self.open += load.open
        self.over += load.over
        self.undue += load.undue
        self.waiting += load.waiting
        self.with_vendor += load.with_vendor
        if load.assignee is not None:
            self.idle += load.undue - load.waiting
        elif load.tier != VENDOR_TIER:
            self.unowned += load.open
        self.soon = tuple(mine + more for mine, more in zip(self.soon, load.soon, strict=True))

    @property
    def undated(self) -> int:
        return self.undue - self.waiting

    @property
    def states(self) -> tuple[int, int, int, int, int]:
        """On time, due soon, over, waiting with nothing due, nothing due otherwise; together they are all."""
        soon = self.soon[SOON]
        on_time = self.open - self.over - soon - self.undue
        return on_time, soon, self.over, self.waiting, self.undated


class Standing:
    """What is open now. `teams` narrows it to theirs (a lead's), None is the whole desk. One query."""

    def __init__(self, reader: User, *, at: datetime, teams: Collection[int] | None = None) -> None:
        self.reader, self.at = reader, at
        self.teams = None if teams is None else frozenset(teams)
        self.total = Sums()
        self.by_tier: dict[int, Sums] = defaultdict(Sums)
        self.by_team: dict[int, Sums] = defaultdict(Sums)
        self.by_person: dict[int, int] = defaultdict(int)
        """In all teams: what somebody has is not less because it is another's."""
        self.of_person: dict[tuple[int, int], int] = defaultdict(int)
        """By person and team, in the teams that are looked at."""
        for load in loads(reader, at=at, spans=WITHIN):
            if load.assignee is not None:
                self.by_person[load.assignee] += load.open
            if self.teams is None or load.team in self.teams:
                self._add(load)

    def _add(self, load: Load) -> None:
        for sums in (self.total, self.by_tier[load.tier], self.by_team[load.team]):
            sums.add(load)
        if load.assignee is not None:
            self.of_person[load.assignee, load.team] += load.open

    @property
    def rows(self) -> TicketQuerySet:
        """The open tickets themselves."""
        return self.list().rows(self.reader, at=self.at)

    def list(self, *params: tuple[str, str], queue: str = ALL) -> Listed:
        """What is open and looked at here, in a queue of open tickets or in all, narrowed by these parameters."""
        teams = () if queue.startswith("team-") else of_teams(self.teams)
        if queue != ALL:
            return Listed((*teams, *params), queue)
        return Listed((OPEN, *teams, *params), queue, "due")

    def of(self, person: int) -> Listed:
        """What somebody has, in all teams."""
        return Listed((OPEN, ("assignee", str(person))), sort="due")

    @cached_property
    def today(self) -> "Today":
        return today(self.reader, at=self.at, teams=self.teams)


@dataclass(frozen=True)
class Today:
    """What came in and what left since midnight, and what was handed over and is not accepted."""

    since: datetime
    came: int
    left: int
    unaccepted: int
    """At most one more than `MOST_WAITING`."""
    waits_since: datetime | None
    """The oldest hand-off that nobody has accepted, and whose team it waits for."""
    waits_for: int | None
    came_list: Listed
    left_list: Listed
    unaccepted_list: Listed


CAME, LEFT, WAITS = "came", "left", "waits"
MOST_WAITING = 500
"""Hand-offs that are counted: with more of them unaccepted, how many does not matter."""


def today(reader: User, *, at: datetime, teams: Collection[int] | None = None) -> Today:
    """One query."""
    since = midnight(at)
    lists = {
        CAME: came_since(since, teams),
        LEFT: left_since(since, teams),
        WAITS: Listed((OPEN, ("unaccepted", "true"), *of_teams(teams)), sort="oldest"),
    }
    found: dict[str, tuple[int, datetime | None, int | None]] = {}
    if teams is None:
        rows: Iterable[Any] = _of_the_desk(reader, since=since)
    else:
        rows = _grouped({name: each.rows(reader, at=at) for name, each in lists.items()})
    for name, team, n, first in rows:
        known = found.get(name, (0, None, None))
        earlier = first is not None and (known[1] is None or first < known[1])
        found[name] = (known[0] + n, first if earlier else known[1], team if earlier else known[2])
    nothing = (0, None, None)
    waiting = found.get(WAITS, nothing)
    return Today(
        since,
        found.get(CAME, nothing)[0],
        found.get(LEFT, nothing)[0],
        *waiting,
        *lists.values(),
    )


def midnight(at: datetime) -> datetime:
    """When today began where the desk is."""
    day = at.astimezone(timezone.get_default_timezone()).date()
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())


def came_since(since: datetime, teams: Collection[int] | None) -> Listed:
    return Listed((("created.after", written(since)), COUNTED, *of_teams(teams)), sort="newest")


def left_since(since: datetime, teams: Collection[int] | None) -> Listed:
    """Resolved, or cancelled by somebody, since then, and not open again."""
    return Listed(
        (
            ("changed.after", written(since)),
            ("open", "false"),
            COUNTED,
            *of_teams(teams),
            ("filter", _ENDED % {"since": written(since)}),
        ),
        sort="changed",
    )


_ENDED = (
    '{"any":[{"field":"resolved","op":"after","value":"%(since)s"},'
    f'{{"all":[{{"field":"status","op":"is","value":"{Status.CANCELLED.value}"}},'
    '{"field":"closed","op":"after","value":"%(since)s"}]}]}'
)


def _grouped(wanted: dict[str, TicketQuerySet]) -> "QuerySet[Any, Any]":
    """How many by name and team; of hand-offs the oldest, one by one."""
    parts: list[QuerySet[Any, Any]] = []
    for name, rows in wanted.items():
        named = rows.annotate(what=Value(name))
        columns = ("what", "team_id", "n", "unaccepted_since")
        if name == WAITS:
            oldest = named.order_by("unaccepted_since").annotate(n=Value(1, output_field=BigIntegerField()))
            parts.append(oldest.values_list(*columns)[: MOST_WAITING + 1])
            continue
        grouped = named.order_by().values("what", "team_id")
        counted = grouped.annotate(n=Count("*"), first=Min("unaccepted_since"))
        parts.append(counted.values_list("what", "team_id", "n", "first"))
    return parts[0].union(*parts[1:], all=True)


def _today_of_the_desk(reader: User, since: Any) -> "QuerySet[Any, Any]":
    """What the three lists say of the whole desk, in conditions of the database: to write it from their words takes
    Django longer than PostgreSQL to answer, and a wall asks four times a minute."""
    begun, seen = time_at(since), Ticket.objects.visible_to(reader)
    counted = seen.exclude(cancel_reason__in=[str(reason) for reason in NOT_COUNTED])
    ended = Q(resolved_at__gte=begun) | Q(status=Status.CANCELLED, closed_at__gte=begun)
    return _grouped(
        {
            CAME: counted.filter(created_at__gte=begun),
            LEFT: counted.filter(ended, in_queue=False, changed_at__gte=begun),
            WAITS: seen.open().unaccepted(),
        }
    )


_of_the_desk: PreparedFor[Any] = PreparedFor(_today_of_the_desk, "since")
