"""What the clocks add to a ticket's timeline, as each side reads of it.

The desk reads all of it. A requester is told what a person promised them, a vendor's guest what the vendor owes.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from sla import events
from sla.models import Metric
from sla.spec import VENDOR_METRICS
from tickets import sentences
from tickets.sentences import Line
from tickets.sentences.desk import Say, said
from tickets.sentences.names import day, tier_code
from tickets.sentences.portal import by as by_first_name


def teach() -> None:
    """Called by `helpdesk.wiring`: tickets cannot know what is above them."""
    sentences.register(events.WARNED, to_desk=warned, to_vendor=vendor_warned)
    sentences.register(events.BREACHED, to_desk=breached, to_vendor=vendor_breached)
    sentences.register(events.RETARGETED, to_desk=retargeted)
    sentences.register(events.PROMISED, to_desk=promised, to_requester=promised_to_me)


def warned(line: Line) -> str:
    if line.data("share") is None:
        return _("The %(clock)s will soon be late") % {"clock": clock(line)}
    return _("%(share)s %% of the time for the %(clock)s is used") % {
        "share": line.data("share"),
        "clock": clock(line),
    }


def breached(line: Line) -> str:
    return _("The %(clock)s is late") % {"clock": clock(line)}


def retargeted(line: Line) -> str:
    was, due = _moment(line.data("due_was")), _moment(line.data("due"))
    if not due:
        return _("The %(clock)s has another target") % {"clock": clock(line)}
    if not was:
        return _("The %(clock)s is due %(due)s now") % {"clock": clock(line), "due": due}
    return _("The %(clock)s is due %(due)s now, no longer %(was)s") % {
        "clock": clock(line),
        "due": due,
        "was": was,
    }


def promised(line: Line) -> str:
    due = _moment(line.data("due"))
    if not due:
        return said(_("%(by)s promised the next word"), line)
    return said(_("%(by)s promised the next word by %(due)s"), line, due=due)


def promised_to_me(line: Line) -> str:
    due = _moment(line.data("due"))
    return (
        _("%(by)s promised to write to you by %(due)s") % {"by": by_first_name(line), "due": due}
        if due
        else ""
    )


def vendor_warned(line: Line) -> str:
    return _("Most of your time for this is used") if _is_viewers(line) else ""


def vendor_breached(line: Line) -> str:
    if not _is_viewers(line):
        return ""
    if line.data("metric") == Metric.VENDOR_RESPONSE:
        return _("Your answer is late")
    return _("Your solution is late")


def clock(line: Line) -> str:
    """Which clock, in words; a tier's own with the tier."""
    say: Say | None = CLOCKS.get(line.data("metric"))
    return say(line) if say else _("promise")


CLOCKS: dict[str, Say] = {
    Metric.FIRST_RESPONSE: lambda line: _("first response"),
    Metric.NEXT_RESPONSE: lambda line: _("next response"),
    Metric.UPDATE: lambda line: _("update for the requester"),
    Metric.RESOLUTION: lambda line: _("resolution"),
    Metric.ACCEPT: lambda line: _("acceptance by %(tier)s") % {"tier": tier_code(line.data("scope"))},
    Metric.WORK: lambda line: _("work of %(tier)s") % {"tier": tier_code(line.data("scope"))},
    Metric.VENDOR_RESPONSE: lambda line: _("vendor's answer"),
    Metric.VENDOR_RESOLVE: lambda line: _("vendor's solution"),
    Metric.PROMISE: lambda line: _("promised word"),
}


def _is_viewers(line: Line) -> bool:
    """Whether it is about what the reader's own organisation owes."""
    if line.viewer is None or line.data("metric") not in VENDOR_METRICS:
        return False
    return line.data("scope") in [seat.vendor_id for seat in line.viewer.seats]


def _moment(iso: Any) -> str:
    """A time in the reader's zone; nothing where history holds none."""
    try:
        return day(datetime.fromisoformat(iso)) if iso else ""
    except (TypeError, ValueError):
        return ""
