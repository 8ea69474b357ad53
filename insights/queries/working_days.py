"""Days on which somebody is at work, as far as the desk can know: Monday to Friday where they live, without the days
on which the desk is closed, such as public holidays.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla.business_time import NOTHING, WorkingTime
from sla.queries.staffed import desk_hours

SATURDAY = 5
FROM, UNTIL = time(8), time(17)
"""Nobody is reminded at night: what was resolved late reminds at five, what was early at eight."""
LONGEST_BREAK = 31


def working_days_later(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of the day so many working days later, by the clock of `zone`, within its working hours."""
    local, hours = at.astimezone(zone), desk_hours()
    day = local.date()
    for _number in range(days):
        day = _next(day, zone, hours)
    clock = min(max(local.time(), FROM), UNTIL)
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _next(day: date, zone: ZoneInfo, hours: WorkingTime) -> date:
    weekdays = [
        each
        for each in (day + timedelta(days=ahead) for ahead in range(1, LONGEST_BREAK + 1))
        if each.weekday() < SATURDAY
    ]
    # A desk that works at weekends only says nothing about when others do.
    return next((each for each in weekdays if _desk_works(each, zone, hours)), weekdays[0])


def _desk_works(day: date, zone: ZoneInfo, hours: WorkingTime) -> bool:
    start, end = (datetime.combine(each, time(0), zone) for each in (day, day + timedelta(days=1)))
    return hours.working_time_between(start.astimezone(UTC), end.astimezone(UTC)) > NOTHING
