"""What a calendar says, as plain data, and what it may say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from zoneinfo import available_timezones

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.business_time import BEGINNING, END
from sla.expansion import Hours
from sla.holiday_rows import is_known, public_holidays
from tickets.refusals import Invalid

MIDNIGHT = 24 * 60
WEEK = 7 * MIDNIGHT
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""As refusals name the days of the week, and forms their fields."""
DAY_NAMES = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
Intervals = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class OwnDay:
    """A date with hours of its own, none for a day off. It goes before the weekday and before a public holiday."""

    date: date
    intervals: Intervals = ()
    name: str = ""


@dataclass(frozen=True)
class CalendarSpec:
    """What somebody wants a calendar to say. `weekly` as `CalendarVersion` keeps it: minutes, Monday first."""

    zone: str
    weekly: tuple[Intervals, ...] = ((),) * 7
    is_always_open: bool = False
    country: str = ""
    subdivision: str = ""
    own_days: tuple[OwnDay, ...] = ()

    def hours(self, years: Sequence[int]) -> Hours:
        """To be expanded, with the public holidays of these years as the library knows them now."""
        return Hours(self.zone, self.weekly, {day.date: day.intervals for day in special_days(self, years)})


@dataclass(frozen=True)
class SpecialDay:
    """A date on which other hours hold than its weekday's, and why."""

    date: date
    is_own: bool
    name: str
    intervals: Intervals = ()


def special_days(spec: CalendarSpec, years: Sequence[int]) -> list[SpecialDay]:
    """The public holidays of these years and all own days, by date. An own day takes a holiday's place."""
    found = {
        day: SpecialDay(day, False, name)
        for day, name in public_holidays(spec.country, spec.subdivision, years).items()
    }
    found |= {day.date: SpecialDay(day.date, True, day.name, day.intervals) for day in spec.own_days}
    return [found[day] for day in sorted(found)]


def tidied(spec: CalendarSpec) -> CalendarSpec:
    """The same with intervals and own days in order; around the clock has no hours, holidays or own days."""
    if spec.is_always_open:
        return CalendarSpec(spec.zone, is_always_open=True)
    return CalendarSpec(
        zone=spec.zone,
        weekly=tuple(_in_order(day) for day in spec.weekly),
        country=spec.country,
        subdivision=spec.subdivision,
        own_days=tuple(
            OwnDay(day.date, _in_order(day.intervals), day.name.strip())
            for day in sorted(spec.own_days, key=lambda day: day.date)
        ),
    )


def _in_order(day: Sequence[tuple[int, int]]) -> Intervals:
    return tuple(sorted((start, end) for start, end in day))


def check(spec: CalendarSpec) -> None:
    """Refuse what cannot be counted in.

    Raises:
        Invalid: naming the field (`zone`, `country`, `subdivision`, a day of the week, `own_days`) and the remedy.
    """
    if spec.zone not in available_timezones():
        raise Invalid(
            _("There is no time zone “%(zone)s”. Choose one like Europe/Berlin.") % {"zone": spec.zone},
            field="zone",
        )
    if spec.is_always_open:
        return
    _check_holidays(spec)
    _check_week(spec.weekly)
    _check_own_days(spec.own_days)


def _check_holidays(spec: CalendarSpec) -> None:
    if spec.subdivision and not spec.country:
        raise Invalid(_("Choose the country first."), field="country")
    if spec.country and not is_known(spec.country):
        raise Invalid(
            _("No public holidays are known for “%(country)s”. Choose none, and add days off by hand.")
            % {"country": spec.country},
            field="country",
        )
    if not is_known(spec.country, spec.subdivision) and spec.subdivision:
        raise Invalid(
            _("“%(subdivision)s” is no part of %(country)s. Choose one of the list, or the whole country.")
            % {"subdivision": spec.subdivision, "country": spec.country},
            field="subdivision",
        )


def _check_week(weekly: Sequence[Intervals]) -> None:
    if len(weekly) != len(DAYS):
        raise Invalid(_("A week has seven days, Monday first."), field=DAYS[0])
    for name, day in zip(DAYS, weekly, strict=True):
        _check_intervals(day, field=name)
    if not any(weekly):
        raise Invalid(
            _("It would never be open. Give at least one day hours, or choose around the clock."),
            field=DAYS[0],
        )
    for (start, end, _number), (next_start, next_end, number) in pairwise(_round_the_week(weekly)):
        if next_start < end:
            raise Invalid(
                _("%(second)s overlaps %(first)s. Make one of them shorter.")
                % {"second": _spell(next_start, next_end), "first": _spell(start, end)},
                field=DAYS[number],
            )


def _round_the_week(weekly: Sequence[Intervals]) -> Iterator[tuple[int, int, int]]:
    """Every interval in minutes of the week with its day, and the first once more at the end."""
    rows = sorted(
        (number * MIDNIGHT + start, number * MIDNIGHT + end, number)
        for number, day in enumerate(weekly)
        for start, end in day
    )
    yield from rows
    start, end, number = rows[0]
    yield start + WEEK, end + WEEK, number


def _check_own_days(days: Sequence[OwnDay]) -> None:
    seen: set[date] = set()
    for day in days:
        shown = day.date.isoformat()
        if day.date in seen:
            raise Invalid(
                _("%(date)s is there twice. Put all its hours on one line.") % {"date": shown},
                field="own_days",
            )
        if not BEGINNING.date() <= day.date < END.date():
            raise Invalid(_("%(date)s is too far away.") % {"date": shown}, field="own_days")
        if len(day.name) > 200:
            raise Invalid(
                _("%(date)s: a name has at most 200 characters.") % {"date": shown}, field="own_days"
            )
        seen.add(day.date)
        _check_intervals(day.intervals, field="own_days")
        for (start, end), (next_start, next_end) in pairwise(sorted(day.intervals)):
            if next_start < end:
                raise Invalid(
                    _("%(date)s: %(second)s overlaps %(first)s.")
                    % {
                        "date": shown,
                        "second": spell_interval(next_start, next_end),
                        "first": spell_interval(start, end),
                    },
                    field="own_days",
                )


def _check_intervals(day: Sequence[tuple[int, int]], *, field: str) -> None:
    for start, end in day:
        if start == end:
            raise Invalid(
                _("%(hours)s has no length. End it later, or write 00:00-24:00 for the whole day.")
                % {"hours": spell_interval(start, end)},
                field=field,
            )
        if not (0 <= start < MIDNIGHT and start < end <= start + MIDNIGHT):
            raise Invalid(
                _("%(hours)s: hours begin on their day, end later than they begin, and last a day at most.")
                % {"hours": spell_interval(start, end)},
                field=field,
            )


def _spell(start: int, end: int) -> str:
    """`Monday 05:00-08:00`, from minutes of the week."""
    day = start // MIDNIGHT
    return f"{DAY_NAMES[day % 7]} {spell_interval(start - day * MIDNIGHT, end - day * MIDNIGHT)}"


def spell_interval(start: int, end: int) -> str:
    """`22:00-06:00`, from minutes after the midnight with which its day begins."""
    return f"{_clock(start)}-{_clock(end if end <= MIDNIGHT else end - MIDNIGHT)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
