"""Hours as people type them, `08:00-12:00, 13:00-17:30` or `22:00-06:00`, and own days, a line each."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from sla.calendar_spec import MIDNIGHT, OwnDay, spell_interval
from sla.expansion import Minutes
from tickets.refusals import Invalid

INTERVAL = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|—|to)\s*(\d{1,2})(?:[:.](\d{2}))?", re.IGNORECASE)
SHORT_NAMES = tuple(WEEKDAYS_ABBR[number] for number in range(7))
CLOSED = ("", "-", "–", "closed")
OWN_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})\s*(.*)")
NEXT_INTERVAL = re.compile(rf"{INTERVAL.pattern}(?:\s*,\s*|\s+|$)", re.IGNORECASE)
MEANT_AS_HOURS = re.compile(r"\d{1,2}[:.]\d{2}|\d{1,2}\s*[-–—]")


def parse_day(text: str, *, field: str) -> list[tuple[int, int]]:
    """Intervals in minutes after midnight; one that ends before it begins ends on the next day. Empty is closed.

    Raises:
        Invalid: about `field`, saying how hours are written.
    """
    if text.strip().lower() in CLOSED:
        return []
    return [_interval(part.strip(), field) for part in text.split(",") if part.strip()]


def spell_day(intervals: Iterable[Minutes]) -> str:
    """As `parse_day` reads it again; empty for a closed day."""
    return ", ".join(spell_interval(start, end) for start, end in intervals)


def spell_week(weekly: Sequence[Iterable[Minutes]]) -> str:
    """`Mon–Fri 08:00-18:00; Sat 09:00-12:00`: days in a row that are alike are one; closed days are left out."""
    days = zip(SHORT_NAMES, map(spell_day, weekly), strict=True)
    runs = [
        (hours, [str(name) for name, _hours in run]) for hours, run in groupby(days, key=lambda day: day[1])
    ]
    return "; ".join(
        f"{names[0]}–{names[-1]} {hours}" if len(names) > 1 else f"{names[0]} {hours}"
        for hours, names in runs
        if hours
    )


def parse_own_days(text: str, *, field: str) -> list[OwnDay]:
    """A line each: date, hours (none is closed all day), name.

    Raises:
        Invalid: about `field`, naming the line.
    """
    return [_own_day(line, field) for line in map(str.strip, text.splitlines()) if line]


def spell_own_days(days: Iterable[OwnDay]) -> str:
    return "\n".join(
        " ".join(filter(None, [day.date.isoformat(), spell_day(day.intervals), day.name])) for day in days
    )


def _own_day(line: str, field: str) -> OwnDay:
    found = OWN_DAY.fullmatch(line)
    try:
        day = date.fromisoformat(found[1]) if found else None
    except ValueError:
        day = None
    if found is None or day is None:
        raise Invalid(
            _("“%(line)s” does not begin with a date. Write: 2026-12-24 09:00-12:00 Christmas Eve.")
            % {"line": line[:60]},
            field=field,
        )
    hours, name = _leading_hours(found[2], field)
    return OwnDay(day, tuple(hours), name)


def _leading_hours(text: str, field: str) -> tuple[Sequence[tuple[int, int]], str]:
    """The hours with which the rest of a line begins, and what comes after them."""
    hours = []
    while found := NEXT_INTERVAL.match(text):
        hours.append(_interval(found[0].strip(" ,"), field))
        text = text[found.end() :]
    if MEANT_AS_HOURS.match(text):
        hours.append(_interval(text.partition(",")[0].strip(), field))
    first, _blank, rest = text.partition(" ")
    if not hours and first.lower() in CLOSED:
        text = rest
    return hours, text.strip()


def _interval(text: str, field: str) -> tuple[int, int]:
    found = INTERVAL.fullmatch(text)
    if found is None:
        raise Invalid(
            _("“%(text)s” are no hours. Write 08:00-12:00, 13:00-17:30, or leave it empty for closed.")
            % {"text": text[:40]},
            field=field,
        )
    start, end = _minutes(found[1], found[2]), _minutes(found[3], found[4])
    if start is None or end is None or start == MIDNIGHT:
        raise Invalid(
            _("“%(text)s” is no time of day. Hours begin at 00:00 or later and end at 24:00 or earlier.")
            % {"text": text[:40]},
            field=field,
        )
    return start, end + MIDNIGHT if end < start else end


def _minutes(hour: str, minute: str | None) -> int | None:
    minutes = int(hour) * 60 + int(minute or 0)
    return minutes if int(minute or 0) < 60 and minutes <= MIDNIGHT else None
