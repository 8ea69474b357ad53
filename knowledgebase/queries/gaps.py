"""What people look for and do not find: searches, told from the third of a kind on."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q

from knowledgebase.models import SearchTerm

FEWEST = 3
"""Occurrences from which a search is shown: what one person once typed is nobody's business."""
MOST = 100


@dataclass(frozen=True)
class Gap:
    text: str
    times: int
    nothing: int
    """Times that nothing was found."""
    filed: int
    """Times that a ticket was filed after it."""
    last: date


def found_nothing(*, most: int = MOST) -> list[Gap]:
    """Searches that found nothing, the commonest first."""
    return _gaps("nothing", most)


def ended_in_ticket(*, most: int = MOST) -> list[Gap]:
    """Searches that found something, and still a ticket was filed."""
    return _gaps("filed", most)


def _gaps(column: str, most: int) -> list[Gap]:
    rows = (
        SearchTerm.objects.values("text")
        .annotate(
            times=Count("pk"),
            nothing=Count("pk", filter=Q(found=0)),
            filed=Count("pk", filter=Q(is_filed=True)),
            last=Max("day"),
        )
        .filter(times__gte=FEWEST, **{f"{column}__gt": 0})
        .order_by(f"-{column}", "-times", "text")
    )
    return [Gap(**row) for row in rows[:most]]
