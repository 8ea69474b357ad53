"""Working time by calendar version, expanded once and kept in the process: a version never changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla.business_time import AlwaysOpen, WorkingTime
from sla.models import CalendarDay, CalendarVersion

ALWAYS = AlwaysOpen()
_kept: dict[int, WorkingTime] = {}


def hours_of(version: int | None) -> WorkingTime:
    """The hours of a calendar version; None is around the clock."""
    if version is None:
        return ALWAYS
    known = _kept.get(version)
    if known is None:
        known = _kept[version] = _expand(CalendarVersion.objects.get(pk=version))
    return known


def _expand(version: CalendarVersion) -> WorkingTime:
    if version.is_always_open:
        return ALWAYS
    special = {day.date: day.intervals for day in CalendarDay.objects.filter(version=version)}
    zone, day, end = ZoneInfo(version.zone), version.days_from, version.days_until
    intervals = []
    while day <= end:
        for start, stop in special.get(day, version.weekly[day.weekday()]):
            intervals.append((_at(day, start, zone), _at(day, stop, zone)))
        day += timedelta(days=1)
    return WorkingTime(intervals)


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    day += timedelta(days=minutes // 1440)
    return datetime.combine(day, time(minutes % 1440 // 60, minutes % 60), zone).astimezone(UTC)
