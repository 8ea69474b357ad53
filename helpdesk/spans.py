"""How long something is, in words. static/src/js/spans.js says the same while a page stays open."""

from datetime import timedelta

from django.utils.translation import gettext as _

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def spell(span: timedelta) -> str:
    """ "4 h 10 min", "3 d": two units below ten hours, one above."""
    seconds = int(abs(span.total_seconds()))
    if seconds < MINUTE:
        return _("less than a minute")
    if seconds < HOUR:
        return _("%(n)s min") % {"n": seconds // MINUTE}
    if seconds < DAY:
        hours, minutes = divmod(seconds // MINUTE, 60)
        text = _("%(n)s h") % {"n": hours}
        return f"{text} {_('%(n)s min') % {'n': minutes}}" if minutes and hours < 10 else text
    return _("%(n)s d") % {"n": seconds // DAY}


def short(span: timedelta) -> str:
    """One unit, for a narrow column."""
    seconds = int(abs(span.total_seconds()))
    if seconds < MINUTE:
        return _("just now")
    for unit, size in ((_("%(n)s d"), DAY), (_("%(n)s h"), HOUR)):
        if seconds >= size:
            return unit % {"n": seconds // size}
    return _("%(n)s min") % {"n": seconds // MINUTE}


def ago(span: timedelta) -> str:
    """ "2 h ago" for a span that has passed, "in 2 h" for one to come (negative)."""
    text = short(span)
    if abs(span.total_seconds()) < MINUTE:
        return text
    return (_("in %(span)s") if span.total_seconds() < 0 else _("%(span)s ago")) % {"span": text}


def worked(span: timedelta) -> str:
    """Business time in hours and minutes, never in days: whose day would it be? "30 h", "3 h 10 min"."""
    minutes, seconds = divmod(int(abs(span.total_seconds())), MINUTE)
    if not minutes:
        return _("less than a minute") if seconds else _("%(n)s min") % {"n": 0}
    hours, minutes = divmod(minutes, 60)
    parts = [_("%(n)s h") % {"n": hours}] if hours else []
    return " ".join([*parts, *([_("%(n)s min") % {"n": minutes}] if minutes else [])])


def of_target(used: timedelta, target: timedelta) -> str:
    """ "22 of 60 min", "3 h 10 min of 8 h"."""
    if max(used, target) <= timedelta(hours=2):
        return _("%(used)s of %(target)s min") % {
            "used": int(used.total_seconds()) // MINUTE,
            "target": int(target.total_seconds()) // MINUTE,
        }
    return _("%(used)s of %(target)s") % {"used": worked(used), "target": worked(target)}
