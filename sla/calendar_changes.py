"""What one version of a calendar says otherwise than another, in lines for people."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sla.calendar_spec import DAY_NAMES, CalendarSpec, OwnDay
from sla.hours_text import spell_day


@dataclass(frozen=True)
class Difference:
    """`was` and `is_now` as words; empty where there was or is nothing of the kind."""

    what: str
    was: str
    is_now: str


def differences(before: CalendarSpec, after: CalendarSpec) -> list[Difference]:
    """Line by line; none where both say the same."""
    rows = [
        (_("Time zone"), before.zone, after.zone),
        (_("Around the clock"), _yes(before.is_always_open), _yes(after.is_always_open)),
        *(
            (str(name), _hours(before, number), _hours(after, number))
            for number, name in enumerate(DAY_NAMES)
        ),
        (_("Public holidays"), _holidays(before), _holidays(after)),
        *_own_days(before.own_days, after.own_days),
    ]
    return [Difference(what, was, is_now) for what, was, is_now in rows if was != is_now]


def _yes(is_so: bool) -> str:
    return _("yes") if is_so else _("no")


def _hours(spec: CalendarSpec, number: int) -> str:
    return _("open all day") if spec.is_always_open else spell_day(spec.weekly[number]) or _("closed")


def _holidays(spec: CalendarSpec) -> str:
    return " ".join(filter(None, [spec.country, spec.subdivision])) or _("none")


def _own_days(before: Iterable[OwnDay], after: Iterable[OwnDay]) -> list[tuple[str, str, str]]:
    was, is_now = ({day.date: day for day in days} for days in (before, after))
    return [
        (date_format(day, "DATE_FORMAT"), _own_day(was.get(day)), _own_day(is_now.get(day)))
        for day in sorted(was.keys() | is_now.keys())
    ]


def _own_day(day: OwnDay | None) -> str:
    if day is None:
        return _("like other days")
    return " ".join(filter(None, [spell_day(day.intervals) or _("closed"), day.name]))
