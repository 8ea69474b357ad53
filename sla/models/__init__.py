from sla.models.calendars import Calendar, CalendarDay, CalendarVersion
from sla.models.clocks import Clock, ClockEvent, Metric
from sla.models.firings import Firing
from sla.models.policies import Book, Policy, PolicyVersion, Recompute

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
]
