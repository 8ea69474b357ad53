"""How many tickets stand in each queue: two queries, whatever the number of tickets, and what taught queues ask."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Q, Value, When
from django.db.models.query import QuerySet

from accounts.models import Sees, User
from accounts.prepared import time_at
from tickets.models import FAR, WAITING_STATUSES, Status, Ticket, TicketQuerySet, Watch
from tickets.models.querysets import sees_everything
from tickets.queries.queues import HANDED_TO_VENDORS, taught_queues
from tickets.queries.tied import tied_to
from tickets.queries.visible import PreparedFor

MINE, FREE, THEIRS = "mine", "free", "theirs"
TICK = timedelta(microseconds=1)
COLUMNS = ("source", "tier_id", "team_id", "status", "whose")

Row = tuple[str, int, int, str, str, int]


def queue_counts(user: User) -> dict[str, int]:
    """Open tickets by name of queue, as `queues(user)` would list them; an absent name counts none.

    The plain many are counted by one grouped query that reads nothing but the covering index
    `tkt_open_load`. A second one counts what only its own facts show (restricted, asked for, watched)
    and what has a short partial index of its own.
    """
    if not user.uses_desk:
        return _named(user, [], _grouped(_watched(user), user, "watching"))
    plain = Ticket.objects.open().filter(_plainly_visible(user))
    return _named(user, _grouped(plain, user, ""), _second(user))


@dataclass(frozen=True)
class Load:
    """The open tickets of a team that one person has (None: nobody), by what is due next.

    `soon` counts by span what is due within it, the longer with all of the shorter. What is neither over nor undue nor
    soon is on time.
    """

    tier: int
    team: int
    assignee: int | None
    open: int
    over: int
    undue: int
    waiting: int
    """Of the undue, those that wait for requester, vendor or an appointment: their clocks rest, if they have any."""
    with_vendor: int
    soon: tuple[int, ...]


def loads(user: User, *, at: datetime, spans: Sequence[timedelta]) -> list[Load]:
    """What is open, one or two rows for each team and person, in one query.

    The plain many are read from the covering index `tkt_open_load` alone. A span includes its end, as `due.within`
    of the vocabulary does, so that a number and its list agree.
    """
    asked = _loads.get(len(spans)) or _loads.setdefault(len(spans), _ask_for(len(spans)))
    ends = {f"end_{number}": at + span + TICK for number, span in enumerate(spans)}
    return [_load(*row) for row in asked(user, at=at, **ends)]


def _ask_for(spans: int) -> PreparedFor[Any]:
    """The query with places for the moments: it takes Django a quarter as long to write as PostgreSQL to answer."""

    def build(user: User, at: Any, **ends: Any) -> QuerySet[Any, Any]:
        moments = [time_at(end) for end in ends.values()]
        plain = Ticket.objects.open().filter(_plainly_visible(user))
        others = Ticket.objects.visible_to(user).open().filter(tied_to(user, is_open=True))
        parts = [
            _by_due(rows, time_at(at), moments) for rows in (plain, others.exclude(_plainly_visible(user)))
        ]
        return parts[0].union(parts[1], all=True)

    return PreparedFor(build, "at", *(f"end_{number}" for number in range(spans)))


_loads: dict[int, PreparedFor[Any]] = {}


def _load(tier: int, team: int, assignee: int | None, *counted: int) -> Load:
    n, over, undue, waiting, with_vendor, *soon = counted
    return Load(tier, team, assignee, n, over, undue, waiting, with_vendor, tuple(soon))


def _by_due(rows: TicketQuerySet, at: Any, ends: Sequence[Any]) -> QuerySet[Any, Any]:
    place = ("tier_id", "team_id", "assignee_id")
    counted = {
        "n": Count("*"),
        "over": Count("next_due_at", filter=Q(next_due_at__lt=at)),
        "undue": Count("next_due_at", filter=Q(next_due_at=FAR)),
        "waiting": Count("next_due_at", filter=Q(next_due_at=FAR, status__in=WAITING_STATUSES)),
        "with_vendor": Count("next_due_at", filter=HANDED_TO_VENDORS),
    } | {
        f"soon_{number}": Count("next_due_at", filter=Q(next_due_at__gte=at, next_due_at__lt=end))
        for number, end in enumerate(ends)
    }
    grouped: QuerySet[Any, Any] = (
        rows.order_by().values(*place).annotate(**counted).values_list(*place, *counted)
    )
    return grouped


def _plainly_visible(user: User) -> Q:
    """The part of `visible_to` that the covering index answers."""
    unrestricted = Q(is_restricted=False)
    if _sees_all(user):
        return unrestricted
    seen = Q(assignee=user) | Q(team_id__in=user.team_ids)
    if any(seat.sees == Sees.SERVED for seat in user.seats):
        seen |= Q(organisation_id__in=user.served_organisation_ids) | Q(organisation__isnull=True)
    return unrestricted & seen


def _second(user: User) -> QuerySet[Any, Any]:
    ours = Ticket.objects.visible_to(user).open().of_teams(user.team_ids)
    tracked = Ticket.objects.visible_to(user).open().filter(contact=user)
    others = (
        Ticket.objects.visible_to(user)
        .open()
        .filter(tied_to(user, is_open=True))
        .exclude(_plainly_visible(user))
    )
    groups: QuerySet[Any, Any] = _grouped(others, user, "").union(
        _grouped(tracked, user, "tracking"),
        _grouped(_watched(user), user, "watching"),
        _grouped(ours.unaccepted(), user, "handed"),
        _grouped(ours.reply_waits(), user, "replies"),
        *(_grouped(queue.queryset, user, queue.name) for queue in taught_queues(user)),
        all=True,
    )
    return groups


def _watched(user: User) -> TicketQuerySet:
    watches = Watch.objects.filter(user=user).values("ticket_id")
    return Ticket.objects.visible_to(user).open().filter(pk__in=watches)


def _sees_all(user: User) -> bool:
    return user.is_administrator or user.is_manager or sees_everything(user)


def _grouped(rows: TicketQuerySet, user: User, source: str) -> QuerySet[Any, Any]:
    whose = Case(
        When(assignee=user, then=Value(MINE)),
        When(assignee__isnull=True, then=Value(FREE)),
        default=Value(THEIRS),
        output_field=CharField(),
    )
    grouped: QuerySet[Any, Any] = (
        rows.order_by()
        .annotate(source=Value(source), whose=whose)
        .values(*COLUMNS)
        .annotate(n=Count("*"))
        .values_list(*COLUMNS, "n")
    )
    return grouped


def _named(user: User, plain: Iterable[Row], more: Iterable[Row]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    ours = set(user.team_ids)
    for source, tier, team, status, whose, n in [*plain, *more]:
        names = [source] if source else _names_of(tier, team, status, whose, is_ours=team in ours)
        for name in names:
            counts[name] += n
    return dict(counts)


def _names_of(tier: int, team: int, status: str, whose: str, *, is_ours: bool) -> list[str]:
    names = [f"tier-{tier}", f"team-{team}"]
    if whose == MINE:
        names.append("mine")
    if tier == 4 or status == Status.PENDING_VENDOR:
        names.append("vendors")
    if is_ours:
        names.append("my-teams")
        if whose == FREE:
            names.append("unassigned")
        if status == Status.ON_HOLD:
            names.append("on-hold")
    return names
