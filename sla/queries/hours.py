"""Working time by calendar version, expanded once and kept in the process: what a version says never changes.

Only the public holidays of years to come are added to it, once a year. That gives the book another stamp
(`sla.book` forgets with it what is kept here), so that each process reads them before it judges again.
"""

from sla.business_time import AlwaysOpen, WorkingTime
from sla.expansion import Hours, working_time
from sla.models import CalendarDay, CalendarVersion

ALWAYS = AlwaysOpen()
_kept: dict[int, WorkingTime] = {}


def hours_of(version: int | None) -> WorkingTime:
    """The hours of a calendar version; None is around the clock."""
    if version is None:
        return ALWAYS
    known = _kept.get(version)
    if known is None:
        known = _kept[version] = _read(CalendarVersion.objects.get(pk=version))
    return known


def forget() -> None:
    """Read every version anew when it is asked for."""
    _kept.clear()


def hours_as_saved(version: CalendarVersion) -> Hours:
    """What a version that is not always open says, as the expansion takes it."""
    days = CalendarDay.objects.filter(version=version).values_list("date", "intervals")
    return Hours(version.zone, version.weekly, dict(days))


def _read(version: CalendarVersion) -> WorkingTime:
    return ALWAYS if version.is_always_open else working_time(hours_as_saved(version))
