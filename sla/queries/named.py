"""What the keys in a policy stand for: calendars, vendors, tiers. Read whole: a desk has a handful of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import Organisation, Tier
from sla.durations import day_of
from sla.models import Calendar, CalendarDay, CalendarVersion


@dataclass(frozen=True)
class KnownCalendar:
    name: str
    day: int
    """Minutes of its usual open day: what `1d` means."""
    is_always_open: bool
    has_hours: bool


@dataclass(frozen=True)
class Named:
    calendars: Mapping[int, KnownCalendar]
    vendors: Mapping[int, str]
    tiers: Mapping[int, str]
    """Those in use, by level."""

    def calendar(self, key: int) -> str:
        known = self.calendars.get(key)
        return known.name if known else f"#{key}"

    def vendor(self, key: int) -> str:
        return self.vendors.get(key, f"#{key}")

    def calendar_named(self, name: str) -> int | None:
        return next((key for key, known in self.calendars.items() if known.name == name), None)

    def vendor_named(self, name: str) -> int | None:
        return next((key for key, known in self.vendors.items() if known == name), None)


def named() -> Named:
    """As they are now, in three queries."""
    rows = Calendar.objects.filter(current__isnull=False).select_related("current").order_by("name")
    vendors = Organisation.objects.filter(kind=Organisation.Kind.VENDOR).order_by("name")
    return Named(
        calendars={row.pk: _known(row.name, row.current) for row in rows if row.current is not None},
        vendors=dict(vendors.values_list("pk", "name")),
        tiers={tier.level: tier.name for tier in Tier.objects.enabled()},
    )


def _known(name: str, version: CalendarVersion) -> KnownCalendar:
    has_hours = version.is_always_open or any(version.weekly) or _has_open_days(version)
    return KnownCalendar(name, day_of(version), version.is_always_open, has_hours)


def _has_open_days(version: CalendarVersion) -> bool:
    """Whether one of its special days is open, where no day of the week is."""
    return CalendarDay.objects.filter(version=version).exclude(intervals=[]).exists()
