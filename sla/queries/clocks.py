"""The clocks of tickets as pages tell of them: which is due next, how much of its target is used, what is left.

Times are aware, spans are business time unless they say otherwise.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from accounts.prepared import Prepared, any_of
from sla.cycles import BREACH, NOTHING, Cycle
from sla.models import Clock, Metric
from sla.queries.hours import hours_of
from sla.spec import TIER_METRICS, VENDOR_METRICS

COLUMNS = tuple(column.name for column in fields(Cycle))
OF_REQUESTER = frozenset(Metric) - {*TIER_METRICS, *VENDOR_METRICS}
"""What was promised to the requester; the rest is between tiers, or with a vendor."""
OF_VENDOR = frozenset(VENDOR_METRICS)
SHORTEST_WARNING = timedelta(minutes=1)
ORDER = {metric: place for place, metric in enumerate(Metric)}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one clock stands at a moment."""

    cycle: Cycle
    at: datetime
    used: timedelta
    warns_at: datetime | None
    """When it began, or begins, to be short of time; None for one that does not run."""

    @property
    def is_running(self) -> bool:
        return self.cycle.is_running

    @property
    def is_paused(self) -> bool:
        return self.cycle.state == Clock.State.PAUSED

    @property
    def is_late(self) -> bool:
        """Runs, and its due time has passed."""
        return self.cycle.due_at is not None and self.cycle.due_at < self.at

    @property
    def is_short(self) -> bool:
        """Runs, is not late, and the share at which it warns first is used."""
        return self.warns_at is not None and self.warns_at <= self.at and not self.is_late

    @property
    def was_breached(self) -> bool:
        """Now or ever: a breach stays, whatever target it has since."""
        return self.cycle.breached_at is not None or self.is_late

    @property
    def share(self) -> float:
        """Of the target that is used; above 1 when it is over."""
        return self.used / self.cycle.target

    @property
    def left(self) -> timedelta:
        """Business time until the target is used up; negative when it is over."""
        return self.cycle.target - self.used

    @property
    def left_by_the_clock(self) -> timedelta | None:
        """What a clock on the wall shows until it is due, negative after; None for one that does not run."""
        return self.cycle.due_at - self.at if self.cycle.due_at else None

    @property
    def paced_from(self) -> datetime | None:
        """When it would have begun, had it always run as it does until it is due: for a countdown that only
        knows a beginning and an end, and shows the share used without a calendar."""
        if self.cycle.due_at is None or self.share >= 1 or self.is_late:
            return None
        return self.at - (self.cycle.due_at - self.at) * (self.share / (1 - self.share))

    @property
    def warning(self) -> timedelta | None:
        """How long before it is due it warns, by the clock on the wall."""
        if self.warns_at is None or self.cycle.due_at is None:
            return None
        return max(self.cycle.due_at - self.warns_at, SHORTEST_WARNING)


def standing(cycle: Cycle, *, at: datetime) -> Standing:
    return Standing(cycle, at, cycle.used_at(at, hours_of), _warns_at(cycle))


def _warns_at(cycle: Cycle) -> datetime | None:
    if not cycle.is_running or cycle.due_at is None:
        return None
    share = min(cycle.shares, default=BREACH)
    left = max(cycle.target * share / BREACH - cycle.used, NOTHING)
    return min(hours_of(cycle.calendar_id).add_working_time(cycle.since, left), cycle.due_at)


def next_of(cycles: Iterable[Cycle], *, only: Collection[str] = tuple(Metric)) -> Cycle | None:
    """The one to act on: what is due first; where nothing runs, what rests (the resolution before others)."""
    wanted = [cycle for cycle in cycles if cycle.is_open and cycle.metric in only]
    running = [(cycle.due_at, ORDER[Metric(cycle.metric)], cycle) for cycle in wanted if cycle.due_at]
    if running:
        return min(running, key=lambda row: row[:2])[2]
    return min(wanted, key=_rank_at_rest, default=None)


def _rank_at_rest(cycle: Cycle) -> tuple[bool, int]:
    return cycle.metric != Metric.RESOLUTION, ORDER[Metric(cycle.metric)]


def open_clocks(tickets: Collection[int]) -> dict[int, list[Cycle]]:
    """The open clocks of many tickets by ticket, in one query; no ticket without a clock is in it."""
    found: dict[int, list[Cycle]] = defaultdict(list)
    if tickets:
        for row in _open(tickets=list(tickets)):
            cycle = Cycle(*row)
            found[cycle.ticket_id].append(cycle)
    return dict(found)


def clocks_of(ticket: int) -> list[Cycle]:
    """Every cycle of every clock of one ticket, in the order in which they began."""
    return [Cycle(*row) for row in _all(ticket=ticket)]


_open = Prepared(
    lambda tickets: (
        Clock.objects.filter(any_of("ticket_id", tickets))
        .exclude(state=Clock.State.ENDED)
        .order_by()
        .values_list(*COLUMNS)
    ),
    "tickets",
)

_all = Prepared(
    lambda ticket: Clock.objects.filter(ticket=ticket).order_by("started_at", "id").values_list(*COLUMNS),
    "ticket",
)
