"""A desk that nobody has set up makes modest promises: two calendars and one policy. Idempotent; after migrate."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from sla.models import Book, Calendar, CalendarVersion, Metric, Policy, PolicyVersion
from sla.spec import ANY_VENDOR, Goal, PolicySpec, Target, to_json

AROUND_THE_CLOCK, BUSINESS_HOURS = "Around the clock", "Business hours"
WORKDAY = [[8 * 60, 18 * 60]]
HOUR, DAY = 60, 600
"""In minutes of business time: a day has ten hours."""


def ensure_defaults(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    Book.objects.using(using).get_or_create(pk=1)
    if Policy.objects.using(using).exists() or Calendar.objects.using(using).exists():
        return
    always = _calendar(AROUND_THE_CLOCK, using, is_always_open=True)
    hours = _calendar(BUSINESS_HOURS, using, weekly=[WORKDAY] * 5 + [[], []])
    policy = Policy.objects.using(using).create(name="Standard", is_default=True)
    policy.current = PolicyVersion.objects.using(using).create(
        policy=policy, number=1, spec=to_json(shipped(always.pk, hours.pk)), at=timezone.now()
    )
    policy.save(using=using, update_fields=["current"])


def shipped(always: int, hours: int) -> PolicySpec:
    """The promises of the default policy. P1 counts around the clock, the rest in business hours."""

    def row(calendar: int, first: int, following: int, resolution: int, update: int = 0) -> dict[str, Target]:
        minutes = {
            Metric.FIRST_RESPONSE: first,
            Metric.NEXT_RESPONSE: following,
            Metric.UPDATE: update,
            Metric.RESOLUTION: resolution,
        }
        return {str(metric): Target(value, calendar) for metric, value in minutes.items() if value}

    def tier(accept: int, work: int) -> dict[str, Target]:
        return {str(Metric.ACCEPT): Target(accept, hours), str(Metric.WORK): Target(work, hours)}

    return PolicySpec(
        targets={
            1: row(always, 15, 30, 4 * HOUR, update=30),
            2: row(hours, HOUR, 2 * HOUR, 8 * HOUR, update=4 * HOUR),
            3: row(hours, 4 * HOUR, 6 * HOUR, 3 * DAY),
            4: row(hours, 8 * HOUR, DAY, 5 * DAY),
        },
        tiers={
            0: tier(30, HOUR),
            1: tier(HOUR, 4 * HOUR),
            2: tier(2 * HOUR, DAY),
            3: tier(4 * HOUR, 2 * DAY),
        },
        vendors={
            ANY_VENDOR: {
                str(Metric.VENDOR_RESPONSE): Target(4 * HOUR, hours),
                str(Metric.VENDOR_RESOLVE): Target(3 * DAY, hours),
            }
        },
        goals={1: Goal(95), 2: Goal(95), 3: Goal(90), 4: Goal(90)},
    )


def _calendar(name: str, using: str, **says: Any) -> Calendar:
    today = timezone.now().date()
    calendar = Calendar.objects.using(using).create(name=name)
    calendar.current = CalendarVersion.objects.using(using).create(
        calendar=calendar,
        number=1,
        zone=settings.TIME_ZONE,
        days_from=date(today.year, 1, 1),
        days_until=today + timedelta(days=5 * 366),
        at=timezone.now(),
        **{"weekly": [[] for _day in range(7)], **says},
    )
    calendar.save(using=using, update_fields=["current"])
    return calendar
