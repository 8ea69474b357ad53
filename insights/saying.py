"""Figures in words: one way to say a number on pages, in charts, in tables and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.utils import formats
from django.utils.translation import gettext as _

from insights.cuts import Period, Step
from insights.measures import Measure, Unit

FEW = 20
"""Below so many cases a share is told as "3 of 4": a percentage would say more than is known."""
MINUTE, HOUR, DAY = 60, 3_600, 86_400
NOTHING = "–"
MINUS = "\N{MINUS SIGN}"


class Value(Protocol):
    """One figure (queries.figures.Value): its value, None where there is none; for shares `n` of `of`."""

    @property
    def value(self) -> float | None: ...
    @property
    def n(self) -> int: ...
    @property
    def of(self) -> int: ...


def said(found: Value | None, unit: str) -> str:
    """ "1,204", "68 %", "3 of 4", "4 h 10 min", "4.2", "12.50"; a dash where there is nothing to tell."""
    if found is None or found.value is None or (unit == Unit.SHARE and not found.of):
        return NOTHING
    if unit == Unit.SHARE:
        return share(found.n, found.of)
    return amount(found.value, unit)


def amount(value: float, unit: str) -> str:
    """A bare number of this unit in words."""
    if unit == Unit.SECONDS:
        return span(value)
    if unit == Unit.SHARE:
        return percent(value)
    if unit == Unit.RATING:
        return formats.number_format(value, 1)
    if unit == Unit.MONEY:
        return formats.number_format(value, 2, force_grouping=True)
    return number(round(value))


def number(n: int) -> str:
    return formats.number_format(n, 0, force_grouping=True)


def share(n: int, of: int) -> str:
    """n of `of`: in percent from twenty cases on, else as it is."""
    if not of:
        return NOTHING
    if of < FEW:
        return _("%(n)s of %(of)s") % {"n": n, "of": of}
    return percent(n / of)


def percent(part: float) -> str:
    """0.683 as "68 %"; what is not all is never told as all, nor what is something as nothing."""
    shown = round(part * 100)
    if part < 1 and shown == 100:
        shown = 99
    if part > 0 and shown == 0:
        return _("under 1 %")
    return _("%(n)s %%") % {"n": formats.number_format(shown, 0)}


def span(seconds: float) -> str:
    """Two units at most: "40 min", "4 h 10 min", "3 d 4 h"; a day has 24 hours."""
    whole = round(seconds)
    if whole < MINUTE:
        return _("under a minute") if whole else _("%(n)s min") % {"n": 0}
    days, rest = divmod(whole, DAY)
    hours, minutes = divmod(rest, HOUR)
    if days:
        return _pair(
            _("%(n)s d") % {"n": number(days)}, _("%(n)s h") % {"n": hours} if hours and days < 10 else ""
        )
    words = _("%(n)s min") % {"n": minutes // MINUTE} if minutes >= MINUTE else ""
    return _pair(_("%(n)s h") % {"n": hours}, words) if hours else words


def hours(seconds: float) -> str:
    """Business time in hours and minutes, never in days: whose day would it be? "30 h", "3 h 10 min"."""
    whole = round(seconds)
    if whole < HOUR:
        return span(whole)
    many, rest = divmod(whole, HOUR)
    minutes = _("%(n)s min") % {"n": rest // MINUTE} if rest >= MINUTE and many < 10 else ""
    return _pair(_("%(n)s h") % {"n": number(many)}, minutes)


def _pair(first: str, second: str) -> str:
    return f"{first} {second}" if second else first


def value_of(found: Value | None, measure: Measure) -> str:
    """A figure as its measure says it: business time in hours, a rating with how many gave one."""
    if found is not None and found.value is not None and "business" in measure.key:
        return hours(found.value)
    if found is not None and found.value is not None and measure.unit == Unit.RATING:
        return _("%(rating)s (%(n)s rated)") % {
            "rating": amount(found.value, Unit.RATING),
            "n": number(found.n),
        }
    return said(found, measure.unit)


@dataclass(frozen=True)
class Change:
    """How a figure went against the period before. `look` is "better", "worse" or nothing."""

    words: str
    look: str = ""


def change(now: Value | None, before: Value | None, measure: Measure) -> Change | None:
    """None where there is nothing to compare: no case in one of the two, or too few for a share."""
    if now is None or before is None or now.value is None or before.value is None:
        return None
    if measure.unit == Unit.SHARE:
        return _change_of_share(now, before, measure)
    if not now.n or not before.n:
        return None
    moved = now.value - before.value
    words = _moved(moved, now.value, before.value, measure)
    return Change(words, _look(moved, measure) if words != _same() else "")


def _change_of_share(now: Value, before: Value, measure: Measure) -> Change | None:
    if not now.of or not before.of:
        return None
    was = _("before: %(share)s") % {"share": share(before.n, before.of)}
    if min(now.of, before.of) < FEW:
        return Change(was)
    points = round(100 * now.n / now.of) - round(100 * before.n / before.of)
    if not points:
        return Change(_same())
    return Change(_("%(points)s points") % {"points": _signed(points)}, _look(points, measure))


def _moved(moved: float, now: float, before: float, measure: Measure) -> str:
    if measure.unit == Unit.SECONDS:
        told = hours if "business" in measure.key else span
        if abs(moved) < MINUTE:
            return _same()
        return f"{'+' if moved > 0 else MINUS}{told(abs(moved))}"
    if measure.unit == Unit.RATING:
        return _signed(round(moved, 1), 1) if round(moved, 1) else _same()
    if not before or before < FEW:
        return _("before: %(amount)s") % {"amount": amount(before, measure.unit)} if moved else _same()
    percents = round(100 * moved / before)
    return _("%(percent)s %%") % {"percent": _signed(percents)} if percents else _same()


def _same() -> str:
    return _("as before")


def _signed(value: float, places: int = 0) -> str:
    return f"{'+' if value > 0 else MINUS}{formats.number_format(abs(value), places)}"


def _look(moved: float, measure: Measure) -> str:
    if not measure.better or not moved:
        return ""
    return "better" if (moved > 0) == (measure.better == "more") else "worse"


# --- Days ---


def day(at: date) -> str:
    return formats.date_format(at, "DATE_FORMAT")


def period(of: Period) -> str:
    """ "1 November 2026 – 30 November 2026"; one day alone is told once."""
    return day(of.first) if of.first == of.last else f"{day(of.first)} – {day(of.last)}"


def point(first: date, step: str) -> str:
    """A point of a trend, short enough for an axis: "3 Nov", "Nov 2026"."""
    return formats.date_format(first, _("M Y") if step == Step.MONTH else _("j M"))


def point_in_full(first: date, step: str) -> str:
    """The same for a table or a reader of screens: "week of 3 November 2026"."""
    if step == Step.MONTH:
        return formats.date_format(first, "YEAR_MONTH_FORMAT")
    return _("week of %(day)s") % {"day": day(first)} if step == Step.WEEK else day(first)
