from sla.models.calendars import Calendar, CalendarDay, CalendarVersion
from sla.models.clocks import Clock, ClockEvent, Metric
from sla.models.firings import Firing
from sla.models.policies import Book, Policy, PolicyVersion, Recompute
from sla.models.repairs import Repair
from sla.models.simulations import Simulation

__all__ = [
    "Book",
    "Calendar",
    "CalendarDay",
    "CalendarVersion",
    "Clock",
    "ClockEvent",
    "Firing",
    "Metric",
    "Policy",
    "PolicyVersion",
    "Recompute",
    "Repair",
    "Simulation",
]
