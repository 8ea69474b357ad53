"""What hand-offs tell about teams, rules and people: ratings, and who sends what comes back.

Tickets that were set aside as no request are in none of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from accounts.models import Team
from escalation.models import Handoff, HandoffRating


@dataclass(frozen=True)
class Rates:
    """How one team's hand-offs to another for one reason were found."""

    from_team: str
    to_team: str
    reason: str
    by_rating: dict[str, int]

    @property
    def rated(self) -> int:
        return sum(self.by_rating.values())


def rates(teams: Iterable[int] | None = None) -> list[Rates]:
    """By pair of teams and reason, those that were rated; `teams` narrows to what was sent or received there."""
    rows = Handoff.objects.countable().exclude(rating="")
    if teams is not None:
        keys = list(teams)
        rows = rows.filter(Q(from_team__in=keys) | Q(to_team__in=keys))
    counts = {str(code): Count("pk", filter=Q(rating=code)) for code in HandoffRating.values}
    grouped: Any = rows.order_by().values("from_team__name", "to_team__name", "reason").annotate(**counts)
    return [
        Rates(
            row["from_team__name"],
            row["to_team__name"],
            row["reason"],
            {code: row[code] for code in counts if row[code]},
        )
        for row in grouped.order_by("from_team__name", "to_team__name", "reason")
    ]


def returns_by_rule() -> dict[int, tuple[int, int]]:
    """By rule how many hand-offs it made, and how many of them were returned: those count against the rule."""
    rows = Handoff.objects.countable().filter(firing__isnull=False).order_by().values("firing__version__rule")
    counted = rows.annotate(made=Count("pk"), returned=Count("pk", filter=Q(state=Handoff.State.RETURNED)))
    return {row["firing__version__rule"]: (row["made"], row["returned"]) for row in counted}


def returns_by_person(team: Team) -> dict[int, tuple[int, int]]:
    """By person how many they handed on from this team, and how many were returned. What rules moved is no one's."""
    rows = (
        Handoff.objects.countable().filter(from_team=team, by__isnull=False, firing__isnull=True).order_by()
    )
    counted = rows.values("by").annotate(
        made=Count("pk"), returned=Count("pk", filter=Q(state=Handoff.State.RETURNED))
    )
    return {row["by"]: (row["made"], row["returned"]) for row in counted}
