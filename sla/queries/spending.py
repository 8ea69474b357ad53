"""How a ticket's promise was spent, read in two queries."""

from datetime import datetime

from sla.models import ClockEvent, Metric
from sla.queries.hours import hours_of
from sla.queries.life import lives_of
from sla.spent import Segment, spent
from tickets.models import Event
from tickets.state import states


def spending(ticket_id: int, *, at: datetime) -> list[Segment]:
    """The segments of a ticket's resolution until `at`; none where no resolution was ever promised."""
    told = ClockEvent.objects.filter(ticket=ticket_id, metric=Metric.RESOLUTION).order_by("id")
    lives = lives_of(told, hours_of, at=at)
    if not lives:
        return []
    events = Event.objects.filter(ticket=ticket_id, is_quiet=False).order_by("id")
    return spent([(event.at, state) for event, state in states(events)], lives, hours_of, at=at)
