"""The tickets behind a number."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import User
from insights import saying
from insights.cuts import Cut
from insights.forms.cut import address_of
from insights.measures import MEASURES
from insights.models import Who
from insights.queries.drill import facts_behind, tickets_behind
from insights.queries.shapes import AGES, CAME_IN, DONE, EDGES
from insights.views.asked import Asked
from insights.views.guard import InsightsRequest, insights_page
from insights.views.links import FIGURE
from sla.models import Metric
from tickets.models import TicketQuerySet
from tickets.queries import listing
from tickets.refusals import Invalid

MOST_COUNTED = 10_000
"""Counting further takes longer than the page; the figure itself knows."""
USUAL = "resolved"


@require_safe
@insights_page
def tickets(request: InsightsRequest) -> HttpResponse:
    asked = Asked(request, at=timezone.now())
    found, problem = None, ""
    if asked.cut is not None:
        try:
            found = Behind(asked.cut, request.GET.get(FIGURE) or USUAL, asked.user, request.GET)
        except Invalid as refused:
            problem = str(refused)
    return render(request, "insights/tickets.html", {"asked": asked, "found": found, "problem": problem})


class Behind:
    """One page of the list, and how many there are. Raises `Invalid` for an unknown figure or a damaged place."""

    def __init__(self, cut: Cut, key: str, reader: User, params: Any) -> None:
        self.cut, self.key, self.reader = cut, key, reader
        self.rows: TicketQuerySet = tickets_behind(cut, key, reader)
        cursor = params.get("after") or params.get("before")
        scope = f"insights?{urlencode({**address_of(cut), FIGURE: key})}"
        self.page = listing.page(self.rows, sort="newest", scope=scope, cursor=cursor)
        self.total = facts_behind(cut, key)[: MOST_COUNTED + 1].count()
        self.hidden = self._hidden()

    @property
    def title(self) -> str:
        return figure_named(self.key)

    @property
    def definition(self) -> str:
        measure = MEASURES.get(self.key)
        return str(measure.definition) if measure else ""

    @property
    def is_portal(self) -> bool:
        return bool(self.cut.scope.organisation)

    @property
    def many(self) -> str:
        """How many the figure counts."""
        if self.total > MOST_COUNTED:
            return _("more than %(n)s tickets") % {"n": saying.number(MOST_COUNTED)}
        return ngettext("%(n)s ticket", "%(n)s tickets", self.total) % {"n": saying.number(self.total)}

    def _hidden(self) -> int:
        """Counted, but not for this reader to open: restricted ones, whose figures only managers have."""
        facts = facts_behind(self.cut, self.key).filter(ticket__is_restricted=True)
        if not self.cut.scope.is_everything:
            return 0
        return facts.count() - self.rows.filter(is_restricted=True).count()


@dataclass(frozen=True)
class _Name:
    pattern: re.Pattern[str]
    say: Any


def figure_named(key: str) -> str:
    """A figure or a part of one as the heading of its list."""
    name, _dot, side = key.partition(".")
    measure = MEASURES.get(name)
    if measure is not None:
        return _side(str(measure.label), name, side)
    for one in _NAMES:
        found = one.pattern.fullmatch(key)
        if found:
            return str(one.say(*found.groups()))
    return _("Tickets")


def _side(label: str, name: str, side: str) -> str:
    metric = name.removeprefix("kept_")
    if metric != name and side in ("not", "excepted"):
        words = _("Broken: %(promise)s") if side == "not" else _("Broken, an agreed exception: %(promise)s")
        return words % {"promise": Metric(metric).label}
    if side == "of":
        return _("%(figure)s: all that are judged") % {"figure": label}
    return _("Not: %(figure)s") % {"figure": label} if side == "not" else label


def _flow(begins: str, ends: str) -> str:
    if int(begins) == CAME_IN:
        return _("Came in on L%(level)s, resolved meanwhile") % {"level": ends}
    if int(ends) == DONE:
        return _("Resolved on L%(level)s") % {"level": begins}
    return _("Went from L%(begins)s to L%(ends)s") % {"begins": begins, "ends": ends}


def _arrived(day: str, hour: str) -> str:
    weekday = WEEKDAYS.get(int(day), "")
    return _("Opened on a %(day)s from %(hour)s to %(end)s o'clock") % {
        "day": weekday,
        "hour": hour,
        "end": int(hour) + 1,
    }


def _aged(place: str) -> str:
    low, high = _edges(AGES, int(place))
    if high is None:
        return _("Open for %(low)s days and more") % {"low": low}
    return _("Open for %(low)s to %(high)s days") % {"low": low, "high": high - 1}


def _took(name: str, place: str) -> str:
    low, high = _edges(EDGES, int(place))
    what = _("First response") if name.startswith("response") else _("Resolution")
    if high is None:
        return _("%(what)s took %(low)s and longer") % {"what": what, "low": saying.span(low)}
    return _("%(what)s took %(low)s to %(high)s") % {
        "what": what,
        "low": saying.span(low),
        "high": saying.span(high),
    }


def _edges(edges: tuple[int, ...], place: int) -> tuple[int, int | None]:
    place = min(place, len(edges) - 1)
    return edges[place], edges[place + 1] if place + 1 < len(edges) else None


def _hands(who: str, level: str) -> str:
    label = dict(Who.choices).get(who, who)
    return _("Lay on L%(level)s: %(who)s") % {"level": level, "who": label}


_NAMES = (
    _Name(re.compile(r"flow_(-1|\d)_(-2|\d)"), _flow),
    _Name(re.compile(r"arrived_(\d)_(\d{1,2})"), _arrived),
    _Name(re.compile(r"age_(\d)"), _aged),
    _Name(re.compile(r"(\w+)_took_(\d{1,2})"), _took),
    _Name(re.compile(r"hands_(\w+)_(\d)"), _hands),
    _Name(re.compile(r"person_\d+"), lambda: _("Resolved by one technician")),
    _Name(re.compile(r"open_of_\d+"), lambda: _("Open with one technician")),
)
