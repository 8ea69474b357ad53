"""Reading incoming mail for pages."""

from dataclasses import dataclass

from django.db.models import QuerySet

from intake.models import MailMessage, State

MOST_COUNTED = 1000


@dataclass(frozen=True)
class Waiting:
    """How many wait for a person, at most `MOST_COUNTED` of each."""

    held: int
    quarantined: int


def waiting(rows: QuerySet[MailMessage]) -> Waiting:
    """Of these, those that wait for a person."""
    held, quarantined = (
        rows.filter(state=state).order_by()[:MOST_COUNTED].count()
        for state in (State.HELD, State.QUARANTINED)
    )
    return Waiting(held, quarantined)
