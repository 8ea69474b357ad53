"""The figures that there are: key, name, unit, which way is better, and what each means in one sentence.

docs/kpis.md says the same at length. A key here is a key in `figures`, in lists behind a number, in saved reports and
in the API; it is never given to another figure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sla.models import Metric

LEVELS = range(5)
PROMISES = tuple(metric for metric in Metric if metric != Metric.PROMISE)
"""What policies promise; what a person promised by hand is in no figure."""


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"
    RATING = "rating"
    MONEY = "money"


@dataclass(frozen=True)
class Measure:
    """One figure. `better` is "more", "less" or "": which way it should go, if any."""

    key: str
    label: str | Promise
    unit: Unit
    better: str
    definition: str | Promise
    has_list: bool = True
    """Whether tickets stand behind it: forms that were never filed leave none."""


def _measures() -> Iterator[Measure]:
    yield from _counts()
    yield from _spans()
    yield from _shares()
    yield from _promises()
    yield from _others()


def _counts() -> Iterator[Measure]:
    yield Measure("opened", _("Opened"), Unit.COUNT, "", _("Tickets that were opened in the period."))
    yield Measure(
        "resolved",
        _("Resolved"),
        Unit.COUNT,
        "",
        _(
            "Tickets whose last resolution was in the period. One that was reopened has none until it is again."
        ),
    )
    yield Measure(
        "ended",
        _("Left the desk"),
        Unit.COUNT,
        "",
        _("Tickets that were resolved, cancelled or withdrawn in the period."),
    )
    yield Measure(
        "backlog",
        _("Backlog"),
        Unit.COUNT,
        "less",
        _("Tickets that were open at the end of the last day of the period, or are now if it is not over."),
    )


def _spans() -> Iterator[Measure]:
    behind = _("Resolved tickets that have one, from opening; half of them took at most so long.")
    most = _("Resolved tickets that have one, from opening; nine of ten took at most so long.")
    for key, label in (("response", _("First response")), ("resolution", _("Resolution"))):
        for clock, name in (("", _("calendar time")), ("_business", _("business time"))):
            yield Measure(
                f"{key}{clock}_median",
                format_lazy(_("{what}, median, {time}"), what=label, time=name),
                Unit.SECONDS,
                "less",
                behind,
            )
            yield Measure(
                f"{key}{clock}_p90",
                format_lazy(_("{what}, 90th percentile, {time}"), what=label, time=name),
                Unit.SECONDS,
                "less",
                most,
            )


def _shares() -> Iterator[Measure]:
    yield Measure(
        "first_contact",
        _("First-contact resolution"),
        Unit.SHARE,
        "more",
        _(
            "Of the resolved, but for imported ones: by the first public answer of the desk, with no hand-over, no "
            "reopening and no follow-up ticket within five working days."
        ),
    )
    yield Measure(
        "first_tier",
        _("First-tier resolution"),
        Unit.SHARE,
        "more",
        _("Of the resolved: on L0 or L1, and never above."),
    )
    for level in LEVELS:
        yield Measure(
            f"resolved_l{level}",
            format_lazy(_("Resolved on L{level}"), level=level),
            Unit.SHARE,
            "",
            _("Of the resolved: those that this tier resolved."),
        )
    yield Measure(
        "escalated",
        _("Escalated"),
        Unit.SHARE,
        "less",
        _("Of the resolved: those that were handed to a higher tier at least once."),
    )
    for level in LEVELS[:-1]:
        yield Measure(
            f"escalated_l{level}",
            format_lazy(_("Escalated from L{level}"), level=level),
            Unit.SHARE,
            "less",
            _("Of the resolved that lay on this tier: those that it handed to a higher one."),
        )
    yield Measure(
        "bounced",
        _("Bounced"),
        Unit.SHARE,
        "less",
        _("Of the resolved: those of which a hand-off was returned."),
    )
    yield Measure(
        "ping_pong",
        _("Ping-pong"),
        Unit.SHARE,
        "less",
        _("Of the resolved: those that went from one team to another and straight back, not with a fix."),
    )
    yield Measure(
        "reopened",
        _("Reopened"),
        Unit.SHARE,
        "less",
        _("Of the resolved: those that had been reopened. A reply that only thanks reopens nothing."),
    )


def _promises() -> Iterator[Measure]:
    for metric in PROMISES:
        yield Measure(
            f"kept_{metric}",
            format_lazy(_("Kept: {promise}"), promise=metric.label),
            Unit.SHARE,
            "more",
            _("Of the tickets that left the desk in the period and had this promise: those that kept it."),
        )


def _others() -> Iterator[Measure]:
    yield Measure(
        "rating",
        _("Satisfaction"),
        Unit.RATING,
        "more",
        _("The mean of the ratings, 1 to 5, of resolved tickets that have one."),
    )
    yield Measure(
        "rated",
        _("Rated"),
        Unit.SHARE,
        "more",
        _("Of the resolved: those that were rated."),
    )
    yield Measure(
        "worked",
        _("Time logged"),
        Unit.SECONDS,
        "",
        _(
            "What was logged as worked on the resolved tickets, together; only those that have some are counted."
        ),
    )
    yield Measure(
        "cost",
        _("Cost per ticket"),
        Unit.MONEY,
        "less",
        _("Business time in the hands of each tier by its rate an hour, by resolved ticket."),
    )
    yield Measure(
        "deflected",
        _("Deflected"),
        Unit.SHARE,
        "more",
        _("Of the forms that showed an article: those that it solved, so that no ticket was filed."),
        has_list=False,
    )


MEASURES: dict[str, Measure] = {measure.key: measure for measure in _measures()}
