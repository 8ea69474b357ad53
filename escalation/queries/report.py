"""All hand-offs in figures: by pair of teams and by reason, what came back, how often, and the time that it cost.

Counted from the rows of hand-offs, also of those that were imported. They have no reason and are never returned:
there a move back is a hand-off of its own. So a ping-pong is counted from moves: A > B directly followed by B > A on
the same ticket, whether somebody returned it or handed it over again. A hand-down with a fix is none. Tickets that
were set aside as no request are left out, as of all figures.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from accounts.models import Team
from escalation.models import Handoff, Rule
from escalation.queries.figures import rates, returns_by_rule
from escalation.queries.moves import is_fix

Pair = tuple[int, int]
COLUMNS = (
    "ticket_id",
    "from_team_id",
    "to_team_id",
    "from_tier",
    "to_tier",
    "reason",
    "at",
    "state",
    "ended_at",
    "return_reason",
    "rating",
)


@dataclass
class Figures:
    """Of one pair of teams, or of one reason."""

    handoffs: int = 0
    bounces: int = 0
    ping_pong: int = 0
    ping_pong_again: int = 0
    """A > B > A > B."""
    lost: timedelta = timedelta()
    """From a hand-off to the move back."""
    return_reasons: Counter[str] = field(default_factory=Counter)
    ratings: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return {
            "handoffs": self.handoffs,
            "bounces": self.bounces,
            "ping_pong": self.ping_pong,
            "ping_pong_again": self.ping_pong_again,
            "lost_seconds": int(self.lost.total_seconds()),
            "return_reasons": dict(sorted(self.return_reasons.items())),
            "ratings": dict(sorted(self.ratings.items())),
        }


@dataclass
class Report:
    pairs: dict[Pair, Figures] = field(default_factory=dict)
    reasons: dict[str, Figures] = field(default_factory=dict)
    tickets: int = 0
    tickets_with_ping_pong: int = 0

    @property
    def total(self) -> Figures:
        total = Figures()
        for one in self.pairs.values():
            total.handoffs += one.handoffs
            total.bounces += one.bounces
            total.ping_pong += one.ping_pong
            total.ping_pong_again += one.ping_pong_again
            total.lost += one.lost
            total.return_reasons += one.return_reasons
            total.ratings += one.ratings
        return total


@dataclass(frozen=True)
class _Move:
    pair: Pair
    reason: str
    at: datetime
    is_return: bool = False
    is_fix: bool = False

    def is_undone_by(self, other: "_Move") -> bool:
        goes_back = other.pair == (self.pair[1], self.pair[0])
        return goes_back and not self.is_fix and not other.is_fix


def handoff_report() -> Report:
    """Read every hand-off once, a ticket at a time."""
    report = Report()
    rows = Handoff.objects.countable().order_by("ticket_id", "id").only(*COLUMNS).iterator(chunk_size=5_000)
    for _ticket, handoffs in groupby(rows, key=lambda row: row.ticket_id):
        report.tickets += 1
        _count(report, list(handoffs))
    return report


def _count(report: Report, handoffs: list[Handoff]) -> None:
    for row in handoffs:
        for figures in _figures(report, (row.from_team_id, row.to_team_id), row.reason):
            figures.handoffs += 1
            if row.rating:
                figures.ratings[row.rating] += 1
            if row.state == Handoff.State.RETURNED:
                figures.bounces += 1
                figures.return_reasons[row.return_reason] += 1
    found = _count_moves(report, list(_moves(handoffs)))
    report.tickets_with_ping_pong += bool(found)


def _count_moves(report: Report, moves: list[_Move]) -> int:
    undone = [first.is_undone_by(second) for first, second in pairwise(moves)]
    for number, is_undone in enumerate(undone):
        if not is_undone:
            continue
        first, second = moves[number], moves[number + 1]
        for figures in _figures(report, first.pair, first.reason):
            figures.ping_pong += 1
            figures.ping_pong_again += number + 1 < len(undone) and undone[number + 1]
            if not first.is_return:
                figures.lost += second.at - first.at
    return sum(undone)


def _figures(report: Report, pair: Pair, reason: str) -> tuple[Figures, Figures]:
    return report.pairs.setdefault(pair, Figures()), report.reasons.setdefault(reason, Figures())


def _moves(handoffs: Iterable[Handoff]) -> Iterable[_Move]:
    for row in handoffs:
        pair = (row.from_team_id, row.to_team_id)
        fix = is_fix(row.reason, row.from_tier, row.to_tier)
        yield _Move(pair, row.reason, row.at, is_fix=fix)
        if row.state == Handoff.State.RETURNED:
            yield _Move((pair[1], pair[0]), row.reason, row.ended_at or row.at, is_return=True)


def as_json(report: Report) -> dict[str, Any]:
    """The report as it is written to a file: teams by name, most bounces and ping-pongs first."""
    names = dict(Team.objects.values_list("pk", "name"))
    rules = dict(Rule.objects.values_list("pk", "name"))
    worst = sorted(report.pairs.items(), key=lambda row: (-row[1].bounces, -row[1].ping_pong, row[0]))
    return {
        "tickets": report.tickets,
        "tickets_with_ping_pong": report.tickets_with_ping_pong,
        **report.total.as_json(),
        "pairs": [
            {"from": names[from_team], "to": names[to_team], **figures.as_json()}
            for (from_team, to_team), figures in worst
        ],
        "reasons": [
            {"reason": reason, **figures.as_json()} for reason, figures in sorted(report.reasons.items())
        ],
        "rates": [
            {"from": row.from_team, "to": row.to_team, "reason": row.reason, **row.by_rating}
            for row in rates()
        ],
        "rules": [
            {"rule": rules[rule], "handoffs": made, "bounces": returned}
            for rule, (made, returned) in sorted(returns_by_rule().items())
        ],
    }
