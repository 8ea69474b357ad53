"""How good hand-offs are: ratings and returns by pair of teams and reason, and what was missing, item by item.

Hand-offs count in the period in which they were made.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum

from accounts.models import Team
from escalation.models import Handoff, HandoffItem, HandoffRating, Reason, ReturnReason
from insights.cuts import Cut, Scope
from insights.models import TicketFact
from insights.queries.narrowing import during, narrowed

State = Handoff.State
MOST = 100


@dataclass(frozen=True)
class Line:
    """Hand-offs of one pair of teams, for one reason, or both."""

    from_team: str
    to_team: str
    reason: str
    made: int
    returned: int
    rated: int
    complete: int
    incomplete: int
    solvable_below: int
    wait: timedelta | None
    """From handing over to being accepted, on average, in calendar time."""

    @property
    def reason_label(self) -> str:
        return str(dict(Reason.choices).get(self.reason, "")) or "–"

    @property
    def share_returned(self) -> float:
        return 100 * self.returned / self.made if self.made else 0.0


@dataclass(frozen=True)
class Missing:
    """An item of a checklist: how often it was asked, and was not done when the ticket went up."""

    text: str
    tier: int
    asked: int
    missing: int
    returned: int
    """Of those that lacked it, how many came back."""

    @property
    def share(self) -> float:
        return 100 * self.missing / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class Quality:
    total: Line
    tickets: int = 0
    ping_pong: int = 0
    """Of these tickets, how many went from one team to another and straight back."""
    pairs: list[Line] = field(default_factory=list)
    reasons: list[Line] = field(default_factory=list)
    returns: list[tuple[str, int]] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


def handoffs(cut: Cut) -> "QuerySet[Handoff]":
    """Those of a cut: for a lead those that their teams gave or received; for others narrowed as their tickets are.

    A team in the cut is one that gave or received it, not the one that has the ticket now.
    """
    rows = Handoff.objects.filter(during("at", cut.period))
    if cut.team:
        rows = rows.filter(_touches([cut.team]))
    if cut.scope.teams is None:
        return rows.filter(narrowed(cut.within(team=0)))
    of_all = narrowed(cut.within(team=0, scope=Scope()))
    return rows.filter(_touches(cut.scope.teams), of_all, ticket__is_restricted=False)


def quality(cut: Cut) -> Quality:
    """Four queries: one pass over the hand-offs, of which all that can be added up is."""
    rows = handoffs(cut).order_by()
    names = dict(Team.objects.values_list("pk", "name"))
    pairs: dict[tuple[int, int, str], _Sum] = defaultdict(_Sum)
    reasons: dict[str, _Sum] = defaultdict(_Sum)
    returns, total = Counter[str](), _Sum()
    counted: Any = rows.values("from_team", "to_team", "reason", "return_reason").annotate(**_SUMS)
    for row in counted:
        for one in (total, pairs[row["from_team"], row["to_team"], row["reason"]], reasons[row["reason"]]):
            one.add(row)
        returns[row["return_reason"]] += row["returned"]
    to_and_fro = TicketFact.objects.filter(is_counted=True, ping_pongs__gt=0).values("ticket")
    told = rows.aggregate(
        n=Count("ticket", distinct=True),
        n_to_and_fro=Count("ticket", distinct=True, filter=Q(ticket__in=to_and_fro)),
    )
    labels = dict(ReturnReason.choices)
    by_pair = [one.line(names, *key) for key, one in pairs.items()]
    by_reason = [one.line(names, reason=key) for key, one in reasons.items()]
    return Quality(
        total.line(names),
        told["n"],
        told["n_to_and_fro"],
        sorted(
            by_pair, key=lambda line: (-line.returned, -line.made, line.from_team, line.to_team, line.reason)
        )[:MOST],
        sorted(by_reason, key=lambda line: (-line.made, line.reason)),
        [(str(labels.get(code, code)), n) for code, n in returns.most_common() if n],
        missing(rows),
    )


def missing(rows: "QuerySet[Handoff]") -> list[Missing]:
    """What checklists asked of these hand-offs, what was missing most often first."""
    asked: Any = HandoffItem.objects.filter(handoff__in=rows.values("pk")).order_by()
    lacking = _LACKING & Q(handoff__state=State.RETURNED)
    counted = asked.values("item__text", "item__checklist__tier").annotate(
        asked=Count("pk"), lacked=Count("pk", filter=_LACKING), returned=Count("pk", filter=lacking)
    )
    found = [
        Missing(row["item__text"], row["item__checklist__tier"], row["asked"], row["lacked"], row["returned"])
        for row in counted
        if row["lacked"]
    ]
    return sorted(found, key=lambda one: (-one.missing, -one.share, one.text))[:MOST]


_LACKING = Q(is_done=False) | Q(done_at__gt=F("handoff__at"))
"""Not done when it was handed over; what was answered later was missing then."""
_WAIT = ExpressionWrapper(F("ended_at") - F("at"), output_field=DurationField())
_SUMS: dict[str, Any] = {
    "made": Count("pk"),
    "returned": Count("pk", filter=Q(state=State.RETURNED)),
    "rated": Count("pk", filter=~Q(rating="")),
    "complete": Count("pk", filter=Q(rating=HandoffRating.COMPLETE)),
    "incomplete": Count("pk", filter=Q(rating=HandoffRating.INCOMPLETE)),
    "solvable_below": Count("pk", filter=Q(rating=HandoffRating.SOLVABLE_BELOW)),
    "accepted": Count("pk", filter=Q(state=State.ACCEPTED)),
    "waited": Sum(_WAIT, filter=Q(state=State.ACCEPTED)),
}
COUNTED = ("made", "returned", "rated", "complete", "incomplete", "solvable_below")


class _Sum:
    """Groups of hand-offs added up."""

    def __init__(self) -> None:
        self.counts, self.accepted, self.waited = Counter[str](), 0, timedelta()

    def add(self, row: dict[str, Any]) -> None:
        self.counts.update({name: row[name] for name in COUNTED})
        self.accepted += row["accepted"]
        self.waited += row["waited"] or timedelta()

    def line(self, names: dict[int, str], begins: int = 0, ends: int = 0, reason: str = "") -> Line:
        wait = self.waited / self.accepted if self.accepted else None
        counts = {name: self.counts[name] for name in COUNTED}
        return Line(names.get(begins, ""), names.get(ends, ""), reason, **counts, wait=wait)


def _touches(teams: Any) -> Q:
    keys = sorted(teams)
    return Q(from_team__in=keys) | Q(to_team__in=keys)
