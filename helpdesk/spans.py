"""How long something is, in words. static/src/js/spans.js says the same while a page stays open."""

from datetime import timedelta
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

HOUR = 60
DAY = 24 * HOUR
"""In minutes."""


def spell(span: timedelta) -> str:
    """ "4 h 10 min", "3 d": two units below ten hours, one above."""
    return _spell(_minutes(span), get_language())


@lru_cache(maxsize=4_000)
def _spell(minutes: int, _language: str | None) -> str:
    """Kept, as the others here: a list says a hundred spans, and each word of them is looked up anew."""
    if not minutes:
        return _("less than a minute")
    if minutes < HOUR:
        return _("%(n)s min") % {"n": minutes}
    if minutes < DAY:
        hours, rest = divmod(minutes, HOUR)
        text = _("%(n)s h") % {"n": hours}
        return f"{text} {_('%(n)s min') % {'n': rest}}" if rest and hours < 10 else text
    return _("%(n)s d") % {"n": minutes // DAY}


def short(span: timedelta) -> str:
    """One unit, for a narrow column."""
    return _short(_minutes(span), get_language())


@lru_cache(maxsize=4_000)
def _short(minutes: int, _language: str | None) -> str:
    if not minutes:
        return _("just now")
    for unit, size in ((_("%(n)s d"), DAY), (_("%(n)s h"), HOUR)):
        if minutes >= size:
            return unit % {"n": minutes // size}
    return _("%(n)s min") % {"n": minutes}


def ago(span: timedelta) -> str:
    """ "2 h ago" for a span that has passed, "in 2 h" for one to come (negative)."""
    return _ago(_minutes(span), span < timedelta(0), get_language())


@lru_cache(maxsize=4_000)
def _ago(minutes: int, is_to_come: bool, language: str | None) -> str:
    text = _short(minutes, language)
    if not minutes:
        return text
    return (_("in %(span)s") if is_to_come else _("%(span)s ago")) % {"span": text}


def lasting(span: timedelta) -> str:
    """ "for 2 h", of what has begun so long ago and goes on."""
    return _lasting(_minutes(span), get_language())


@lru_cache(maxsize=4_000)
def _lasting(minutes: int, language: str | None) -> str:
    text = _short(minutes, language)
    return _("for %(span)s") % {"span": text} if minutes else text


def _minutes(span: timedelta) -> int:
    return abs(span) // timedelta(minutes=1)


def worked(span: timedelta) -> str:
    """Business time in hours and minutes, never in days: whose day would it be? "30 h", "3 h 10 min"."""
    minutes, seconds = divmod(int(abs(span.total_seconds())), 60)
    if not minutes:
        return _("less than a minute") if seconds else _("%(n)s min") % {"n": 0}
    hours, minutes = divmod(minutes, 60)
    parts = [_("%(n)s h") % {"n": hours}] if hours else []
    return " ".join([*parts, *([_("%(n)s min") % {"n": minutes}] if minutes else [])])


def of_target(used: timedelta, target: timedelta) -> str:
    """ "22 of 60 min", "3 h 10 min of 8 h"."""
    if max(used, target) <= timedelta(hours=2):
        return _("%(used)s of %(target)s min") % {
            "used": int(used.total_seconds()) // 60,
            "target": int(target.total_seconds()) // 60,
        }
    return _("%(used)s of %(target)s") % {"used": worked(used), "target": worked(target)}
