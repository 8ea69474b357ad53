"""Calendars as pages and operations ask for them: what a version says, what uses a calendar."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sla.calendar_changes import Difference, differences
from sla.calendar_spec import CalendarSpec, Intervals, OwnDay, SpecialDay, special_days
from sla.expansion import working_time
from sla.hours_text import spell_week
from sla.models import Calendar, CalendarDay, CalendarVersion, Clock, ClockEvent, Policy
from sla.preview import DAY, DAYS, Preview, preview, today_in
from sla.queries.hours import ALWAYS, hours_of
from sla.spec import from_json


@dataclass(frozen=True)
class Uses:
    """What would miss a calendar: policies in force, and clocks that were or are counted in it."""

    policies: tuple[Policy, ...]
    clocks: int

    def __bool__(self) -> bool:
        return bool(self.policies or self.clocks)

    def __str__(self) -> str:
        parts = []
        if self.policies:
            names = get_text_list([policy.name for policy in self.policies], _("and"))
            parts.append(
                ngettext("the policy %(names)s", "the policies %(names)s", len(self.policies))
                % {"names": names}
            )
        if self.clocks:
            parts.append(ngettext("%(n)d clock", "%(n)d clocks", self.clocks) % {"n": self.clocks})
        return get_text_list(parts, _("and"))


def calendars() -> QuerySet[Calendar]:
    return Calendar.objects.select_related("current", "current__by")


@dataclass(frozen=True)
class Line:
    """A calendar in the list: its week in words, and the policies that promise in it."""

    calendar: Calendar
    week: str
    policies: Sequence[Policy]


def listed() -> list[Line]:
    users = policies_by_calendar()
    return [
        Line(row, spell_week(row.current.weekly) if row.current else "", users.get(row.pk, []))
        for row in calendars()
    ]


def versions(calendar: Calendar) -> QuerySet[CalendarVersion]:
    """The newest first."""
    return calendar.versions.select_related("by").prefetch_related("days")


def spec_of(version: CalendarVersion) -> CalendarSpec:
    """What a version says, without its public holidays, as it can be edited and published again."""
    return CalendarSpec(
        zone=version.zone,
        weekly=tuple(_intervals(day) for day in version.weekly),
        is_always_open=version.is_always_open,
        country=version.country,
        subdivision=version.subdivision,
        own_days=tuple(
            OwnDay(day.date, _intervals(day.intervals), day.name)
            for day in version.days.all()
            if day.kind == CalendarDay.Kind.OWN
        ),
    )


def policies_by_calendar() -> dict[int, list[Policy]]:
    """By calendar the policies whose version in force names it, in their order."""
    users: dict[int, list[Policy]] = {}
    for policy in Policy.objects.filter(current__isnull=False).select_related("current"):
        for calendar in from_json(policy.current.spec).calendars():  # type: ignore[union-attr]
            users.setdefault(calendar, []).append(policy)
    return users


Elsewhere = Callable[[int], list[str]]
_elsewhere: list[Elsewhere] = []


def also_used(who: Elsewhere) -> None:
    """Let an app above say who else counts in a calendar; `helpdesk.wiring` calls it."""
    if who not in _elsewhere:
        _elsewhere.append(who)


def users_elsewhere(calendar: Calendar) -> list[str]:
    """Who counts in it beside policies and clocks, by name."""
    return [name for who in _elsewhere for name in who(calendar.pk)]


def uses_of(calendar: Calendar) -> Uses:
    """Clocks that count in it, and those that once did: their replay needs its hours."""
    policies = policies_by_calendar().get(calendar.pk, [])
    versions = list(calendar.versions.values_list("pk", flat=True))
    told = ClockEvent.objects.filter(
        kind__in=[ClockEvent.Kind.STARTED, ClockEvent.Kind.RETARGETED], data__calendar__in=versions
    )
    counted = told.values("ticket", "metric", "scope", "cycle").order_by().distinct().count()
    return Uses(tuple(policies), max(counted, Clock.objects.filter(calendar__in=versions).count()))


def open_clocks(calendar: Calendar) -> int:
    """How many clocks that are not done count in one of its versions."""
    versions = list(calendar.versions.values_list("pk", flat=True))
    return Clock.objects.exclude(state=Clock.State.ENDED).filter(calendar__in=versions).count()


def preview_of(version: CalendarVersion, *, at: datetime) -> Preview:
    """The next days of a version, from its rows."""
    first = today_in(version.zone, at)
    rows = version.days.filter(date__range=(first, first + DAYS * DAY))
    special = {
        row.date: SpecialDay(row.date, row.kind == CalendarDay.Kind.OWN, row.name, _intervals(row.intervals))
        for row in rows
    }
    return preview(hours_of(version.pk), version.zone, special, first=first)


def preview_of_draft(spec: CalendarSpec, *, at: datetime) -> Preview:
    """The next days of what nobody has published yet, with the holidays that the library knows."""
    first = today_in(spec.zone, at)
    if spec.is_always_open:
        return preview(ALWAYS, spec.zone, {}, first=first)
    years = range(first.year, first.year + 2)
    special = {day.date: day for day in special_days(spec, years)}
    return preview(working_time(spec.hours(years)), spec.zone, special, first=first)


@dataclass(frozen=True)
class Told:
    """A version with what it says otherwise than the one before."""

    version: CalendarVersion
    differences: Sequence[Difference]
    holidays: int


def history(calendar: Calendar) -> list[Told]:
    """Every version, the newest first."""
    rows = list(versions(calendar))
    specs = [spec_of(row) for row in rows]
    return [
        Told(
            row,
            differences(specs[index + 1], specs[index]) if index + 1 < len(rows) else [],
            sum(day.kind == CalendarDay.Kind.HOLIDAY for day in row.days.all()),
        )
        for index, row in enumerate(rows)
    ]


def _intervals(day: Iterable[Any]) -> Intervals:
    return tuple((start, end) for start, end in day)
