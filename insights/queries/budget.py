"""The SLA budget: of broken promises of a resolution, who used the time. From what the resolution clock counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import Team
from insights.models import HandFact, Who
from insights.queries.tallies import joined
from sla.models import Metric

OF_TIERS = (Who.TIER, Who.HAND_OFF)
"""Whose time is told tier by tier."""
ORDER = {str(who): place for place, who in enumerate(Who)}


@dataclass(frozen=True)
class Share:
    """Time in the same hands: of one ticket, or of many together (`tickets` of them)."""

    who: str
    level: int | None
    seconds: int
    whole: int
    tickets: int = 1

    @property
    def key(self) -> str:
        """As it stands in addresses: "tier-2", "vendor"."""
        return self.who if self.level is None else f"{self.who}-{self.level}"

    @property
    def label(self) -> str:
        if self.who == Who.TIER:
            return f"L{self.level}"
        if self.who == Who.HAND_OFF:
            return _("hand-off to L%(level)s") % {"level": self.level}
        return str(Who(self.who).label)

    @property
    def span(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    @property
    def percent(self) -> float:
        return 100 * self.seconds / self.whole if self.whole else 0.0


@dataclass(frozen=True)
class OfTeam:
    """What one team used, itself and while it had not accepted."""

    team: str
    worked: int
    waited: int
    whole: int
    tickets: int

    @property
    def work(self) -> timedelta:
        return timedelta(seconds=self.worked)

    @property
    def wait(self) -> timedelta:
        return timedelta(seconds=self.waited)

    @property
    def percent(self) -> float:
        return 100 * (self.worked + self.waited) / self.whole if self.whole else 0.0


@dataclass(frozen=True)
class Budget:
    """Of some broken resolutions together."""

    tickets: int
    target: timedelta
    used: timedelta
    shares: list[Share]
    teams: list[OfTeam]

    @property
    def over(self) -> timedelta:
        return max(self.used - self.target, timedelta())


def shares_of(hands: Iterable[HandFact]) -> list[Share]:
    """Of one ticket, the largest first; teams of a tier together."""
    rows = list(hands)
    whole = sum(hand.counted_seconds for hand in rows)
    sums: dict[tuple[str, int | None], int] = {}
    for hand in rows:
        key = (hand.who, hand.level if hand.who in OF_TIERS else None)
        sums[key] = sums.get(key, 0) + hand.counted_seconds
    found = [Share(who, level, seconds, whole) for (who, level), seconds in sums.items() if seconds]
    return sorted(found, key=lambda share: (-share.seconds, share.key))


def budget_of(broken: "QuerySet[Any, Any]") -> Budget:
    """What their tickets' resolution clocks counted, by whose hands; three queries.

    Args:
        broken: promises of a resolution that were broken, and have ended (`insights.queries.breaches`): of a clock that
            runs nobody has written down what it counted since the last event.
    """
    resolutions = broken.filter(metric=Metric.RESOLUTION).order_by()
    told: dict[str, Any] = resolutions.aggregate(
        n=Count("*"), target=Sum("target_seconds"), used=Sum("used_seconds")
    )
    rows = joined(resolutions.values("ticket_id"), _HANDS, tiers=[str(who) for who in OF_TIERS])
    return Budget(
        told["n"],
        timedelta(seconds=told["target"] or 0),
        timedelta(seconds=told["used"] or 0),
        _shares(
            [(who, level, int(seconds), n) for who, level, team, seconds, n, *_rest in rows if team is None]
        ),
        _teams([(team, int(worked), int(waited), n) for _w, _l, team, _s, n, worked, waited in rows if team]),
    )


_HANDS = """
    SELECT h.who, CASE WHEN h.who = ANY(%(tiers)s) THEN h.level END AS tier, h.team_id,
        sum(h.counted_seconds), count(DISTINCT h.ticket_id),
        coalesce(sum(h.counted_seconds) FILTER (WHERE h.who = 'tier'), 0),
        coalesce(sum(h.counted_seconds) FILTER (WHERE h.who = 'hand_off'), 0)
    FROM facts f JOIN insights_handfact h ON h.ticket_id = f.ticket_id AND h.counted_seconds > 0
    GROUP BY GROUPING SETS ((h.who, CASE WHEN h.who = ANY(%(tiers)s) THEN h.level END), (h.team_id))
    HAVING grouping(h.team_id) = 1 OR bool_or(h.who = ANY(%(tiers)s))
"""
"""By whose hands (tiers and hand-offs tier by tier), and by team: one pass over the hands of these tickets."""


def used_by(key: str) -> Q:
    """That a part of the time of the row's ticket was used in these hands (`Share.key`); nonsense finds nothing."""
    who, _dash, level = key.partition("-")
    if who not in Who.values or not (level in "01234" or not level):
        return Q(pk__in=[])
    hands = HandFact.objects.filter(ticket=OuterRef("ticket"), who=who, counted_seconds__gt=0)
    return Q(Exists(hands.filter(level=int(level)) if level else hands))


def _shares(rows: Iterable[tuple[str, int | None, int, int]]) -> list[Share]:
    found = list(rows)
    whole = sum(seconds for _who, _level, seconds, _n in found)
    shares = [Share(who, level, seconds, whole, n) for who, level, seconds, n in found]
    return sorted(shares, key=_place)


def _place(share: Share) -> tuple[int, int]:
    """Tier by tier upwards, then those outside."""
    return (9 if share.level is None else share.level), ORDER[share.who]


def _teams(rows: Iterable[tuple[int, int, int, int]]) -> list[OfTeam]:
    """Those that used some of it, themselves or before they accepted; the most first."""
    found = [row for row in rows if row[1] or row[2]]
    names = dict(Team.objects.filter(pk__in=[row[0] for row in found]).values_list("pk", "name"))
    whole = sum(worked + waited for _team, worked, waited, _n in found)
    teams = [OfTeam(names[team], worked, waited, whole, n) for team, worked, waited, n in found]
    return sorted(teams, key=lambda team: (-(team.worked + team.waited), team.team))
