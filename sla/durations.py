"""Spans of business time as people type them: `30m`, `4h`, `2d`, `1d 4h`. Kept and shown as hours and minutes.

A day is a day of the target's calendar: 24 hours around the clock, else the hours of its usual open day. It is
turned into minutes when it is typed, so that a later edit of the calendar changes no promise by itself.
"""

import re
from collections import Counter

from django.utils.translation import gettext as _

from sla.models import CalendarVersion
from tickets.refusals import Invalid

HOUR, WHOLE_DAY = 60, 24 * 60
PART = re.compile(r"(\d{1,6})\s*(min|m|h|d)", re.IGNORECASE)


def parse_span(text: str, *, day: int, field: str) -> int:
    """The minutes that were typed; `day` is how many a day of the calendar has.

    Raises:
        Invalid: about `field`, saying how a span is written.
    """
    found = list(PART.finditer(text))
    if not found or PART.sub("", text).strip(" ,"):
        raise Invalid(
            _("“%(text)s” is no span. Write minutes, hours or days: 30m, 4h, 2d, 1d 4h.")
            % {"text": text[:40]},
            field=field,
        )
    sizes = {"m": 1, "min": 1, "h": HOUR, "d": day}
    return sum(int(part[1]) * sizes[part[2].lower()] for part in found)


def spell(minutes: int) -> str:
    """`4h 30m`, as `parse_span` reads it again in any calendar."""
    hours, rest = divmod(minutes, HOUR)
    return " ".join(filter(None, [f"{hours}h" if hours else "", f"{rest}m" if rest or not hours else ""]))


def day_of(version: CalendarVersion) -> int:
    """Minutes of the usual open day: the most frequent length in the week, the longer one where two are."""
    if version.is_always_open:
        return WHOLE_DAY
    lengths = Counter(
        total for day in version.weekly if (total := sum(end - start for start, end in day)) > 0
    )
    return max(lengths, key=lambda length: (lengths[length], length), default=WHOLE_DAY)
