from sla.models.calendars import Calendar, CalendarDay, CalendarVersion
from sla.models.clocks import Clock, ClockEvent, Metric
from sla.models.policies import Book, Policy, PolicyVersion, Recompute

__all__ = [
    "Book",
    "Calendar",
    "CalendarDay",
    "CalendarVersion",
    "Clock",
    "ClockEvent",
    "Metric",
    "Policy",
    "PolicyVersion",
    "Recompute",
]
