"""What became of a promise, in the database: the worst of a clock's cycles, as every figure counts it.

`sla.verdicts` reads the same from cycles in memory; a test keeps the two one.
"""

from typing import Any

from django.db.models import Case, CharField, IntegerField, Max, Q, QuerySet, Value, When

from sla.engine import OF_REQUESTER
from sla.models import Clock
from sla.verdicts import RANK, Verdict
from tickets.models.querysets import countable

TAKEN_BACK = Q(outcome=Clock.Outcome.VOID)
GONE_ON = Q(outcome=Clock.Outcome.MERGED, metric__in=OF_REQUESTER)
"""The surviving ticket has taken it over, its breach too. What a tier or a vendor broke stays where it was broken."""
COUNTS = ~(TAKEN_BACK | GONE_ON) & (
    Q(breached_at__isnull=False) | ~Q(state=Clock.State.ENDED) | Q(outcome=Clock.Outcome.MET)
)
"""A cycle that is cancelled in time is in no figure; one that was breached before is."""

_rank = Case(
    When(breached_at__isnull=False, then=Value(RANK[Verdict.BREACHED])),
    When(~Q(state=Clock.State.ENDED), then=Value(RANK[Verdict.RUNNING])),
    default=Value(RANK[Verdict.MET]),
    output_field=IntegerField(),
)


def verdicts(clocks: "QuerySet[Clock]", *by: str) -> "QuerySet[Clock, dict[str, Any]]":
    """One row for each `by` (ticket and metric, if nothing is named) with its `verdict`: the worst of its cycles.

    Those of whom nothing counts have no row, nor has what was set aside as no request.

    Args:
        clocks: of which tickets and metrics; `by`: other columns to tell apart, such as `scope`.
    """
    names = by or ("ticket", "metric")
    spoken = Case(
        *(When(worst=rank, then=Value(str(verdict))) for verdict, rank in RANK.items()),
        output_field=CharField(),
    )
    rows: QuerySet[Clock, dict[str, Any]] = (
        clocks.filter(COUNTS, countable("ticket")).order_by().values(*names)
    )
    return rows.annotate(worst=Max(_rank)).annotate(verdict=spoken).order_by(*names)
