"""Periods as they are asked for: by name or by their two days. Whole days of the desk's zone, both included.

A day in that zone has 23 or 25 hours where the clock changes. It is a day all the same: figures count by days.
"""

from collections.abc import Callable
from datetime import date, timedelta

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from insights.cuts import LONGEST, Period
from tickets.refusals import Invalid

USUAL = "30"
DAY = timedelta(days=1)
YEARS = LONGEST.days // 365
"""How long the longest is, for people."""


def _last_days(days: int) -> Callable[[date], Period]:
    return lambda today: Period(today - timedelta(days=days - 1), today)


def _month(today: date) -> Period:
    return Period(today.replace(day=1), today)


def _last_month(today: date) -> Period:
    return months_before(today, 1)


def _year(today: date) -> Period:
    return Period(today.replace(month=1, day=1), today)


def _last_year(today: date) -> Period:
    return Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))


def _twelve_months(today: date) -> Period:
    return months_before(today, 12)


def months_before(today: date, n: int) -> Period:
    """The last so many whole months."""
    last = today.replace(day=1) - DAY
    month = last.year * 12 + last.month - n
    return Period(date(month // 12, month % 12 + 1, 1), last)


NAMED: dict[str, tuple[str | Promise, Callable[[date], Period]]] = {
    "7": (gettext_lazy("last 7 days"), _last_days(7)),
    "30": (gettext_lazy("last 30 days"), _last_days(30)),
    "90": (gettext_lazy("last 90 days"), _last_days(90)),
    "365": (gettext_lazy("last 365 days"), _last_days(365)),
    "month": (gettext_lazy("this month"), _month),
    "last-month": (gettext_lazy("last month"), _last_month),
    "year": (gettext_lazy("this year"), _year),
    "last-year": (gettext_lazy("last year"), _last_year),
    "12-months": (gettext_lazy("last 12 months"), _twelve_months),
}
"""By what periods are called in addresses, saved reports and the API. What is not over yet ends today."""


def named(name: str, *, today: date) -> Period:
    """Raises Invalid (`field` is "period") where there is none of this name."""
    if name not in NAMED:
        raise Invalid(
            _("There is no period “%(name)s”. Choose one of: %(known)s; or give its first and last day.")
            % {"name": name[:40], "known": ", ".join(NAMED)},
            field="period",
        )
    return NAMED[name][1](today)


def between(first: str, last: str) -> Period:
    """The period of two days in ISO, such as 2026-11-01.

    Raises:
        Invalid: one is missing or no day, the last is before the first, or it is too long; `field` is "from" or "to".
    """
    begin, end = _day(first, "from"), _day(last, "to")
    if end < begin:
        raise Invalid(_("The last day is before the first. Choose one on or after it."), field="to")
    if end - begin > LONGEST:
        raise Invalid(
            _("That is %(asked)s years. A period has %(most)s years at most: choose a later first day.")
            % {"asked": round((end - begin).days / 365.25), "most": YEARS},
            field="from",
        )
    return Period(begin, end)


def said_of(period: Period, *, today: date) -> str:
    """What has to be known of a period that is not over: that nothing can be counted yet, or only up to today."""
    if period.first > today:
        return _("This period begins on %(day)s: nothing can be counted yet.") % {
            "day": formats.date_format(period.first, "DATE_FORMAT")
        }
    if period.last > today:
        return _("This period is not over: what is counted is counted up to today.")
    return ""


def _day(text: str, field: str) -> date:
    if not text:
        raise Invalid(_("Give this day, as in 2026-11-30, or ask for a period by name."), field=field)
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(
            _("“%(text)s” is no day. Write it as in 2026-11-30.") % {"text": text[:40]}, field=field
        ) from None
