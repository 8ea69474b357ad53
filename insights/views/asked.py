"""What the address of a page over time asks for, and key figures ready to be shown."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _

from insights import saying
from insights.charts import Mark
from insights.cuts import LABELS, Cut, Dimension, Period
from insights.forms.cut import CutForm, address_of
from insights.measures import MEASURES, Measure
from insights.queries import figures as figures_
from insights.queries.changes import Changed, changes
from insights.queries.freshness import Freshness, freshness
from insights.queries.values import Group, Value
from insights.views.guard import InsightsRequest
from insights.views.links import page_url, tickets_url
from tickets.models import Kind

BY = "by"
APART = (Kind.INCIDENT, Kind.REQUEST)
"""Told side by side, never in one sum without saying so. Other kinds are told alone, or where there are only such."""
OF_ORGANISATIONS = (Dimension.KIND, Dimension.PRIORITY, Dimension.CATEGORY)
BEFORE_AND_AFTER = timedelta(days=28)
MOST_TOLD = 3
"""Changes at one point of a trend."""


class Asked:
    """The form of a page and, where it is right, the cut. With a wrong one nothing is counted."""

    def __init__(self, request: InsightsRequest, *, at: datetime) -> None:
        zone = timezone.get_default_timezone()
        self.at, self.today = at, at.astimezone(zone).date()
        self.user, self.scope, self.params = request.user, request.scope, request.GET
        self.form = CutForm(request.GET, scope=request.scope, today=self.today)
        self.cut: Cut | None = self.form.cut if self.form.is_valid() else None

    @property
    def is_inner(self) -> bool:
        """For people of the desk: how it is built inside is theirs to see."""
        return not self.scope.organisation

    @cached_property
    def freshness(self) -> Freshness:
        """What there is to say about figures as such, before the first of them."""
        return freshness(at=self.at)

    @property
    def title(self) -> str:
        return saying.period(self.cut.period) if self.cut else ""

    @property
    def query(self) -> str:
        """For the neighbouring pages: the same question, without what only this page knows."""
        params = self.params.copy()
        for name in (BY, "of", "after", "before"):
            params.pop(name, None)
        return f"?{params.urlencode()}" if params else ""

    # --- By what it is broken down ---

    @cached_property
    def dimensions(self) -> list[Dimension]:
        known = list(Dimension) if self.is_inner else list(OF_ORGANISATIONS)
        return [one for one in known if not (one == Dimension.KIND and self.cut and self.cut.kind)]

    @cached_property
    def dimension(self) -> Dimension:
        named = self.params.get(BY, "")
        return next((one for one in self.dimensions if one == named), self._usual_dimension)

    @property
    def _usual_dimension(self) -> Dimension:
        return Dimension.PRIORITY

    @property
    def ways(self) -> list[tuple[Dimension, str]]:
        """The dimensions to choose from, with their names."""
        return [(one, str(LABELS[one])) for one in self.dimensions]

    @property
    def dimension_label(self) -> str:
        return str(LABELS[self.dimension])

    # --- What changed meanwhile ---

    def marks(self, firsts: Sequence[date], page: str) -> list[Mark]:
        """Changes of rules and policies on a trend that begins a point at each of these days."""
        if not self.is_inner or self.cut is None or not firsts:
            return []
        zone = timezone.get_default_timezone()
        at_points: dict[int, list[Changed]] = defaultdict(list)
        for change in changes(self.cut.period):
            day = change.at.astimezone(zone).date()
            at_points[max((x for x, first in enumerate(firsts) if first <= day), default=0)].append(change)
        return [
            self._mark(str(number), x, found, page) for number, (x, found) in enumerate(at_points.items(), 1)
        ]

    def _mark(self, number: str, x: int, found: Sequence[Changed], page: str) -> Mark:
        """What was changed between two points of a trend."""
        zone = timezone.get_default_timezone()
        first, last = (one.at.astimezone(zone).date() for one in (found[0], found[-1]))
        words = [one.words for one in found[:MOST_TOLD]]
        if len(found) > MOST_TOLD:
            words.append(_("and %(n)s more") % {"n": len(found) - MOST_TOLD})
        return Mark(
            number, x, "; ".join(words), saying.period(Period(first, last)), self._around(first, page)
        )

    def _around(self, day: date, page: str) -> str:
        """The page over the days since then, so that what is told as "before" is as long a time right before."""
        if self.cut is None or day >= self.today:
            return ""
        period = Period(day, min(self.today, day + BEFORE_AND_AFTER - timedelta(days=1)))
        return page_url(page, self.cut.within(period=period))


@dataclass(frozen=True)
class Told:
    """One value of a key figure."""

    label: str
    words: str
    url: str
    change: saying.Change | None


@dataclass(frozen=True)
class Figure:
    """A key figure: one value, or one of each kind of ticket."""

    label: str
    definition: str
    told: Sequence[Told]

    @property
    def only(self) -> Told | None:
        return self.told[0] if len(self.told) == 1 else None


def key_figures(cut: Cut, keys: Iterable[str]) -> list[Figure]:
    """These figures with how they went against the period before; of incidents and requests apart."""
    return ByKind(cut).figures(keys)


class ByKind:
    """The figures of a cut by kind of ticket, with those of the period before. Two readings."""

    def __init__(self, cut: Cut, *, medians: bool = True) -> None:
        self.now = _by_kind(cut, medians=medians)
        self.before = _by_kind(cut.within(period=cut.period.before()), medians=medians)

    def figures(self, keys: Iterable[str]) -> list[Figure]:
        return [
            Figure(
                str(measure.label),
                str(measure.definition),
                [_told(measure, group, self.before.get(group.key)) for group in self.told],
            )
            for measure in (MEASURES[key] for key in keys)
        ]

    @property
    def told(self) -> list[Group]:
        """Of which figures are shown: few numbers first."""
        usual = [group for group in self.now.values() if group.key in APART]
        return usual if any(group.values for group in usual) else list(self.now.values())

    @property
    def others(self) -> list[tuple[str, str]]:
        """Kinds that are not among the figures shown: name, and the address that shows them."""
        told = {group.key for group in self.told}
        return [
            (group.label, f"?{urlencode(address_of(group.cut))}")
            for group in self.now.values()
            if group.key not in told
        ]

    def together(self, key: str) -> Value:
        """A share over all kinds; only shares and counts can be added."""
        found = [group.values[key] for group in self.now.values() if key in group.values]
        return Value.share(sum(one.n for one in found), sum(one.of for one in found))

    @property
    def is_empty(self) -> bool:
        """Nothing came, nothing was resolved, nothing lies there."""
        keys = ("opened", "resolved", "ended", "backlog")
        return not any(
            group.values[key].n for group in self.now.values() for key in keys if key in group.values
        )


def _by_kind(cut: Cut, *, medians: bool) -> dict[Any, Group]:
    """Every kind of which there is something, incidents and requests first and in any case."""
    if cut.kind:
        return {
            cut.kind: Group(cut.kind, str(Kind(cut.kind).label), figures_.figures(cut, medians=medians), cut)
        }
    found = {group.key: group for group in figures_.by(cut, Dimension.KIND, medians=medians)}
    shown = [kind.value for kind in APART] + [key for key in found if key not in APART]
    return {key: found.get(key) or _empty(cut, str(key)) for key in shown}


def _empty(cut: Cut, kind: str) -> Group:
    return Group(kind, str(Kind(kind).label), {}, cut.within(kind=kind))


def _told(measure: Measure, group: Group, before: Group | None) -> Told:
    value = group.values.get(measure.key)
    was = before.values.get(measure.key) if before else None
    words = saying.value_of(value, measure)
    if not group.values and measure.unit == "count":
        words = saying.number(0)
    return Told(
        group.label,
        words,
        link(group.cut, measure, value),
        saying.change(value, was, measure),
    )


def link(cut: Cut, measure: Measure, value: Value | None) -> str:
    """Where the number leads; nowhere without tickets behind it."""
    has_any = value is not None and value.value is not None and value.n
    return tickets_url(cut, measure.key) if measure.has_list and has_any else ""


def words_of(values: Mapping[str, Value], key: str) -> str:
    return saying.value_of(values.get(key), MEASURES[key])


def together(cut: Cut) -> str:
    """What a chart says that counts all kinds in one."""
    return "" if cut.kind else _("all kinds together")
